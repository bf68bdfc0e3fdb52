import type { KeyColumn } from './columns.ts'
import { mix } from './store.ts'

/** Keys a partition: its table of twice as many slots then stays in a second-level cache. */
const PARTITION = 16_384

/**
 * Two rows with the same key (numbers from 1), and how many rows repeat an earlier key; undefined where all differ.
 *
 * Whole numbers in a narrow range are ticked off in a bitmap. Others are dealt into partitions small enough for a hash
 * table in cache: one table for 10^7 keys would miss the cache at every row.
 */
export function findDuplicates(
  keys: KeyColumn,
): { readonly rows: readonly [number, number]; readonly count: number } | undefined {
  const repeated = narrowRange(keys) ? repeatedInBitmap(keys) : repeatedInPartitions(keys)
  if (repeated === undefined) return undefined
  return { rows: firstTwo(keys, repeated), count: repeated.count }
}

/** How many rows of one column have a key that stands in the other. */
export function countCommon(rows: KeyColumn, others: KeyColumn): { count: number; row: number } {
  const known = new Map<number, Set<number>>()
  for (let i = 0; i < others.low.length; i++) {
    const high = others.high[i] ?? 0
    const lows = known.get(high) ?? new Set()
    lows.add(others.low[i] ?? 0)
    known.set(high, lows)
  }
  let count = 0
  let row = 0
  for (let i = 0; i < rows.low.length; i++) {
    if (!known.get(rows.high[i] ?? 0)?.has(rows.low[i] ?? 0)) continue
    if (count++ === 0) row = i + 1
  }
  return { count, row }
}

interface Repeated {
  /** A key that several rows have. */
  readonly high: number
  readonly low: number
  readonly count: number
}

function narrowRange({ high, low }: KeyColumn): boolean {
  let largest = 0
  for (let i = 0; i < low.length; i++) {
    if (high[i] !== 0) return false
    if ((low[i] ?? 0) > largest) largest = low[i] ?? 0
  }
  return largest <= 64 * low.length + 1024
}

function repeatedInBitmap({ low }: KeyColumn): Repeated | undefined {
  let largest = 0
  for (let i = 0; i < low.length; i++) if ((low[i] ?? 0) > largest) largest = low[i] ?? 0
  const seen = new Uint32Array((largest >>> 5) + 1)
  let repeated = 0
  let count = 0
  for (let i = 0; i < low.length; i++) {
    const key = low[i] ?? 0
    const bit = 1 << (key & 31)
    const word = seen[key >>> 5] ?? 0
    if ((word & bit) !== 0) {
      if (count++ === 0) repeated = key
    }
    seen[key >>> 5] = word | bit
  }
  return count === 0 ? undefined : { high: 0, low: repeated, count }
}

function repeatedInPartitions(keys: KeyColumn): Repeated | undefined {
  const { high, low, starts } = dealt(keys)
  let largest = 0
  for (let p = 1; p < starts.length; p++) {
    largest = Math.max(largest, (starts[p] as number) - (starts[p - 1] as number))
  }
  const size = 2 ** Math.ceil(Math.log2(Math.max(2, largest * 2)))
  const table = new Int32Array(size)
  let found = -1
  let count = 0
  for (let p = 1; p < starts.length; p++) {
    table.fill(-1)
    for (let i = starts[p - 1] as number; i < (starts[p] as number); i++) {
      const h = high[i] as number
      const l = low[i] as number
      let slot = mix(l + Math.imul(h, 0x9e3779b9)) & (size - 1)
      for (;;) {
        const other = table[slot] as number
        if (other < 0) {
          table[slot] = i
          break
        }
        if (low[other] === l && high[other] === h) {
          found = i
          count++
          break
        }
        slot = (slot + 1) & (size - 1)
      }
    }
  }
  return count === 0 ? undefined : { high: high[found] as number, low: low[found] as number, count }
}

/** The keys themselves, partition after partition, so that what follows reads in order. */
function dealt(keys: KeyColumn): { high: Uint32Array; low: Uint32Array; starts: Uint32Array } {
  const n = keys.low.length
  const bits = Math.max(0, Math.ceil(Math.log2(Math.max(1, n / PARTITION))))
  const starts = new Uint32Array(2 ** bits + 1)
  if (bits === 0) {
    starts[1] = n
    return { high: keys.high, low: keys.low, starts }
  }
  const shift = 32 - bits
  const partOf = (i: number): number => mix((keys.low[i] as number) ^ (keys.high[i] as number)) >>> shift
  for (let i = 0; i < n; i++) {
    const part = partOf(i) + 1
    starts[part] = (starts[part] as number) + 1
  }
  for (let p = 1; p < starts.length; p++) starts[p] = (starts[p] as number) + (starts[p - 1] as number)
  const next = starts.slice()
  const high = new Uint32Array(n)
  const low = new Uint32Array(n)
  for (let i = 0; i < n; i++) {
    const part = partOf(i)
    const at = next[part] as number
    next[part] = at + 1
    high[at] = keys.high[i] as number
    low[at] = keys.low[i] as number
  }
  return { high, low, starts }
}

/** The first two rows, from 1, with this key. */
function firstTwo(keys: KeyColumn, { high, low }: Repeated): [number, number] {
  const rows: number[] = []
  for (let i = 0; i < keys.low.length && rows.length < 2; i++) {
    if (keys.low[i] === low && keys.high[i] === high) rows.push(i + 1)
  }
  const [first = 0, second = 0] = rows
  return [first, second]
}
