import type { KeyColumn } from './columns.ts'
import { EXACT_KEY_LIMIT, mix } from './store.ts'

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
  const ticked = repeatedInBitmap(keys)
  const repeated = ticked === 'wide' ? repeatedInPartitions(keys) : ticked
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

/** 'wide' where the keys are not all whole numbers of a narrow range. */
function repeatedInBitmap({ high, low }: KeyColumn): Repeated | undefined | 'wide' {
  // Pages that no key falls into are never touched, so a range wider than it turns out to be costs nothing.
  const range = Math.min(64 * low.length + 1024, EXACT_KEY_LIMIT)
  const seen = new Uint32Array(range >>> 5)
  let repeated = 0
  let count = 0
  for (let i = 0; i < low.length; i++) {
    const key = low[i] as number
    if (high[i] !== 0 || key >= range) return 'wide'
    const bit = 1 << (key & 31)
    const word = seen[key >>> 5] as number
    if ((word & bit) !== 0) {
      if (count++ === 0) repeated = key
    }
    seen[key >>> 5] = word | bit
  }
  return count === 0 ? undefined : { high: 0, low: repeated, count }
}

/** Equal keys have equal low words, and few others do: what repeats there is looked at again with both words. */
function repeatedInPartitions(keys: KeyColumn): Repeated | undefined {
  const suspects = repeatedWords(keys.low)
  if (suspects.size === 0) return undefined
  const marked = new Uint8Array(2 ** 16)
  for (const word of suspects) marked[word >>> 16] = 1
  const seen = new Set<bigint>()
  let found = -1
  let count = 0
  for (let i = 0; i < keys.low.length; i++) {
    const low = keys.low[i] as number
    if (marked[low >>> 16] === 0 || !suspects.has(low)) continue
    const key = (BigInt(keys.high[i] as number) << 32n) | BigInt(low)
    if (seen.has(key)) {
      found = i
      count++
    } else seen.add(key)
  }
  return count === 0 ? undefined : { high: keys.high[found] as number, low: keys.low[found] as number, count }
}

function repeatedWords(words: Uint32Array): Set<number> {
  const { dealt, starts } = partitions(words)
  let largest = 0
  for (let p = 1; p < starts.length; p++) {
    largest = Math.max(largest, (starts[p] as number) - (starts[p - 1] as number))
  }
  const mask = 2 ** Math.ceil(Math.log2(Math.max(2, largest * 2))) - 1
  const table = new Uint32Array(mask + 1)
  const repeated = new Set<number>()
  for (let p = 1; p < starts.length; p++) {
    table.fill(0)
    const end = starts[p] as number
    for (let i = starts[p - 1] as number; i < end; i++) {
      const word = dealt[i] as number
      let slot = mix(word) & mask
      // 0 marks a free slot; a word of 0 would never be seen to repeat, so it is always looked at again.
      if (word === 0) repeated.add(0)
      for (;;) {
        const other = table[slot] as number
        if (other === 0) {
          table[slot] = word
          break
        }
        if (other === word) {
          repeated.add(word)
          break
        }
        slot = (slot + 1) & mask
      }
    }
  }
  return repeated
}

/** The words, partition after partition, so that what follows reads in order. */
function partitions(words: Uint32Array): { dealt: Uint32Array; starts: Uint32Array } {
  const n = words.length
  const bits = Math.max(0, Math.ceil(Math.log2(Math.max(1, n / PARTITION))))
  const starts = new Uint32Array(2 ** bits + 1)
  if (bits === 0) {
    starts[1] = n
    return { dealt: words, starts }
  }
  const shift = 32 - bits
  for (let i = 0; i < n; i++) {
    const part = (mix(words[i] as number) >>> shift) + 1
    starts[part] = (starts[part] as number) + 1
  }
  for (let p = 1; p < starts.length; p++) starts[p] = (starts[p] as number) + (starts[p - 1] as number)
  const next = starts.slice()
  const dealt = new Uint32Array(n)
  for (let i = 0; i < n; i++) {
    const word = words[i] as number
    const part = mix(word) >>> shift
    const at = next[part] as number
    next[part] = at + 1
    dealt[at] = word
  }
  return { dealt, starts }
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
