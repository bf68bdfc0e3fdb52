import fc from 'fast-check'
import stringWidth from 'string-width'
import { expect, test } from 'vitest'
import { cells } from '../../src/runtime/cells.ts'

test.each([
  ['ab c', 4],
  ['日本', 4],
  ['e\u0301', 1],
  ['👨‍👩‍👧', 2],
  ['🇩🇪', 2],
  ['\u4dc0', 2],
])('%j takes %i cells', (text, expected) => {
  expect(cells(text)).toBe(expected)
})

test('no text takes more cells than were counted', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(cells(text)).toBeGreaterThanOrEqual(stringWidth(text))
    }),
    { numRuns: 1000 },
  )
})
