import { COMMA, LF, ZERO } from './characters.ts'
import { type CategoryWriter, EXACT_KEY_LIMIT, type KeyWriter, type Writer } from './store.ts'

/** Records a call: few enough that the engine compiles the loop early. */
const BLOCK = 256

/**
 * Records of the usual evidence of a classifier, an id and then labels of one character each (`17,0,1,1`), in one loop over
 * all columns: half of the time that a call for each cell takes. It stops at the first record that is not like that.
 */
export class LabelRecords {
  /** The row behind the last one that was read. */
  row = 0
  readonly #delimiter: number
  readonly #key: KeyWriter
  readonly #labels: readonly CategoryWriter[]
  readonly #known: readonly Uint8Array[]
  readonly #codes: Uint8Array[]

  private constructor(delimiter: number, key: KeyWriter, labels: readonly CategoryWriter[]) {
    this.#delimiter = delimiter
    this.#key = key
    this.#labels = labels
    this.#known = labels.map(({ dictionary }) => dictionary.single)
    this.#codes = labels.map(() => new Uint8Array(0))
  }

  /** undefined where the columns are not one of ids and then labels alone. */
  static of(sinks: readonly (readonly Writer[])[], delimiter: number): LabelRecords | undefined {
    const [id, ...others] = sinks.map(([writer]) => writer)
    const labels = others.flatMap((writer) => (writer?.use === 'category' ? [writer.to] : []))
    return id?.use === 'key' && labels.length > 0 && labels.length === others.length
      ? new LabelRecords(delimiter, id.to, labels)
      : undefined
  }

  /** Reads from `at` as PlainRecords does, and says where it stopped; the columns have room up to the row `room`. */
  read(bytes: Uint8Array, at: number, end: number, row: number, room: number): number {
    let position = at
    this.row = row
    for (let column = 0; column < this.#labels.length; column++) {
      const codes = this.#labels[column]?.small
      // More than 256 labels need wide codes.
      if (codes === undefined) return position
      this.#codes[column] = codes
    }
    while (position < end) {
      const last = Math.min(this.row + BLOCK, room)
      position = this.#block(bytes, position, end, this.row, last)
      if (this.row < last || this.row === room) break
    }
    return position
  }

  #block(bytes: Uint8Array, at: number, end: number, row: number, last: number): number {
    const key = this.#key
    const high = key.high
    const low = key.low
    const delimiter = this.#delimiter
    const codes = this.#codes
    const known = this.#known
    const columns = codes.length
    let position = at
    let next = row
    while (position < end && next < last) {
      let value = 0
      let i = position
      let digit = (bytes[i] as number) - ZERO
      while (digit >= 0 && digit <= 9) {
        // Beyond nine digits this wraps around, and is not used.
        value = (Math.imul(value, 10) + digit) | 0
        digit = (bytes[++i] as number) - ZERO
      }
      const length = i - position
      // Nine digits fit into 32 bits; a leading zero is part of a text.
      const whole =
        digit + ZERO === delimiter &&
        length <= 9 &&
        value < EXACT_KEY_LIMIT &&
        length > 0 &&
        (length === 1 || bytes[position] !== ZERO)
      if (!whole) while ((bytes[i] as number) > COMMA) i++
      if (i === position) break
      let cell = i
      let column = 0
      for (; column < columns; column++) {
        if (bytes[cell] !== delimiter) break
        const code = (known[column] as Uint8Array)[bytes[cell + 1] as number] as number
        if (code === 0) break
        ;(codes[column] as Uint8Array)[next] = code
        cell += 2
      }
      if (column < columns || bytes[cell] !== LF) break
      if (whole) {
        high[next] = 0
        low[next] = value
      } else key.setHash(next, bytes, position, i)
      position = cell + 1
      next++
    }
    this.row = next
    return position
  }
}
