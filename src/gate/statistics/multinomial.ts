import type { Random } from '../random.ts'

/**
 * One binomial(n, p) draw. Inversion where n p < 10, else Hörmann's transformed rejection BTRS ("The generation of
 * binomial random variates", J. Stat. Comput. Simul. 46, 1993). Both are exact. `logOther` is log(1 - p), where it is known.
 */
export function drawBinomial(random: Random, n: number, p: number, logOther = Math.log1p(-p)): number {
  if (n <= 0 || p <= 0) return 0
  if (p >= 1) return n
  if (p > 0.5) return n - drawBinomial(random, n, 1 - p)
  return n * p < 10 ? byInversion(random, n, p, logOther) : byRejection(random, n, p)
}

function byInversion(random: Random, n: number, p: number, logOther: number): number {
  const q = 1 - p
  const s = p / q
  const a = (n + 1) * s
  const start = Math.exp(n * logOther)
  for (;;) {
    let u = random.uniform()
    let r = start
    let k = 0
    while (u > r) {
      u -= r
      k++
      // The tail beyond 110 has no weight for a mean below 10; rounding alone can lead there.
      if (k > 110 || k > n) break
      r *= a / k - s
    }
    if (k <= 110 && k <= n) return k
  }
}

function byRejection(random: Random, n: number, p: number): number {
  const q = 1 - p
  const spread = Math.sqrt(n * p * q)
  const b = 1.15 + 2.53 * spread
  const a = -0.0873 + 0.0248 * b + 0.01 * p
  const c = n * p + 0.5
  const quick = 0.92 - 4.2 / b
  for (;;) {
    const u = random.uniform() - 0.5
    const v = random.uniform()
    const us = 0.5 - Math.abs(u)
    const k = Math.floor(((2 * a) / us + b) * u + c)
    if (us >= 0.07 && v <= quick) return k
    if (k < 0 || k > n) continue
    const alpha = (2.83 + 5.1 / b) * spread
    const m = Math.floor((n + 1) * p)
    const r = p / q
    const bar =
      (m + 0.5) * Math.log((m + 1) / (r * (n - m + 1))) +
      (n + 1) * Math.log((n - m + 1) / (n - k + 1)) +
      (k + 0.5) * Math.log((r * (n - k + 1)) / (k + 1)) +
      stirling(m) +
      stirling(n - m) -
      stirling(k) -
      stirling(n - k)
    if (Math.log((v * alpha) / (a / (us * us) + b)) <= bar) return k
  }
}

const STIRLING = [
  0.0810614667953272, 0.0413406959554092, 0.0276779256849983, 0.020790672103765, 0.0166446911898211,
  0.0138761288230707, 0.0118967099458917, 0.010411265261972, 0.00925546218271273, 0.00833056343336287,
]

/** log k! minus Stirling's formula for it. */
function stirling(k: number): number {
  if (k < 10) return STIRLING[k] ?? 0
  const square = (k + 1) * (k + 1)
  return (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / (k + 1)
}

/**
 * A sampler of multinomial(n, weights / sum of weights): the counts that resampling n rows with replacement gives when
 * rows fall into these classes. One conditional binomial draw a class, largest class last, so the work is that of the
 * classes and not of the rows.
 */
export function multinomialSampler(
  weights: Float64Array,
  n: number,
): (random: Random, into: Float64Array) => void {
  const order = Uint32Array.from(weights.keys()).sort((x, y) => (weights[x] ?? 0) - (weights[y] ?? 0))
  const shares = new Float64Array(weights.length)
  const logOthers = new Float64Array(weights.length)
  let before = 0
  order.forEach((index) => {
    before += weights[index] ?? 0
    const share = before === 0 ? 0 : (weights[index] ?? 0) / before
    shares[index] = share
    logOthers[index] = Math.log1p(-share)
  })
  return (random, into) => {
    let left = n
    for (let i = order.length - 1; i > 0; i--) {
      const index = order[i] ?? 0
      const count = left === 0 ? 0 : drawBinomial(random, left, shares[index] ?? 0, logOthers[index])
      into[index] = count
      left -= count
    }
    into[order[0] ?? 0] = left
  }
}
