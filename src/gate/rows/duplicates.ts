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
  return { rows: firstTwo(keys, repeated.row), count: repeated.count }
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
  /** One row, from 0, whose key another row has too. */
  readonly row: number
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
  let row = -1
  let count = 0
  for (let i = 0; i < low.length; i++) {
    const key = low[i] ?? 0
    const bit = 1 << (key & 31)
    const word = seen[key >>> 5] ?? 0
    if ((word & bit) !== 0) {
      if (count++ === 0) row = i
    }
    seen[key >>> 5] = word | bit
  }
  return count === 0 ? undefined : { row, count }
}

function repeatedInPartitions({ high, low }: KeyColumn): Repeated | undefined {
  const n = low.length
  const bits = Math.max(0, Math.ceil(Math.log2(Math.max(1, n / PARTITION))))
  const parts = 2 ** bits
  const shift = 32 - bits
  const partOf = (i: number): number => (bits === 0 ? 0 : mix((low[i] ?? 0) ^ (high[i] ?? 0)) >>> shift)
  const starts = new Uint32Array(parts + 1)
  for (let i = 0; i < n; i++) {
    const part = partOf(i) + 1
    starts[part] = (starts[part] ?? 0) + 1
  }
  for (let p = 0; p < parts; p++) starts[p + 1] = (starts[p + 1] ?? 0) + (starts[p] ?? 0)
  const next = starts.slice()
  const dealt = new Uint32Array(n)
  for (let i = 0; i < n; i++) {
    const part = partOf(i)
    const at = next[part] ?? 0
    dealt[at] = i
    next[part] = at + 1
  }
  let largest = 0
  for (let p = 0; p < parts; p++) largest = Math.max(largest, (starts[p + 1] ?? 0) - (starts[p] ?? 0))
  const size = 2 ** Math.ceil(Math.log2(Math.max(2, largest * 2)))
  const table = new Int32Array(size)
  let row = -1
  let count = 0
  for (let p = 0; p < parts; p++) {
    table.fill(-1)
    for (let j = starts[p] ?? 0; j < (starts[p + 1] ?? 0); j++) {
      const i = dealt[j] ?? 0
      const h = high[i] ?? 0
      const l = low[i] ?? 0
      let slot = mix(l + Math.imul(h, 0x9e3779b9)) & (size - 1)
      for (;;) {
        const other = table[slot] ?? -1
        if (other < 0) {
          table[slot] = i
          break
        }
        if (low[other] === l && high[other] === h) {
          count++
          if (row < 0 || i < row) row = i
          break
        }
        slot = (slot + 1) & (size - 1)
      }
    }
  }
  return count === 0 ? undefined : { row, count }
}

function firstTwo({ high, low }: KeyColumn, row: number): [number, number] {
  for (let i = 0; i < low.length; i++) {
    if (i !== row && low[i] === low[row] && high[i] === high[row])
      return [Math.min(i, row) + 1, Math.max(i, row) + 1]
  }
  return [row + 1, row + 1]
}
