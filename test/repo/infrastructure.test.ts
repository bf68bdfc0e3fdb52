import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { infrastructurePage } from '../../scripts/infrastructure.ts'

test('docs/infrastructure.md is what the schema and the compiler make', async () => {
  const path = join(import.meta.dirname, '../../docs/infrastructure.md')
  expect(readFileSync(path, 'utf8')).toBe(await infrastructurePage())
})
