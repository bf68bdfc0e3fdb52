import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { performancePage, readResults } from '../../scripts/bench-docs.ts'
import { pages } from '../../scripts/readmes.ts'

const root = join(import.meta.dirname, '../..')

test.each(Object.entries(pages(root)))('%s is what npm run readmes makes', (path, text) => {
  expect(readFileSync(join(root, path), 'utf8')).toBe(text)
})

test('docs/performance.md shows the results that stand in bench/results', () => {
  expect(readFileSync(join(root, 'docs/performance.md'), 'utf8')).toBe(performancePage(readResults()))
})
