import fc from 'fast-check'
import stringWidth from 'string-width'
import { expect, test } from 'vitest'
import { shortened, tableLines } from '../../src/runtime/table.ts'

test('a table stands in columns, without trailing spaces', () => {
  const table = {
    columns: ['service', 'state'],
    rows: [
      ['api', 'running'],
      ['query-api', ''],
    ],
  }
  expect(tableLines(table, 80)).toEqual(['service    state', 'api        running', 'query-api'])
})

test('a table fits the terminal: the widest column gives way, and both ends of a reference stay', () => {
  const reference = `local/filmlens/api@sha256:${'0'.repeat(56)}deadbeef`
  const lines = tableLines({ columns: ['service', 'image'], rows: [['api', reference]] }, 40)
  expect(lines).toEqual(['service  image', 'api      local/filmlens/…0000000deadbeef'])
})

test('any table of up to eight columns fits 80 cells, wide characters counted', () => {
  const cell = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant('映画のレビューを読む'.repeat(4)))
  fc.assert(
    fc.property(fc.array(fc.array(cell, { maxLength: 8 }), { maxLength: 5 }), (rows) => {
      const columns = Array.from({ length: 8 }, (_, i) => `column ${i}`)
      for (const line of tableLines({ columns, rows }, 80)) expect(stringWidth(line)).toBeLessThanOrEqual(80)
    }),
  )
})

test('text with words is cut at its end', () => {
  expect(shortened('exited with code 3 at once', 12)).toBe('exited with…')
})
