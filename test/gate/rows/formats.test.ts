import zlib from 'node:zlib'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { describe, expect, test } from 'vitest'
import type { ColumnRequest, Rows } from '../../../src/gate/rows/columns.ts'
import { readRows } from '../../../src/gate/rows/read.ts'
import { bytesOf } from '../evidence.ts'

const REQUESTS: readonly ColumnRequest[] = [
  { column: 'id', use: 'key', dictionary: 'id' },
  { column: 'label', use: 'category', dictionary: 'labels' },
  { column: 'score', use: 'number', dictionary: 'score' },
]

const n = 3000
const labels = Array.from({ length: n }, (_, i) => `class ${i % 7}`)
const scores = Array.from({ length: n }, (_, i) => i / n)
const parquet = new Uint8Array(
  parquetWriteBuffer({
    columnData: [
      { name: 'id', data: Array.from({ length: n }, (_, i) => i), type: 'INT32' },
      { name: 'label', data: labels, type: 'STRING' },
      { name: 'score', data: scores, type: 'DOUBLE' },
    ],
    rowGroupSize: 1000,
  }),
)
const csv = `id,label,score\n${labels.map((label, i) => `${i},${label},${scores[i]}`).join('\n')}\n`
const tsv = csv.replaceAll(',', '\t')
const jsonl = labels.map((label, id) => JSON.stringify({ id, label, score: scores[id] })).join('\n')

const content = (rows: Rows): unknown => [
  rows.count,
  [...(rows.categories.get('label')?.codes ?? [])].map((code) => rows.categories.get('label')?.values[code]),
  rows.numbers.get('score'),
  rows.keys.get('id')?.low,
  rows.problems,
]

describe('rows in every format', () => {
  test('CSV, TSV, JSON lines and Parquet of the same rows are the same rows', async () => {
    const expected = content(await readRows('rows.csv', bytesOf(csv), REQUESTS))
    for (const [name, bytes] of [
      ['rows.tsv', tsv],
      ['rows.jsonl', jsonl],
      ['rows.ndjson', `${jsonl}\n\n`],
      ['rows.parquet', parquet],
    ] as const) {
      expect(content(await readRows(name, bytesOf(bytes, 1000), REQUESTS))).toEqual(expected)
    }
  })

  test.each([
    ['a Parquet file that is cut off', 'rows.parquet', parquet.subarray(0, parquet.length - 100)],
    [
      'a Parquet file that is cut off in its rows',
      'rows.parquet',
      Buffer.concat([parquet.subarray(0, 2000), parquet.subarray(-400)]),
    ],
    ['CSV that is called Parquet', 'rows.parquet', Buffer.from(csv)],
    ['an empty Parquet file', 'rows.parquet', Buffer.alloc(0)],
    ['CSV that is called JSON lines', 'rows.jsonl', Buffer.from(csv)],
    ['JSON lines that are cut off', 'rows.jsonl', Buffer.from(jsonl.slice(0, -5))],
    ['JSON lines of numbers', 'rows.jsonl', Buffer.from('1\n2\n')],
    ['an empty JSON lines file', 'rows.jsonl', Buffer.from('\n')],
    ['an unknown format', 'rows.xlsx', Buffer.from('PK')],
  ])('%s is refused', async (_, name, bytes) => {
    await expect(readRows(name, bytesOf(bytes), REQUESTS)).rejects.toMatchObject({
      name: 'SluiceError',
      outcome: 'usage',
    })
  })

  const PACKERS = {
    GZIP: zlib.gzipSync,
    BROTLI: zlib.brotliCompressSync,
    ZSTD: zlib.zstdCompressSync,
  } as const
  const packed = (codec: keyof typeof PACKERS, pack: (bytes: Uint8Array) => Uint8Array): Uint8Array =>
    new Uint8Array(
      parquetWriteBuffer({
        columnData: [{ name: 'score', data: scores, type: 'DOUBLE' }],
        codec,
        compressors: { [codec]: pack },
      }),
    )

  test.each(Object.keys(PACKERS) as (keyof typeof PACKERS)[])(
    'R37 a page of Parquet in %s is unpacked to what its header says, and not a byte further',
    async (codec) => {
      const requests = REQUESTS.slice(2)
      const read = (bytes: Uint8Array) => readRows('rows.parquet', bytesOf(bytes), requests)
      const whole = await read(packed(codec, (bytes) => PACKERS[codec](bytes)))
      expect(whole.numbers.get('score')).toEqual(Float64Array.from(scores))
      const zeros = new Uint8Array(2 ** 24)
      const bomb = packed(codec, () => PACKERS[codec](zeros))
      expect(bomb.length).toBeLessThan(2 ** 16)
      await expect(read(bomb)).rejects.toThrow(/Cannot create a Buffer larger than/)
    },
  )

  test.each([
    ['rows.parquet', parquet],
    ['rows.jsonl', jsonl],
  ] as const)('a column that %s lacks is named', async (name, bytes) => {
    const requests = [...REQUESTS, { column: 'scor', use: 'number', dictionary: 'x' } as const]
    await expect(readRows(name, bytesOf(bytes), requests)).rejects.toThrow(/no column "scor"/)
  })

  test('R37 types of JSON are kept apart: text, boolean, null and NaN are no numbers', async () => {
    const cells = ['"0.93"', 'true', 'null', 'NaN', '-Infinity']
    const lines = cells.map((cell, id) => `{"id":${id},"label":"a","score":${cell}}`).join('\n')
    const rows = await readRows('rows.jsonl', bytesOf(lines), REQUESTS)
    expect(rows.problems.map(({ fault }) => fault)).toEqual([
      'text',
      'boolean',
      'null',
      'not-a-number',
      'infinite',
    ])
  })
})
