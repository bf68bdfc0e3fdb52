import { usageError } from '../../domain/error.ts'
import { CR, LF, QUOTE } from './characters.ts'
import type { ByteSource, ColumnRequest, Rows } from './columns.ts'
import { missingColumns } from './missing-columns.ts'
import { NumberCell } from './number-cell.ts'
import { PlainRecords } from './plain-records.ts'
import { RowStore, type Writer } from './store.ts'

const NONE: readonly Writer[] = []

export interface CsvOptions {
  /** What messages call the file. */
  readonly name: string
  readonly delimiter?: ',' | '\t'
  /** As many rows as are expected: room is made for them at once. */
  readonly rows?: number
}

/** How many rows a file holds beyond which it cannot be indexed. */
const ROW_LIMIT = 2 ** 31

/**
 * Rows from delimited text (RFC 4180: quoted fields, doubled quotes, CR LF or LF), one pass, only the columns asked for.
 * A record must have as many fields as the header. Memory is that of the columns plus one chunk.
 *
 * @throws SluiceError usage: no header, a wrong delimiter, a column that is not there, a torn record.
 */
export async function readCsv(
  source: ByteSource,
  requests: readonly ColumnRequest[],
  options: CsvOptions = { name: 'rows' },
): Promise<Rows> {
  const reader = new CsvReader(requests, options)
  let rest: Uint8Array = new Uint8Array(0)
  for await (const chunk of source) {
    let bytes: Uint8Array = chunk
    if (rest.length > 0) {
      // Only the record that was cut in two is copied together, not the whole chunk.
      const start = chunk.indexOf(LF) + 1
      const cut = joined(rest, chunk.subarray(0, start))
      const used = start === 0 ? 0 : reader.read(cut, cut.length)
      bytes = used === cut.length ? chunk.subarray(start) : joined(cut.subarray(used), chunk.subarray(start))
    }
    const used = reader.read(bytes, bytes.lastIndexOf(LF) + 1)
    // A copy also where the chunk is a Buffer, whose slice() is a view: the chunk may be written over.
    rest = new Uint8Array(bytes.subarray(used))
  }
  if (rest.length > 0) {
    const bytes = joined(rest, Uint8Array.of(LF))
    const used = reader.read(bytes, bytes.length)
    if (used < bytes.length) throw reader.torn('ends inside a quoted field')
  }
  return reader.finish()
}

class CsvReader {
  readonly #requests: readonly ColumnRequest[]
  readonly #name: string
  readonly #delimiter: number
  readonly #expected: number
  readonly #number = new NumberCell()
  #store: RowStore | undefined
  /** What each column of the file feeds. */
  #sinks: readonly (readonly Writer[])[] = []
  #row = 0
  #plain: PlainRecords | undefined
  #unquoted = new Uint8Array(256)

  constructor(requests: readonly ColumnRequest[], { name, delimiter = ',', rows = 0 }: CsvOptions) {
    this.#requests = requests
    this.#name = name
    this.#delimiter = delimiter.charCodeAt(0)
    this.#expected = rows
  }

  /**
   * Reads whole records of bytes[0, end), where end is 0 or just behind a line feed, and returns how many bytes they
   * took: fewer than `end` where the last record has a quoted field that is not closed yet.
   */
  read(bytes: Uint8Array, end: number): number {
    let at = 0
    if (this.#store === undefined && end > 0) {
      at = this.#header(bytes, end)
      if (at === 0) return 0
    }
    while (at < end) {
      const plain = this.#plain?.read(bytes, at, end, this.#row)
      if (plain !== undefined) {
        at = plain.at
        this.#row = plain.row
        if (at >= end) break
      }
      const next = this.#record(bytes, at, end)
      if (next < 0) return at
      at = next
    }
    return at
  }

  finish(): Rows {
    if (this.#store === undefined) {
      throw usageError({
        what: `${this.#name} is empty`,
        rule: 'a CSV file of rows starts with a line of column names',
        remedy: 'let the evaluation step write its rows, then evaluate again',
      })
    }
    return this.#store.finish(this.#row)
  }

  /** The position behind the record at `at`; -1 where it goes on beyond `end`. */
  #record(bytes: Uint8Array, at: number, end: number): number {
    const delimiter = this.#delimiter
    const sinks = this.#sinks
    const row = this.#row
    const last = sinks.length - 1
    let position = at
    if (last > 0 && (bytes[position] === LF || (bytes[position] === CR && bytes[position + 1] === LF))) {
      return position + (bytes[position] === LF ? 1 : 2)
    }
    for (let column = 0; column <= last; column++) {
      const writers = sinks[column] ?? NONE
      let stop: number
      if (bytes[position] === QUOTE) {
        const closed = this.#quoted(bytes, position, end, writers, row)
        if (closed < 0) return -1
        stop = closed
      } else {
        const start = position
        let byte = bytes[position] ?? LF
        // bytes[end - 1] is a line feed, so the scan always stops.
        while (byte !== delimiter && byte !== LF) byte = bytes[++position] ?? LF
        stop = position
        const fieldEnd = byte === LF && stop > start && bytes[stop - 1] === CR ? stop - 1 : stop
        for (let i = 0; i < writers.length; i++) {
          const writer = writers[i]
          if (writer !== undefined) this.#put(writer, row, bytes, start, fieldEnd)
        }
      }
      const terminator = bytes[stop]
      if (column < last && terminator !== delimiter) throw this.torn(`has ${column + 1} fields`)
      if (column === last && terminator !== LF) throw this.torn('has more fields')
      position = stop + 1
    }
    if (++this.#row >= ROW_LIMIT) throw this.torn('is beyond the 2^31 rows that a gate can hold')
    return position
  }

