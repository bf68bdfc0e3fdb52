import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ColumnRequest, Rows } from '../../../src/gate/rows/columns.ts'
import { readCsv } from '../../../src/gate/rows/csv.ts'
import { bytesOf } from '../evidence.ts'

const ALL: readonly ColumnRequest[] = [
  { column: 'id', use: 'key', dictionary: 'id' },
  { column: 'label', use: 'category', dictionary: 'labels' },
  { column: 'score', use: 'number', dictionary: 'score' },
]

const read = (text: string, requests = ALL, chunk?: number): Promise<Rows> =>
  readCsv(bytesOf(text, chunk), requests)

const table = (rows: Rows): unknown => ({
  count: rows.count,
  labels: [...(rows.categories.get('label')?.codes ?? [])].map(
    (code) => rows.categories.get('label')?.values[code],
  ),
  scores: [...(rows.numbers.get('score') ?? [])],
  problems: rows.problems,
})

describe('rows from CSV', () => {
  test('quoted fields, doubled quotes, CR LF and a missing last line feed are what RFC 4180 says', async () => {
    const rows = await read('id,label,score\r\n1,"a ""b"", c",0.5\r\n"2","x\ny",-1e3\r\n3,,7')
    expect(table(rows)).toEqual({
      count: 3,
      labels: ['a "b", c', 'x\ny', ''],
      scores: [0.5, -1000, 7],
      problems: [],
    })
  })

  test('a byte order mark, columns in another order and columns that nobody asked for do not matter', async () => {
    const rows = await read('\ufeffscore,other,label,id\n0.25,zzz,a,1\n0.75,"q,q",b,2\n')
    expect(table(rows)).toEqual({ count: 2, labels: ['a', 'b'], scores: [0.25, 0.75], problems: [] })
  })

  const field = fc.oneof(
    fc.string({ unit: fc.constantFrom('a', '1', '"', ',', '\n', '\r\n', 'é', ' ', '.') }),
    fc.string({ minLength: 1, maxLength: 3, unit: fc.constantFrom('a', '0', '1') }),
  )
  const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

  test('what is written is read, however the bytes are cut and whatever has to be quoted', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(field, fc.double({ noNaN: true, noDefaultInfinity: true })), { maxLength: 40 }),
        fc.integer({ min: 1, max: 50 }),
        fc.constantFrom('\n', '\r\n'),
        async (records, chunk, end) => {
          const lines = records.map(([text, number], i) => `${i},${quoted(text)},${number}${end}`)
          const rows = await read(`id,label,score${end}${lines.join('')}`, ALL, chunk)
          expect(table(rows)).toEqual({
            count: records.length,
            labels: records.map(([text]) => text),
            // -0 is written as 0.
            scores: records.map(([, number]) => Number(String(number))),
            problems: [],
          })
        },
      ),
      { numRuns: 300 },
    )
  })

  test('a source may write over a chunk once the next one is asked for', async () => {
    const text = Array.from({ length: 400 }, (_, i) => `r${i},class ${i % 9},${i / 8}\n`).join('')
    const file = Buffer.from(`id,label,score\n${text}`)
    async function* overwriting(): AsyncIterable<Uint8Array> {
      const one = Buffer.alloc(37)
      for (let at = 0; at < file.length; at += one.length) {
        yield one.subarray(0, file.copy(one, 0, at))
        one.fill('x')
      }
    }
    const rows = await readCsv(overwriting(), ALL)
    const whole = await read(file.toString())
    expect(rows.count).toBe(400)
    expect(rows).toEqual(whole)
  })

  test('numbers are read as exactly as Number() reads them', async () => {
    const decimal = fc
      .tuple(fc.bigInt({ min: -(10n ** 19n), max: 10n ** 19n }), fc.integer({ min: 0, max: 24 }))
      .map(([n, scale]) => {
        const digits = (n < 0n ? -n : n).toString().padStart(scale + 1, '0')
        return `${n < 0n ? '-' : ''}${digits.slice(0, digits.length - scale)}${scale > 0 ? '.' : ''}${digits.slice(digits.length - scale)}`
      })
    await fc.assert(
      fc.asyncProperty(fc.array(decimal, { minLength: 1, maxLength: 50 }), async (texts) => {
        const rows = await read(`id,label,score\n${texts.map((text, i) => `${i},a,${text}\n`).join('')}`)
        expect([...(rows.numbers.get('score') ?? [])]).toEqual(texts.map(Number))
      }),
    )
  })

  test('more than 255 texts in a column are kept apart', async () => {
    const rows = await read(
      `id,label,score\n${Array.from({ length: 1000 }, (_, i) => `${i},t${i % 700},1\n`).join('')}`,
    )
    expect(new Set(rows.categories.get('label')?.codes).size).toBe(700)
    expect(rows.categories.get('label')?.values[rows.categories.get('label')?.codes[650] ?? 0]).toBe('t650')
  })

  test.each([
    ['nan', 'not-a-number'],
    ['-Inf', 'infinite'],
    ['1e999', 'infinite'],
    ['', 'empty'],
    ['NULL', 'null'],
    ['true', 'boolean'],
    ['0x10', 'text'],
    ['12abc', 'text'],
    ['1,5', 'text'],
  ])('R37 the number %s is the fault %s, with its row', async (cell, fault) => {
    const rows = await read(`id,label,score\n1,a,1\n2,a,${cell.includes(',') ? `"${cell}"` : cell}\n3,a,2\n`)
    expect(rows.problems).toEqual([{ column: 'score', fault, count: 1, row: 2 }])
  })

  test.each([
    ['an empty file', '', /rows is empty/],
    ['semicolons', 'id;label;score\n1;a;2\n', /separated by ";"/],
    ['tabs', 'id\tlabel\tscore\n1\ta\t2\n', /separated by "\\t"/],
    ['a missing column', 'id,lable,score\n1,a,2\n', /no column "label"/],
    ['two columns of one name', 'id,label,score,label\n1,a,2,b\n', /two columns "label"/],
    ['a row that is too short', 'id,label,score\n1,a,2\n2,b\n3,c,4\n', /row 2 has 2 fields/],
    ['a row that is too long', 'id,label,score\n1,a,2\n2,b,3,4\n', /row 2 has more fields/],
    ['a quote that is never closed', 'id,label,score\n1,"a,2\n2,b,3\n', /ends inside a quoted field/],
    ['text behind a quote', 'id,label,score\n1,"a"b,2\n', /text behind a closing quote/],
    ['UTF-16', '\u00ff\u00fei\u0000d\u0000\n\u0000', /UTF-16/],
  ])('%s is refused with what to do', async (_, text, message) => {
    const bytes = Buffer.from(text, text.startsWith('\u00ff') ? 'latin1' : 'utf8')
    await expect(readCsv(bytesOf(bytes), ALL)).rejects.toThrow(message)
    await expect(readCsv(bytesOf(bytes), ALL)).rejects.toMatchObject({ outcome: 'usage' })
  })

  test('a header without rows is no rows, which is a verdict and not an error', async () => {
    expect((await read('id,label,score\n')).count).toBe(0)
  })
})
