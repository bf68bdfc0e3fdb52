import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../../..')

/** Packages that a file loads before any of its functions is called, with what it imports. */
function loadedBy(file: string, seen = new Map<string, readonly string[]>()): Map<string, readonly string[]> {
  if (seen.has(file)) return seen
  const text = readFileSync(join(root, file), 'utf8')
  const imports = [...text.matchAll(/^(?:import|export) (?!type\b)[^;'"]*?from '([^']+)'/gms)].map(
    ([, from]) => from ?? '',
  )
  seen.set(
    file,
    imports.filter((from) => !from.startsWith('.') && !from.startsWith('node:')),
  )
  for (const from of imports.filter((one) => one.startsWith('.'))) {
    loadedBy(relative(root, join(root, dirname(file), from)), seen)
  }
  return seen
}

test('opening cloud aws loads no client, no registry and no parser: each comes with the first call that needs it', () => {
  const loaded = loadedBy('src/providers/aws/index.ts')
  expect(loaded.size).toBeGreaterThan(15)
  expect([...new Set([...loaded.values()].flat())]).toEqual(['zod'])
  expect([...loaded.keys()].filter((file) => file.startsWith('src/images/'))).toEqual([])
})

test('no package is imported lazily by its own name: in a bundle it would come without names', () => {
  const files = globSync('src/providers/aws/**/*.ts', { cwd: root })
  expect(files.length).toBeGreaterThan(40)
  const lazily = files.filter((file) => /import\('[^.]/.test(readFileSync(join(root, file), 'utf8')))
  expect(lazily).toEqual([])
})
