import type { RequestCount } from './check.ts'

/**
 * Two-sided 1 - 2 alpha interval of the difference of two independent proportions, `next` minus `live`: Newcombe's
 * hybrid of Wilson score intervals with continuity correction (R. G. Newcombe, Statistics in Medicine 17 (1998) 873,
 * method 11), which keeps its level for rare errors where the normal approximation does not.
 */
export function differenceInterval(
  live: RequestCount,
  next: RequestCount,
  alpha: number,
): readonly [low: number, high: number] {
  const z = normalQuantile(1 - alpha)
  const a = wilson(live, z)
  const b = wilson(next, z)
  const difference = b.share - a.share
  return [
    difference - Math.hypot(b.share - b.low, a.high - a.share),
    difference + Math.hypot(b.high - b.share, a.share - a.low),
  ]
}

function wilson({ requests: n, errors }: RequestCount, z: number) {
  const p = errors / n
  const q = 1 - p
  const middle = 2 * n * p + z * z
  const scale = 2 * (n + z * z)
  const below = Math.sqrt(Math.max(0, z * z - 2 - 1 / n + 4 * p * (n * q + 1)))
  const above = Math.sqrt(Math.max(0, z * z + 2 - 1 / n + 4 * p * (n * q - 1)))
  return {
    share: p,
    low: errors === 0 ? 0 : Math.max(0, (middle - 1 - z * below) / scale),
    high: errors === n ? 1 : Math.min(1, (middle + 1 + z * above) / scale),
  }
}

/** Inverse of the standard normal distribution, to 1.2e-9 (P. J. Acklam's rational approximation). */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) return Number.NaN
  if (p > 0.5) return -normalQuantile(1 - p)
  if (p < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(p))
    const [c, d] = TAIL
    return polynomial(c, q) / (polynomial(d, q) * q + 1)
  }
  const q = p - 0.5
  const [a, b] = CENTRE
  return (polynomial(a, q * q) * q) / (polynomial(b, q * q) * (q * q) + 1)
}

const CENTRE = [
  [
    -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716,
    2.506628277459239,
  ],
  [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572],
] as const
const TAIL = [
  [
    -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
    2.938163982698783,
  ],
  [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416],
] as const

const polynomial = (coefficients: readonly number[], x: number): number =>
  coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0)
