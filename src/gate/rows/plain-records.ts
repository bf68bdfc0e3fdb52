import { COMMA, CR, LF, QUOTE, ZERO } from './characters.ts'
import { LabelRecords } from './label-records.ts'
import { NumberCell, shortDecimal } from './number-cell.ts'
import {
  type CategoryWriter,
  EXACT_KEY_LIMIT,
  type KeyWriter,
  type NumberWriter,
  type Writer,
} from './store.ts'

/** What a cell returns that the careful reader has to read. */
const NOT_PLAIN = -1

const SKIPPED = 0
const CATEGORY = 1
const KEY = 2
const NUMBER = 3

/**
 * The common case of CSV, quickly: records without quotes and carriage returns, each column read for at most one use. Cells
 * are read in one pass, bytes to values, without a string and without a list of positions. Whatever is not plain (a quote, a
 * number that is none, a wrong count of fields) is left to the careful reader.
 */
export class PlainRecords {
  readonly #delimiter: number
  /** What each column is read as: small integers, because this is asked for every cell. */
  readonly #uses: Uint8Array
  readonly #categories: (CategoryWriter | undefined)[]
  readonly #keys: (KeyWriter | undefined)[]
  readonly #numbers: (NumberWriter | undefined)[]
  readonly #cell = new NumberCell()
  readonly #labels: LabelRecords | undefined
  /** Rows below this can be written without asking. */
  #room = 0

  private constructor(sinks: readonly (readonly Writer[])[], delimiter: number) {
    const one = sinks.map((writers) => writers[0])
    this.#delimiter = delimiter
    this.#labels = LabelRecords.of(sinks, delimiter)
    this.#categories = one.map((writer) => (writer?.use === 'category' ? writer.to : undefined))
    this.#keys = one.map((writer) => (writer?.use === 'key' ? writer.to : undefined))
    this.#numbers = one.map((writer) => (writer?.use === 'number' ? writer.to : undefined))
    const codes = { category: CATEGORY, key: KEY, number: NUMBER }
    this.#uses = Uint8Array.from(one, (writer) => (writer === undefined ? SKIPPED : codes[writer.use]))
  }

  /** undefined where a column is read for several uses at once. */
  static of(sinks: readonly (readonly Writer[])[], delimiter: number): PlainRecords | undefined {
    return sinks.some((writers) => writers.length > 1) ? undefined : new PlainRecords(sinks, delimiter)
  }

  /**
   * Reads plain records of bytes[at, end), where bytes[end - 1] is a line feed, up to the first one that is not plain, and
   * says where that is.
   */
  read(bytes: Uint8Array, at: number, end: number, row: number): { at: number; row: number } {
    let position = at
    let next = row
    while (position < end) {
      if (next >= this.#room) this.#reserve(next + 1)
      if (this.#labels !== undefined) {
        position = this.#labels.read(bytes, position, end, next, this.#room)
        next = this.#labels.row
        if (position >= end) break
        if (next >= this.#room) continue
      }
      const after = this.#record(bytes, position, next)
      if (after === NOT_PLAIN) break
      position = after
      next++
    }
    return { at: position, row: next }
  }

  #reserve(rows: number): void {
    let room = Number.POSITIVE_INFINITY
    for (const writers of [this.#categories, this.#keys, this.#numbers]) {
      for (const writer of writers) if (writer !== undefined) room = Math.min(room, writer.reserve(rows))
    }
    this.#room = room
  }

  /** The position behind this record. A scan always stops: the last byte of the text is a line feed. */
  #record(bytes: Uint8Array, at: number, row: number): number {
    const uses = this.#uses
    const last = uses.length - 1
    let position = at
    for (let column = 0; column <= last; column++) {
      const terminator = column === last ? LF : this.#delimiter
      const use = uses[column]
      position =
        use === CATEGORY
          ? this.#category(bytes, position, terminator, column, row)
          : use === KEY
            ? this.#key(bytes, position, terminator, column, row)
            : use === NUMBER
              ? this.#number(bytes, position, terminator, column, row)
              : this.#stop(bytes, position, terminator) + 1
      if (position <= 0) return NOT_PLAIN
    }
    return position
  }

  /** Where the cell at this position ends, if what ends it is this terminator. */
  #stop(bytes: Uint8Array, at: number, terminator: number): number {
    const delimiter = this.#delimiter
    for (let i = at; ; i++) {
      const byte = bytes[i] as number
      if (byte > COMMA) continue
      if (byte === terminator) return i
      if (byte === LF || byte === delimiter || byte === QUOTE || byte === CR) return NOT_PLAIN
    }
  }

  #category(bytes: Uint8Array, at: number, terminator: number, column: number, row: number): number {
    const writer = this.#categories[column] as CategoryWriter
    const { small } = writer
    if (small !== undefined && bytes[at + 1] === terminator) {
      const code = writer.dictionary.single[bytes[at] as number] as number
      if (code > 0) {
        small[row] = code
        return at + 2
      }
    }
    const stop = this.#stop(bytes, at, terminator)
    if (stop !== NOT_PLAIN) writer.set(row, writer.dictionary.code(bytes, at, stop))
    return stop + 1
  }

  #key(bytes: Uint8Array, at: number, terminator: number, column: number, row: number): number {
    const writer = this.#keys[column] as KeyWriter
    let value = 0
    let i = at
    let digit = (bytes[i] as number) - ZERO
    while (digit >= 0 && digit <= 9) {
      // Beyond nine digits this wraps around, and is not used.
      value = (Math.imul(value, 10) + digit) | 0
      digit = (bytes[++i] as number) - ZERO
    }
    const length = i - at
    // Nine digits fit into 32 bits; a leading zero is part of a text.
    if (
      digit + ZERO === terminator &&
      length <= 9 &&
      value < EXACT_KEY_LIMIT &&
      (bytes[at] !== ZERO || length === 1) &&
      length > 0
    ) {
      writer.high[row] = 0
      writer.low[row] = value
      return i + 1
    }
    const stop = this.#stop(bytes, i, terminator)
    if (stop > i) writer.setHash(row, bytes, at, stop)
    else if (stop !== NOT_PLAIN) writer.setBytes(row, bytes, at, stop)
    return stop + 1
  }

  /** Stops at a cell that is no finite number: the careful reader notes what stands there. */
  #number(bytes: Uint8Array, at: number, terminator: number, column: number, row: number): number {
    const writer = this.#numbers[column] as NumberWriter
    let i = at
    let digits = 0
    let whole = 0
    let point = -1
    for (;;) {
      const digit = (bytes[i] as number) - ZERO
      if (digit >= 0 && digit <= 9) {
        whole = (Math.imul(whole, 10) + digit) | 0
        digits++
      } else if (digit === -2 && point < 0) point = i + 1
      else break
      i++
    }
    if (bytes[i] === terminator && digits > 0 && digits <= 9) {
      writer.values[row] = point < 0 ? whole : shortDecimal(whole, i - point)
      return i + 1
    }
    const stop = this.#stop(bytes, i, terminator)
    if (stop === NOT_PLAIN) return 0
    const value = this.#cell.parse(bytes, at, stop)
    if (value - value !== 0) return 0
    writer.values[row] = value
    return stop + 1
  }
}
