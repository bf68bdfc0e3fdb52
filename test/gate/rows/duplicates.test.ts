import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { KeyColumn } from '../../../src/gate/rows/columns.ts'
import { countCommon, findDuplicates } from '../../../src/gate/rows/duplicates.ts'
import { KeyWriter } from '../../../src/gate/rows/store.ts'

function keys(texts: readonly string[]): KeyColumn {
  const writer = new KeyWriter()
  texts.forEach((text, row) => {
    writer.setText(row, text)
  })
  return { high: writer.high.subarray(0, texts.length), low: writer.low.subarray(0, texts.length) }
}

const ids = fc.array(
  fc.oneof(
    fc.integer({ min: 0, max: 60 }).map(String),
    fc.string({ minLength: 1, maxLength: 3, unit: fc.constantFrom('a', 'b', '0', '1') }),
    fc.bigInt({ min: 2n ** 29n, max: 2n ** 31n }).map(String),
  ),
  { maxLength: 60 },
)

test('R38 a repeated id is found, counted and shown by its rows', () => {
  fc.assert(
    fc.property(ids, (texts) => {
      const found = findDuplicates(keys(texts))
      expect(found?.count ?? 0).toBe(texts.length - new Set(texts).size)
      if (found !== undefined) {
        const [first, second] = found.rows
        expect(first).toBeLessThan(second)
        expect(texts[first - 1]).toBe(texts[second - 1])
      }
    }),
    { numRuns: 500 },
  )
})

test('R38 one repeated id among many is found, whole numbers and texts alike', () => {
  const n = 200_000
  for (const id of [(i: number) => String(i), (i: number) => `row-${i}`, (i: number) => String(i * 5000)]) {
    const texts = Array.from({ length: n }, (_, i) => id(i))
    expect(findDuplicates(keys(texts))).toBeUndefined()
    texts[150_000] = id(77)
    expect(findDuplicates(keys(texts))).toEqual({ rows: [78, 150_001], count: 1 })
  }
})

test('R38 ids that look alike are different: leading zeros, signs, spaces', () => {
  expect(findDuplicates(keys(['1', '01', '1.0', '+1', ' 1', '001', '1e0', '']))).toBeUndefined()
})

test('R42 rows that stand in both columns are counted', () => {
  expect(countCommon(keys(['a', 'b', '3', 'c']), keys(['3', 'x', 'b']))).toEqual({ count: 2, row: 2 })
})
