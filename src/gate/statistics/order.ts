const DIGIT = 11
const BUCKETS = 2 ** DIGIT
const LOW_DIGIT = BUCKETS - 1

/** Scores are mostly written with few decimals: then they are whole numbers of this part. */
const PARTS = [1e3, 1e6, 1e9] as const

/**
 * Row numbers by ascending value: a stable least-significant-digit radix sort. Values with few decimals are sorted as the
 * whole numbers that they are multiples of, others by their IEEE 754 bit patterns, whose order as unsigned integers is that
 * of the numbers once negative ones are flipped. Digits that all values share are skipped. NaN is not allowed.
 */
export function ascendingOrder(values: Float64Array): Uint32Array {
  return ascending(values).order
}

export interface Ascending {
  /** Row numbers by ascending value. */
  readonly order: Uint32Array
  /** Something for each row in this order that is equal where the values are: a tie needs no look at the rows. */
  readonly keys: Uint32Array | Float64Array
}

/** The order with its ties. */
export function ascending(values: Float64Array): Ascending {
  if (values.length < 512) {
    const order = Uint32Array.from(values.keys()).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0) || a - b)
    return { order, keys: sortedValues(values, order) }
  }
  // Typed array constructors from iterators would build a list of boxed numbers first.
  const start = new Uint32Array(values.length)
  for (let i = 0; i < start.length; i++) start[i] = i
  const whole = wholeKeys(values)
  if (whole !== null) return byWord(start, whole)
  const { low, high } = patternKeys(values)
  const { order } = byWord(byWord(start, low).order, high)
  return { order, keys: sortedValues(values, order) }
}

function sortedValues(values: Float64Array, order: Uint32Array): Float64Array {
  const sorted = new Float64Array(order.length)
  for (let j = 0; j < order.length; j++) sorted[j] = values[order[j] as number] as number
  return sorted
}

/** The values as whole numbers of one part, from 0; null where they are none, or too far apart for 32 bits. */
function wholeKeys(values: Float64Array): Uint32Array | null {
  let least = Number.POSITIVE_INFINITY
  let most = Number.NEGATIVE_INFINITY
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number
    if (value < least) least = value
    if (value > most) most = value
  }
  for (const part of PARTS) {
    if ((most - least) * part >= 2 ** 32 - 2) return null
    const keys = multiples(values, part, Math.round(least * part))
    if (keys !== null) return keys
  }
  return null
}

/** value * part - first, where that is whole for every value: a rounded product that divides back to the value. */
function multiples(values: Float64Array, part: number, first: number): Uint32Array | null {
  const keys = new Uint32Array(values.length)
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number
    const whole = Math.round(value * part)
    if (whole / part !== value) return null
    keys[i] = whole - first
  }
  return keys
}

/** The two halves of patterns that sort as unsigned integers like the numbers. */
function patternKeys(values: Float64Array): { low: Uint32Array; high: Uint32Array } {
  const n = values.length
  const low = new Uint32Array(n)
  const high = new Uint32Array(n)
  const words = new Uint32Array(values.buffer, values.byteOffset, n * 2)
  const little = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0
  for (let i = 0; i < n; i++) {
    const l = words[2 * i + 1 - little] as number
    let h = words[2 * i + little] as number
    // -0 and 0 are equal numbers with different bits.
    if (h === 0x80000000 && l === 0) h = 0
    const negative = h >>> 31 !== 0
    low[i] = negative ? ~l : l
    high[i] = negative ? ~h : h | 0x80000000
  }
  return { low, high }
}

/** Sorts row numbers, stably, by a 32-bit key of the row. */
function byWord(rows: Uint32Array, keyOf: Uint32Array): { order: Uint32Array; keys: Uint32Array } {
  const n = rows.length
  const counts = new Uint32Array(3 * BUCKETS)
  for (let i = 0; i < n; i++) {
    const key = keyOf[i] as number
    counts[key & LOW_DIGIT] = (counts[key & LOW_DIGIT] as number) + 1
    const middle = BUCKETS + ((key >>> DIGIT) & LOW_DIGIT)
    counts[middle] = (counts[middle] as number) + 1
    const top = 2 * BUCKETS + (key >>> (2 * DIGIT))
    counts[top] = (counts[top] as number) + 1
  }
  let from: Uint32Array = rows
  let to: Uint32Array = new Uint32Array(n)
  // Keys travel with their rows, so that every pass but the first reads in order.
  let keys = new Uint32Array(n)
  for (let i = 0; i < n; i++) keys[i] = keyOf[rows[i] as number] as number
  let moved = new Uint32Array(n)
  for (let pass = 0; pass < 3; pass++) {
    const count = counts.subarray(pass * BUCKETS, (pass + 1) * BUCKETS)
    if (count.includes(n)) continue
    starts(count)
    const shift = pass * DIGIT
    for (let i = 0; i < n; i++) {
      const key = keys[i] as number
      const digit = (key >>> shift) & LOW_DIGIT
      const at = count[digit] as number
      count[digit] = at + 1
      moved[at] = key
      to[at] = from[i] as number
    }
    ;[keys, moved] = [moved, keys]
    const free = from === rows ? new Uint32Array(n) : from
    from = to
    to = free
  }
  return { order: from, keys }
}

/** Counts become the positions where their buckets start. */
function starts(counts: Uint32Array): void {
  let before = 0
  for (let b = 0; b < counts.length; b++) {
    const here = counts[b] as number
    counts[b] = before
    before += here
  }
}
