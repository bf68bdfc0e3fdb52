const DIGIT = 11
const BUCKETS = 2 ** DIGIT

/**
 * Row numbers by ascending value: a least-significant-digit radix sort over the IEEE 754 bit patterns, whose order as
 * unsigned integers is that of the numbers once negative ones are flipped. Stable; digits that all values share are
 * skipped. NaN is not allowed.
 */
export function ascendingOrder(values: Float64Array): Uint32Array {
  const n = values.length
  if (n < 512) {
    return Uint32Array.from(values.keys()).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0) || a - b)
  }
  let low = new Uint32Array(n)
  let high = new Uint32Array(n)
  let order = new Uint32Array(n)
  const counts = [0, 1, 2, 3, 4, 5].map(() => new Uint32Array(BUCKETS))
  const words = new Uint32Array(values.buffer, values.byteOffset, n * 2)
  const one = new Uint8Array(Uint32Array.of(1).buffer)
  const little = one[0] === 1
  for (let i = 0; i < n; i++) {
    let l = words[2 * i + (little ? 0 : 1)] ?? 0
    let h = words[2 * i + (little ? 1 : 0)] ?? 0
    // -0 and 0 are equal numbers with different bits.
    if (h === 0x80000000 && l === 0) h = 0
    if (h >>> 31 !== 0) {
      l = ~l >>> 0
      h = ~h >>> 0
    } else h = (h | 0x80000000) >>> 0
    low[i] = l
    high[i] = h
    order[i] = i
    for (let pass = 0; pass < 6; pass++) {
      const count = counts[pass]
      const digit = digitOf(pass, l, h)
      if (count !== undefined) count[digit] = (count[digit] ?? 0) + 1
    }
  }
  let low2 = new Uint32Array(n)
  let high2 = new Uint32Array(n)
  let order2 = new Uint32Array(n)
  for (let pass = 0; pass < 6; pass++) {
    const count = counts[pass] ?? new Uint32Array(BUCKETS)
    if (count.includes(n)) continue
    let before = 0
    for (let b = 0; b < BUCKETS; b++) {
      const here = count[b] ?? 0
      count[b] = before
      before += here
    }
    for (let i = 0; i < n; i++) {
      const l = low[i] ?? 0
      const h = high[i] ?? 0
      const digit = digitOf(pass, l, h)
      const at = count[digit] ?? 0
      count[digit] = at + 1
      low2[at] = l
      high2[at] = h
      order2[at] = order[i] ?? 0
    }
    ;[low, low2] = [low2, low]
    ;[high, high2] = [high2, high]
    ;[order, order2] = [order2, order]
  }
  return order
}

function digitOf(pass: number, low: number, high: number): number {
  switch (pass) {
    case 0:
      return low & (BUCKETS - 1)
    case 1:
      return (low >>> 11) & (BUCKETS - 1)
    case 2:
      return (low >>> 22) | ((high & 1) << 10)
    case 3:
      return (high >>> 1) & (BUCKETS - 1)
    case 4:
      return (high >>> 12) & (BUCKETS - 1)
    default:
      return high >>> 23
  }
}
