import type { CellFault } from './columns.ts'

const POWERS = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`))

/** A text of so many bytes has at most 15 digits. */
const SHORT = 15

/** Numbers from UTF-8 bytes, exactly as Number() reads them, without making a string for the common ones. */
export class NumberCell {
  /**
   * The value of bytes[start, end); NaN or an infinity where it is no finite number.
   *
   * Up to 15 digits and a power of ten up to 22 are both exact doubles, so one division or product rounds once and
   * correctly (W. D. Clinger, "How to read floating point numbers accurately", PLDI 1990). Others take the slow way.
   */
  parse(bytes: Uint8Array, start: number, end: number): number {
    return end - start <= SHORT ? short(bytes, start, end) : this.#long(bytes, start, end)
  }

  #long(bytes: Uint8Array, start: number, end: number): number {
    let i = start
    const negative = bytes[i] === 45
    if (negative) i++
    let mantissa = 0
    let digits = 0
    let scale = 0
    let seen = false
    for (; i < end; i++) {
      const digit = (bytes[i] ?? 0) - 48
      if (digit < 0 || digit > 9) break
      mantissa = mantissa * 10 + digit
      if (mantissa > 0) digits++
      seen = true
    }
    if (i < end && bytes[i] === 46) {
      const point = ++i
      for (; i < end; i++) {
        const digit = (bytes[i] ?? 0) - 48
        if (digit < 0 || digit > 9) break
        mantissa = mantissa * 10 + digit
        if (mantissa > 0) digits++
        seen = true
      }
      scale = i - point
    }
    if (i !== end || digits > 15 || scale > 22 || !seen) return slow(bytes, start, end)
    const value = scale === 0 ? mantissa : mantissa / (POWERS[scale] ?? 1)
    return negative ? -value : value
  }

  /** Why `parse` gave no finite number. */
  fault(bytes: Uint8Array, start: number, end: number): CellFault {
    return faultOf(text(bytes, start, end))
  }
}

/** A whole number of at most 15 digits with its last `decimals`, at most 22, behind the point. */
export function shortDecimal(whole: number, decimals: number): number {
  return whole / (POWERS[decimals] as number)
}

/** The same for short texts, whose digits need not be counted. */
function short(bytes: Uint8Array, start: number, end: number): number {
  let i = bytes[start] === 45 ? start + 1 : start
  const first = i
  let point = end
  let mantissa = 0
  for (; i < end; i++) {
    const digit = (bytes[i] as number) - 48
    if (digit >= 0 && digit <= 9) mantissa = mantissa * 10 + digit
    else if (digit === -2 && point === end) point = i
    else return slow(bytes, start, end)
  }
  const digits = end - first - (point < end ? 1 : 0)
  if (digits <= 0) return slow(bytes, start, end)
  const value = point === end ? mantissa : mantissa / (POWERS[end - point - 1] as number)
  return first === start ? value : -value
}

/** What kind of non-number a text is. */
export function faultOf(cell: string): CellFault {
  const word = cell.trim().toLowerCase()
  if (word === '') return 'empty'
  if (word === 'null' || word === 'none' || word === 'na' || word === 'n/a') return 'null'
  if (word === 'nan' || word === '-nan') return 'not-a-number'
  if (/^[+-]?(inf|infinity)$/.test(word) || Math.abs(Number(word)) === Number.POSITIVE_INFINITY)
    return 'infinite'
  if (word === 'true' || word === 'false') return 'boolean'
  return 'text'
}

function slow(bytes: Uint8Array, start: number, end: number): number {
  const cell = text(bytes, start, end).trim()
  // Number() would also read '', 0x1f and 0b1.
  return /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(cell) ? Number(cell) : Number.NaN
}

function text(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')
}
