import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative, sep } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { replaceFile } from '../../../../src/providers/local/json-file.ts'
import {
  byteKey,
  parseComponent,
  pathOfKey,
  textOf,
} from '../../../../src/providers/local/objects/key-path.ts'
import { walkKeys } from '../../../../src/providers/local/objects/tree.ts'

const hostile = fc.constantFrom(
  '..',
  '.',
  '/',
  '//',
  '%',
  '^',
  '%2e',
  'A',
  'a',
  'ü',
  '\u{1f600}',
  '\0',
  '\\',
  'x'.repeat(210),
  '-',
  '0',
)
const key = fc
  .oneof(
    fc.string({ minLength: 1, unit: 'grapheme' }),
    fc.array(hostile, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('')),
  )
  .map((text) => byteKey(text))
  .filter((bytes) => bytes !== undefined)

test('R46 every key has a path of its own that stays in the folder, in names that any file system takes', () => {
  fc.assert(
    fc.property(key, key, (a, b) => {
      const path = pathOfKey(a)
      const way = relative('/root', join('/root', ...path))
      expect(way.startsWith('..')).toBe(false)
      expect(way.split(sep)).toEqual(path)
      for (const name of path) expect(name).toMatch(/^[odc][a-z0-9._^%-]{0,200}$/)
      expect(path.join('/') === pathOfKey(b).join('/')).toBe(a === b)
    }),
  )
})

test('a name that the store did not make is no component', () => {
  for (const name of ['.x.tmp', 'x', 'oA', 'o%', 'o%G0', 'o^1', ''])
    expect(parseComponent(name)).toBeUndefined()
})

test('no key is empty, longer than 1,024 bytes, or half a character', () => {
  expect(byteKey('')).toBeUndefined()
  expect(byteKey('ü'.repeat(513))).toBeUndefined()
  expect(byteKey('\ud800')).toBeUndefined()
  expect(byteKey('ü'.repeat(512))).toHaveLength(1024)
})

test('a walk gives back every key in byte order, and only what the prefix and the start allow', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'keys-'))
  try {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(key, { maxLength: 12 }), key, key, async (keys, prefix, after) => {
        const root = await mkdtemp(join(folder, 'w'))
        for (const one of keys) await replaceFile(join(root, ...pathOfKey(one)), '')
        const walked = async (options: { prefix: string; after: string }): Promise<string[]> => {
          const all: string[] = []
          for await (const leaf of walkKeys(root, options)) all.push(textOf(leaf.key))
          return all
        }
        const sorted = [...keys].sort((a, b) => (a < b ? -1 : 1))
        const short = prefix.slice(0, 2)
        expect(await walked({ prefix: '', after: '' })).toEqual(sorted.map(textOf))
        expect(await walked({ prefix: short, after })).toEqual(
          sorted.filter((one) => one.startsWith(short) && one > after).map(textOf),
        )
      }),
      { numRuns: 40 },
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
