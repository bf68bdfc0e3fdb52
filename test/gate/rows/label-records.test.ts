import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ColumnRequest, Rows } from '../../../src/gate/rows/columns.ts'
import { readCsv } from '../../../src/gate/rows/csv.ts'
import { KeyWriter } from '../../../src/gate/rows/store.ts'
import { bytesOf } from '../evidence.ts'

const COLUMNS = ['label', 'champion', 'challenger']
const REQUESTS: readonly ColumnRequest[] = [
  { column: 'id', use: 'key', dictionary: 'id' },
  ...COLUMNS.map((column): ColumnRequest => ({ column, use: 'category', dictionary: 'labels' })),
]
const HEADER = `id,${COLUMNS.join(',')}\n`

const read = (text: string, chunk?: number): Promise<Rows> => readCsv(bytesOf(text, chunk), REQUESTS)

const labelsOf = (rows: Rows): (string | undefined)[][] =>
  COLUMNS.map((column) => {
    const category = rows.categories.get(column)
    return [...(category?.codes ?? [])].map((code) => category?.values[code])
  })

/** Keys as they are for ids that came as strings. */
function keysOf(ids: readonly string[]): { high: number[]; low: number[] } {
  const writer = new KeyWriter()
  ids.forEach((id, row) => {
    writer.setText(row, id)
  })
  return { high: [...writer.high.subarray(0, ids.length)], low: [...writer.low.subarray(0, ids.length)] }
}

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

describe('records of an id and labels of one character', () => {
  const id = fc.oneof(
    fc.nat().map(String),
    fc.nat({ max: 20 }).map((n) => `0${n}`),
    fc.string({ maxLength: 12, unit: fc.constantFrom('r', '1', '0', '-', '+', 'é', ',', '"', '\r\n') }),
  )
  const label = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom('0', '1', 'a', 'é', '') },
    { weight: 1, arbitrary: fc.constantFrom('+', ',', '"', '\n', '\r', 'spam', '10', '!') },
  )

  test('are read as they were written, among records that are not like that, however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(id, label, label, label), { maxLength: 60 }),
        fc.integer({ min: 1, max: 90 }),
        async (records, chunk) => {
          const lines = records.map((record) => `${record.map(quoted).join(',')}\n`)
          const rows = await read(`${HEADER}${lines.join('')}`, chunk)
          expect(rows.count).toBe(records.length)
          expect(labelsOf(rows)).toEqual([1, 2, 3].map((column) => records.map((record) => record[column])))
          const keys = rows.keys.get('id')
          expect({ high: [...(keys?.high ?? [])], low: [...(keys?.low ?? [])] }).toEqual(
            keysOf(records.map(([text]) => text)),
          )
        },
      ),
      { numRuns: 400 },
    )
  })

  test('are as many as there are, over several blocks and growing columns', async () => {
    const n = 5000
    const lines = Array.from(
      { length: n },
      (_, i) => `${i % 3 === 0 ? 'r' : ''}${i},${i % 2},${i % 7},${i % 5}\n`,
    )
    const rows = await read(`${HEADER}${lines.join('')}`, 7001)
    expect(rows.count).toBe(n)
    expect(labelsOf(rows)).toEqual(
      [2, 7, 5].map((classes) => Array.from({ length: n }, (_, i) => String(i % classes))),
    )
  })

  test('keep their labels where a file has more than 255 others', async () => {
    const words = Array.from({ length: 300 }, (_, i) => `w${i}`)
    const labels = ['1', ...words, 'z', '1', 'z']
    const rows = await read(`${HEADER}${labels.map((text, i) => `${i},${text},${text},1\n`).join('')}`)
    expect(labelsOf(rows)).toEqual([labels, labels, labels.map(() => '1')])
  })

  test.each([
    ['too short', '1,0,1,1\n2,0,1\n3,0,1,1\n', /row 2 has 3 fields/],
    ['too long', '1,0,1,1\n2,0,1,1,0\n', /row 2 has more fields/],
  ])('a record that is %s is refused with its row', async (_, records, message) => {
    await expect(read(`${HEADER}${records}`)).rejects.toThrow(message)
  })
})
