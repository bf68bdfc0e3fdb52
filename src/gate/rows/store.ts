import type { CellFault, CellProblem, ColumnRequest, Rows } from './columns.ts'
import { Dictionary } from './dictionary.ts'

/** A claim of more rows than this is not believed before they are there. */
const EXPECTED_LIMIT = 2 ** 25

/** Whole numbers below this are their own keys. */
export const EXACT_KEY_LIMIT = 2 ** 30

/** A growing column. `row` may be written again: a reader that has to go back just writes over it. */
export class CategoryWriter {
  readonly dictionary: Dictionary
  codes: Uint8Array | Uint32Array = new Uint8Array(1024)
  /** The same column while its codes fit into a byte. */
  small: Uint8Array | undefined = this.codes as Uint8Array

  constructor(dictionary: Dictionary) {
    this.dictionary = dictionary
  }

  /** Makes room for so many rows or more, and says for how many. */
  reserve(rows: number): number {
    if (rows > this.codes.length) this.#use(grown(this.codes, rows - 1))
    return this.codes.length
  }

  set(row: number, code: number): void {
    if (code > 255 && this.small !== undefined) this.#use(new Uint32Array(this.codes))
    if (row >= this.codes.length) this.#use(grown(this.codes, row))
    this.codes[row] = code
  }

  #use(codes: Uint8Array | Uint32Array): void {
    this.codes = codes
    this.small = codes instanceof Uint8Array ? codes : undefined
  }
}

export class NumberWriter {
  values: Float64Array = new Float64Array(1024)

  reserve(rows: number): number {
    if (rows > this.values.length) this.values = grown(this.values, rows - 1)
    return this.values.length
  }

  set(row: number, value: number): void {
    if (row >= this.values.length) this.values = grown(this.values, row)
    this.values[row] = value
  }
}

export class KeyWriter {
  /** Where short texts become bytes: a buffer for each would cost more than its key. */
  readonly #ascii = new Uint8Array(64)
  high: Uint32Array = new Uint32Array(1024)
  low: Uint32Array = new Uint32Array(1024)

  reserve(rows: number): number {
    if (rows > this.low.length) {
      this.high = grown(this.high, rows - 1)
      this.low = grown(this.low, rows - 1)
    }
    return this.low.length
  }

  set(row: number, high: number, low: number): void {
    if (row >= this.low.length) {
      this.high = grown(this.high, row)
      this.low = grown(this.low, row)
    }
    this.high[row] = high
    this.low[row] = low
  }

  setText(row: number, text: string): void {
    const { length } = text
    const ascii = this.#ascii
    let i = 0
    if (length <= ascii.length) {
      for (; i < length; i++) {
        const unit = text.charCodeAt(i)
        if (unit > 127) break
        ascii[i] = unit
      }
    }
    if (i === length) {
      this.setBytes(row, ascii, 0, length)
      return
    }
    const bytes = Buffer.from(text, 'utf8')
    this.setBytes(row, bytes, 0, bytes.length)
  }

  /** The key of bytes[start, end): see KeyColumn. Length 0 gives the key (0xffffffff, 0), which no text has. */
  setBytes(row: number, bytes: Uint8Array, start: number, end: number): void {
    const length = end - start
    if (length === 0) {
      this.set(row, 0xffffffff, 0)
      return
    }
    const first = bytes[start] ?? 0
    if (length <= 9 && (first !== 48 || length === 1)) {
      let value = 0
      let i = start
      for (; i < end; i++) {
        const digit = (bytes[i] ?? 0) - 48
        if (digit < 0 || digit > 9) break
        value = value * 10 + digit
      }
      if (i === end && value < EXACT_KEY_LIMIT) {
        this.set(row, 0, value)
        return
      }
    }
    this.setHash(row, bytes, start, end)
  }

