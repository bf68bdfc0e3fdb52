import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { derivedFiles, jsonSchema } from '../../scripts/derive.ts'

const root = join(import.meta.dirname, '../..')

describe('R47 what is derived from the zod schemas is fresh', async () => {
  const derived = await derivedFiles()

  test.each(Object.keys(derived))('%s is what `npm run schema` writes', (path) => {
    expect(readFileSync(join(root, path), 'utf8')).toBe(derived[path])
  })

  test('schema/ holds nothing else', () => {
    const files = readdirSync(join(root, 'schema')).map((name) => `schema/${name}`)
    expect(files.sort()).toEqual(
      Object.keys(derived)
        .filter((path) => path.startsWith('schema/'))
        .sort(),
    )
  })
})

test('every key of sluice.yml has a sentence that says what it is', () => {
  const bare: string[] = []
  const walk = (schema: unknown, path: string): void => {
    if (typeof schema !== 'object' || schema === null) return
    const { properties, additionalProperties, items } = schema as Record<string, unknown>
    for (const [key, value] of Object.entries(properties ?? {})) {
      if (typeof (value as Record<string, unknown>)['description'] !== 'string') bare.push(`${path}.${key}`)
      walk(value, `${path}.${key}`)
    }
    walk(additionalProperties, `${path}.*`)
    walk(items, `${path}[]`)
  }
  walk(jsonSchema('sluice'), '')
  expect(bare).toEqual([])
})