  #put(writer: Writer, row: number, bytes: Uint8Array, start: number, end: number): void {
    switch (writer.use) {
      case 'category': {
        writer.to.set(row, writer.to.dictionary.code(bytes, start, end))
        return
      }
      case 'key':
        writer.to.setBytes(row, bytes, start, end)
        return
      case 'number': {
        const value = this.#number.parse(bytes, start, end)
        writer.to.set(row, value)
        if (value - value !== 0) {
          const fault = this.#number.fault(bytes, start, end)
          this.#store?.fault(writer.column, fault, row)
          writer.to.set(row, Number.NaN)
        }
        return
      }
      default:
        writer satisfies never
    }
  }

  /** Reads a quoted field; returns the position of what ends it, -1 where it is not closed before `end`. */
  #quoted(bytes: Uint8Array, at: number, end: number, writers: readonly Writer[], row: number): number {
    let length = 0
    let position = at + 1
    for (;;) {
      if (position >= end) return -1
      const byte = bytes[position++] ?? 0
      if (byte === QUOTE) {
        if (bytes[position] !== QUOTE) break
        position++
      }
      if (length === this.#unquoted.length) this.#unquoted = joined(this.#unquoted, new Uint8Array(length))
      this.#unquoted[length++] = byte
    }
    if (bytes[position] === CR && bytes[position + 1] === LF) position++
    if (bytes[position] !== this.#delimiter && bytes[position] !== LF) {
      throw this.torn('has text behind a closing quote')
    }
    for (const writer of writers) this.#put(writer, row, this.#unquoted, 0, length)
    return position
  }

  #header(bytes: Uint8Array, end: number): number {
    const stop = headerEnd(bytes, end)
    if (stop < 0) return 0
    if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
      throw usageError({
        what: `${this.#name} is UTF-16`,
        rule: 'rows are UTF-8',
        remedy: 'write the file as UTF-8',
      })
    }
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, stop)
      .toString('utf8')
      .replace(/^\ufeff/, '')
    const names = fields(text.replace(/\r?\n$/, ''), String.fromCharCode(this.#delimiter))
    this.#check(names)
    this.#store = new RowStore(this.#requests, this.#expected)
    const { writers } = this.#store
    this.#sinks = names.map((name) => writers.filter((writer) => writer.column === name))
    this.#plain = PlainRecords.of(this.#sinks, this.#delimiter)
    return stop
  }

  #check(names: readonly string[]): void {
    const only = names[0] ?? ''
    const missing = this.#requests.filter(({ column }) => !names.includes(column))
    const other = [',', ';', '\t', '|'].find((d) => d.charCodeAt(0) !== this.#delimiter && only.includes(d))
    if (names.length === 1 && missing.length > 0 && other !== undefined) {
      throw usageError({
        what: `${this.#name}: the columns seem to be separated by ${JSON.stringify(other)}`,
        rule: `rows are separated by ${JSON.stringify(String.fromCharCode(this.#delimiter))}`,
        remedy: 'write the rows with commas as .csv, with tabs as .tsv, or as JSON lines',
      })
    }
    const twice = names.find((name, index) => names.indexOf(name) !== index)
    if (twice !== undefined) {
      throw usageError({
        what: `${this.#name} has two columns ${JSON.stringify(twice)}`,
        rule: 'column names are unique',
        remedy: 'rename one of them',
      })
    }
    missingColumns(this.#name, missing, names)
  }

  torn(what: string): Error {
    return usageError({
      what: `${this.#name}: row ${this.#row + 1} ${what}`,
      rule: `every row has the ${this.#sinks.length} fields of the header`,
      remedy: 'the file is torn or not quoted as RFC 4180 asks: write it again',
    })
  }
}

/** Position behind the first line feed outside quotes, -1 where there is none. */
function headerEnd(bytes: Uint8Array, end: number): number {
  let quoted = false
  for (let i = 0; i < end; i++) {
    if (bytes[i] === QUOTE) quoted = !quoted
    else if (bytes[i] === LF && !quoted) return i + 1
  }
  return -1
}

/** The fields of one record that is known to be whole. */
function fields(record: string, delimiter: string): string[] {
  const found: string[] = []
  let field = ''
  let quoted = false
  for (let i = 0; i < record.length; i++) {
    const char = record[i]
    if (char === '"' && quoted && record[i + 1] === '"') {
      field += '"'
      i++
    } else if (char === '"') quoted = !quoted
    else if (char === delimiter && !quoted) {
      found.push(field)
      field = ''
    } else field += char
  }
  return [...found, field]
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(first.length + second.length)
  bytes.set(first)
  bytes.set(second, first.length)
  return bytes
}