  /** The key of a text that is no whole number below 2^30: four bytes a step, in two lanes with multipliers of their own. */
  setHash(row: number, bytes: Uint8Array, start: number, end: number): void {
    let a = 0x811c9dc5
    let b = 0x9e3779b9
    let i = start
    for (; i + 4 <= end; i += 4) {
      const word =
        (bytes[i] as number) |
        ((bytes[i + 1] as number) << 8) |
        ((bytes[i + 2] as number) << 16) |
        ((bytes[i + 3] as number) << 24)
      a = Math.imul(a ^ spread(word), 5)
      a = (((a << 13) | (a >>> 19)) + 0xe6546b64) | 0
      b = Math.imul(b ^ word, 0x85ebca6b)
      b = (b << 13) | (b >>> 19)
    }
    let word = 0
    for (; i < end; i++) word = (word << 8) | (bytes[i] as number)
    a ^= spread(word)
    b = Math.imul(b ^ word, 0xc2b2ae35)
    // 0x7fffffff is left free for the empty text.
    const high = mix(a ^ (end - start)) & 0x7fffffff
    this.set(row, ((high === 0x7fffffff ? 0 : high) | 0x80000000) >>> 0, mix(b + a) >>> 0)
  }
}

/** A word before it joins a lane, as in MurmurHash3: digits that differ in few bits differ in many. */
function spread(word: number): number {
  const k = Math.imul(word, 0xcc9e2d51)
  return Math.imul((k << 15) | (k >>> 17), 0x1b873593)
}

/** The finaliser of MurmurHash3 (A. Appleby): every input bit reaches every output bit. */
export function mix(word: number): number {
  let h = word ^ (word >>> 16)
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  return h ^ (h >>> 16)
}

export type Writer =
  | { readonly use: 'category'; readonly column: string; readonly to: CategoryWriter }
  | { readonly use: 'number'; readonly column: string; readonly to: NumberWriter }
  | { readonly use: 'key'; readonly column: string; readonly to: KeyWriter }

/** Collects the columns that were asked for, and what was wrong with their cells. */
export class RowStore {
  readonly writers: readonly Writer[]
  readonly #problems = new Map<string, { column: string; fault: CellFault; count: number; row: number }>()

  /** `expected` rows get room at once; pages that stay unused cost nothing. */
  constructor(requests: readonly ColumnRequest[], expected = 0) {
    const dictionaries = new Map<string, Dictionary>()
    this.writers = requests.map(({ column, use, dictionary }): Writer => {
      if (use === 'number') return { use, column, to: new NumberWriter() }
      if (use === 'key') return { use, column, to: new KeyWriter() }
      const shared = dictionaries.get(dictionary) ?? new Dictionary()
      dictionaries.set(dictionary, shared)
      return { use, column, to: new CategoryWriter(shared) }
    })
    for (const writer of this.writers) writer.to.reserve(Math.min(expected, EXPECTED_LIMIT))
  }

  /** Notes a cell that its column cannot use; `row` from 0. */
  fault(column: string, fault: CellFault, row: number): void {
    const key = `${fault}\n${column}`
    const known = this.#problems.get(key)
    if (known === undefined) this.#problems.set(key, { column, fault, count: 1, row: row + 1 })
    else known.count++
  }

  finish(count: number): Rows {
    const categories = new Map<string, Rows['categories'] extends ReadonlyMap<string, infer C> ? C : never>()
    const numbers = new Map<string, Float64Array>()
    const keys = new Map<string, { high: Uint32Array; low: Uint32Array }>()
    for (const writer of this.writers) {
      if (writer.use === 'category') {
        const { codes, dictionary } = writer.to
        categories.set(writer.column, { codes: codes.subarray(0, count), values: dictionary.values })
      } else if (writer.use === 'number') numbers.set(writer.column, writer.to.values.subarray(0, count))
      else {
        const { high, low } = writer.to
        keys.set(writer.column, { high: high.subarray(0, count), low: low.subarray(0, count) })
      }
    }
    const problems: CellProblem[] = [...this.#problems.values()].sort(
      (x, y) => x.row - y.row || (x.column < y.column ? -1 : 1),
    )
    return { count, categories, numbers, keys, problems }
  }
}

type Growing = Uint8Array | Uint32Array | Float64Array

function grown<T extends Growing>(array: T, row: number): T {
  const length = Math.max(row + 1, array.length * 2)
  const bigger = (
    array instanceof Uint8Array
      ? new Uint8Array(length)
      : array instanceof Uint32Array
        ? new Uint32Array(length)
        : new Float64Array(length)
  ) as T
  bigger.set(array)
  return bigger
}
