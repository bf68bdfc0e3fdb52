import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { LONGEST } from '../sequence.ts'

test('every suite that is to begin early is there, and named once', () => {
  const root = join(import.meta.dirname, '../..')
  expect(LONGEST.filter((path) => !existsSync(join(root, path)))).toEqual([])
  expect(new Set(LONGEST).size).toBe(LONGEST.length)
})
