import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { builtDetector, builtFunctions } from '../build.ts'
import { token } from '../functions/src/start-worker.ts'

test('what Lambda runs is what functions/src gives; run "node build.ts" otherwise', async () => {
  const built = await builtFunctions()
  expect([...built.keys()]).toHaveLength(3)
  for (const [path, text] of built) {
    expect(await readFile(join(import.meta.dirname, '..', path), 'utf8'), path).toBe(text)
    // Lambda has the SDK, and nothing else that is not Node's.
    const imports = [...text.matchAll(/from "([^"]+)"/g)].map(([, name]) => name)
    for (const name of imports) expect(name).toMatch(/^(@aws-sdk\/|node:)/)
  }
})

test('the detector that machines fetch is one file, which needs Node.js alone', async () => {
  const text = await builtDetector()
  const imports = [...text.matchAll(/^import .* from ["']([^"']+)["']/gm)].map(([, name = '']) => name)
  expect(imports.length).toBeGreaterThan(3)
  const { isBuiltin } = await import('node:module')
  expect(imports.filter((name) => !isBuiltin(name))).toEqual([])
})

test('requests of one moment start one machine, a later one another', () => {
  expect(token('lt-1', [], 10_000)).toBe(token('lt-1', [], 14_999))
  expect(token('lt-1', [], 10_000)).not.toBe(token('lt-1', [], 15_000))
  expect(token('lt-1', [], 10_000)).not.toBe(token('lt-2', [], 10_000))
  expect(token('lt-1', ['i-1'], 10_000)).not.toBe(token('lt-1', [], 10_000))
  expect(token('lt-1', ['i-1', 'i-2'], 10_000)).toBe(token('lt-1', ['i-2', 'i-1'], 10_000))
  expect(token('lt-0123456789abcdef0', ['i-1'], Date.now()).length).toBeLessThanOrEqual(64)
})
