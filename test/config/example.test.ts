import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { jsonSchema } from '../../scripts/derive.ts'
import { loadSystem } from '../../src/config/load.ts'
import { MemoryFiles } from '../../src/runtime/fake/files.ts'

const text = readFileSync(join(import.meta.dirname, '../../sluice.example.yml'), 'utf8')
/** Either of two kinds: the file shows them in a comment, because only one can stand there. */
const IN_COMMENTS = [
  'functions.*.check.http',
  'functions.*.check.status',
  'infra.hcl',
  'infra.cdktf',
  'infra.command',
  'pipelines.*.steps.*.array',
]

describe('sluice.example.yml', () => {
  test.each(['local', 'production', 'europe', 'pr', 'pr-123'])('opens as %s', async (environment) => {
    const files = new MemoryFiles({ '/project/sluice.example.yml': text })
    const { system } = await loadSystem(files, '/project/sluice.example.yml', environment, '/project')
    expect(system.environment.name).toBe(environment)
  })

  test('shows every key of the schema', () => {
    const missing = missingKeys(jsonSchema('sluice'), [parse(text)], '')
    expect(missing.filter((path) => !IN_COMMENTS.includes(path))).toEqual([])
    for (const path of IN_COMMENTS) expect(text).toContain(`${path.split('.').at(-1)}: `)
  })

  test('names a default wherever a key has one', () => {
    const silent = defaultsOf(jsonSchema('sluice'), '').filter(({ key }) => {
      const lines = text.split('\n').filter((line) => line.includes(`${key}:`))
      return !lines.some((line) => /default/.test(line))
    })
    expect(silent.map(({ path }) => path)).toEqual([])
  })
})

type Schema = Readonly<Record<string, unknown>>

/** Keys of the schema that none of the values at that place has. */
function missingKeys(schema: Schema, values: readonly unknown[], path: string): string[] {
  const maps = values.filter(
    (value): value is Record<string, unknown> => typeof value === 'object' && value !== null,
  )
  const own = Object.entries((schema['properties'] ?? {}) as Record<string, Schema>).flatMap(
    ([key, inner]) => {
      const place = path === '' ? key : `${path}.${key}`
      const found = maps.filter((map) => Object.hasOwn(map, key)).map((map) => map[key])
      return found.length === 0 ? [place] : missingKeys(inner, found, place)
    },
  )
  const every = maps.flatMap((map) => Object.values(map))
  const inner = (schema['additionalProperties'] || schema['items']) as Schema | undefined
  return inner ? [...own, ...missingKeys(inner, every, `${path}.*`)] : own
}

/** Keys with a default that is worth a word: an empty map or list says nothing. */
function defaultsOf(schema: Schema, path: string): { key: string; path: string }[] {
  const own = Object.entries((schema['properties'] ?? {}) as Record<string, Schema>).flatMap(
    ([key, inner]) => {
      const otherwise = inner['default']
      const isSaid = ['string', 'number', 'boolean'].includes(typeof otherwise)
      return [...(isSaid ? [{ key, path: `${path}.${key}` }] : []), ...defaultsOf(inner, `${path}.${key}`)]
    },
  )
  const inner = (schema['additionalProperties'] || schema['items']) as Schema | undefined
  return inner ? [...own, ...defaultsOf(inner, `${path}.*`)] : own
}
