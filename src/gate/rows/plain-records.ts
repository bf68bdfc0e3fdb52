import { NumberCell } from './number-cell.ts'
import {
  type CategoryWriter,
  EXACT_KEY_LIMIT,
  type KeyWriter,
  type NumberWriter,
  type Writer,
} from './store.ts'

const LF = 10
/** Delimiters, line ends and quotes are all at or below the comma; letters and digits are above. */
const COMMA = 44
const QUOTE = 34
const CR = 13
const ZERO = 48

/** Bytes that are split at once: their delimiters and columns stay in cache between the passes. */
const BLOCK = 2 ** 17

/**
 * The common case of CSV, quickly: records without quotes and carriage returns, each column read for at most one use. One
 * pass over a block finds its delimiters, then each column is read in a loop of its own. Whatever is not plain (a quote, a
 * number that is none, a wrong count of fields) is left to the careful reader.
 */
export class PlainRecords {
  readonly #count: number
  readonly #delimiter: number
  readonly #categories: (CategoryWriter | undefined)[]
  readonly #keys: (KeyWriter | undefined)[]
  readonly #numbers: (NumberWriter | undefined)[]
  readonly #cell = new NumberCell()
  /** Positions of the delimiters and line feeds of a block. */
  readonly #ends = new Int32Array(BLOCK)

  private constructor(sinks: readonly (readonly Writer[])[], delimiter: number) {
    const one = sinks.map((writers) => writers[0])
    this.#delimiter = delimiter
    this.#categories = one.map((writer) => (writer?.use === 'category' ? writer.to : undefined))
    this.#keys = one.map((writer) => (writer?.use === 'key' ? writer.to : undefined))
    this.#numbers = one.map((writer) => (writer?.use === 'number' ? writer.to : undefined))
    this.#count = sinks.length
  }

  /** undefined where a column is read for several uses at once. */
  static of(sinks: readonly (readonly Writer[])[], delimiter: number): PlainRecords | undefined {
    return sinks.some((writers) => writers.length > 1) ? undefined : new PlainRecords(sinks, delimiter)
  }

  /** Makes room for every record that this many bytes can hold. */
  reserve(row: number, bytes: number): void {
    const rows = row + Math.ceil(bytes / Math.max(2, 2 * this.#count - 1)) + 1
    for (const writers of [this.#categories, this.#keys, this.#numbers]) {
      for (const writer of writers) writer?.reserve(rows)
    }
  }

  /**
   * Reads plain records of bytes[at, end), where bytes[end - 1] is a line feed, up to the first one that is not plain, and
   * says where that is. Needs `reserve`.
   */
  read(bytes: Uint8Array, at: number, end: number, row: number): { at: number; row: number } {
    let position = at
    let next = row
    while (position < end) {
      const stop = end - position <= BLOCK ? end : bytes.lastIndexOf(LF, position + BLOCK - 1) + 1
      if (stop <= position) break
      const found = this.#split(bytes, position, stop)
      const rows = this.#columns(bytes, position, found, next)
      next += rows
      if (rows > 0) position = (this.#ends[rows * this.#count - 1] ?? 0) + 1
      if (position < stop) break
    }
    return { at: position, row: next }
  }

  /** Finds the ends of fields, and returns how many whole records have as many fields as there are columns. */
  #split(bytes: Uint8Array, at: number, stop: number): number {
    const ends = this.#ends
    const delimiter = this.#delimiter
    const columns = this.#count
    let count = 0
    let lines = 0
    for (let i = at; i < stop; i++) {
      const byte = bytes[i] as number
      if (byte > COMMA) continue
      if (byte === delimiter || byte === LF) {
        ends[count++] = i
        lines += byte === LF ? 1 : 0
      } else if (byte === QUOTE || byte === CR) break
    }
    // With as many line feeds as records, and each at the end of one, none stands anywhere else.
    const records = Math.floor(count / columns)
    const even = lines === records
    for (let r = 0, last = columns - 1; r < records; r++, last += columns) {
      if (bytes[ends[last] as number] !== LF || (!even && this.#short(bytes, last))) return r
    }
    return records
  }

  /** Whether a line feed stands among the first fields of the record whose last field ends at this index. */
  #short(bytes: Uint8Array, last: number): boolean {
    for (let field = last - this.#count + 1; field < last; field++) {
      if (bytes[this.#ends[field] as number] === LF) return true
    }
    return false
  }

  /** Reads the columns of so many records; returns how many of them were plain to the end. */
  #columns(bytes: Uint8Array, at: number, records: number, row: number): number {
    let plain = records
    for (let column = 0; column < this.#count && plain > 0; column++) {
      const category = this.#categories[column]
      const key = this.#keys[column]
      const number = this.#numbers[column]
      if (category !== undefined) this.#category(category, bytes, at, column, plain, row)
      if (key !== undefined) this.#key(key, bytes, at, column, plain, row)
      if (number !== undefined) plain = this.#number(number, bytes, at, column, plain, row)
    }
    return plain
  }

  #category(
    writer: CategoryWriter,
    bytes: Uint8Array,
    at: number,
    column: number,
    records: number,
    row: number,
  ): void {
    const ends = this.#ends
    const columns = this.#count
    const { dictionary } = writer
    const { single } = dictionary
    let codes = writer.codes
    for (let r = 0, field = column; r < records; r++, field += columns) {
      const start = field === 0 ? at : (ends[field - 1] as number) + 1
      const stop = ends[field] as number
      let code = stop - start === 1 ? (single[bytes[start] as number] as number) : -1
      if (code < 0) code = dictionary.code(bytes, start, stop)
      if (code > 255) {
        writer.set(row + r, code)
        codes = writer.codes
      } else codes[row + r] = code
    }
  }

  #key(writer: KeyWriter, bytes: Uint8Array, at: number, column: number, records: number, row: number): void {
    const ends = this.#ends
    const columns = this.#count
    const { high, low } = writer
    for (let r = 0, field = column; r < records; r++, field += columns) {
      const start = field === 0 ? at : (ends[field - 1] as number) + 1
      const stop = ends[field] as number
      const first = bytes[start] as number
      let value = -1
      // Nine digits fit into 32 bits; a leading zero is part of a text.
      if (stop - start <= 9 && stop > start && (first !== ZERO || stop - start === 1)) {
        value = 0
        for (let i = start; i < stop; i++) {
          const digit = (bytes[i] as number) - ZERO
          if (digit < 0 || digit > 9) {
            value = -1
            break
          }
          value = (Math.imul(value, 10) + digit) | 0
        }
      }
      if (value >= 0 && value < EXACT_KEY_LIMIT) {
        high[row + r] = 0
        low[row + r] = value
      } else writer.setBytes(row + r, bytes, start, stop)
    }
  }

  /** Stops at the first cell that is no finite number: the careful reader notes what stands there. */
  #number(
    writer: NumberWriter,
    bytes: Uint8Array,
    at: number,
    column: number,
    records: number,
    row: number,
  ): number {
    const ends = this.#ends
    const columns = this.#count
    const { values } = writer
    for (let r = 0, field = column; r < records; r++, field += columns) {
      const start = field === 0 ? at : (ends[field - 1] as number) + 1
      const value = this.#cell.parse(bytes, start, ends[field] as number)
      if (value - value !== 0) return r
      values[row + r] = value
    }
    return records
  }
}
