import { normalCdf, normalQuantile } from './normal.ts'

/**
 * Holm's step-down levels (S. Holm, Scandinavian Journal of Statistics 6, 1979): for p-values of m hypotheses the level
 * that each is held to, and whether it is rejected. The smallest is held to alpha / m, the next to alpha / (m - 1), and
 * so on; after the first that fails, none is rejected.
 */
export function holm(pValues: readonly number[], alpha: number): { level: number; rejected: boolean }[] {
  const order = pValues.map((_, index) => index).sort((a, b) => (pValues[a] ?? 1) - (pValues[b] ?? 1))
  const result = pValues.map(() => ({ level: alpha, rejected: false }))
  let open = true
  order.forEach((index, rank) => {
    const level = alpha / (pValues.length - rank)
    open = open && (pValues[index] ?? 1) <= level
    result[index] = { level, rejected: open }
  })
  return result
}

/**
 * What look `look` of `looks` planned ones may spend of alpha: the linear spending function alpha(t) = alpha t of Lan and
 * DeMets (Biometrika 70, 1983) at t = look / looks, spent in equal parts. Candidates differ from look to look, so nothing
 * may be assumed of how the looks depend on each other; the sum bounds the error for any dependence (Bonferroni). 0 once
 * the planned looks are used up.
 */
export function spentAlpha(alpha: number, look: number, looks: number): number {
  return look <= looks ? alpha / looks : 0
}

/**
 * Power and sample size by the normal approximation of the difference (e.g. D. G. Altman, "Practical Statistics for
 * Medical Research", 1991, ch. 15). `error` is the standard error at n units, `bound` 0 or -margin.
 */
export function powerAt(difference: number, error: number, bound: number, alpha: number): number {
  if (alpha <= 0) return 0
  if (error === 0) return difference > bound ? 1 : 0
  return normalCdf((difference - bound) / error - normalQuantile(1 - alpha))
}

/** The distance from the bound that is found with this power at the present n. */
export function detectableDistance(error: number, alpha: number, power: number): number {
  return (normalQuantile(1 - alpha) + normalQuantile(power)) * error
}

/** How many units would find a true distance from the bound with this power; null where the distance is not positive. */
export function neededUnits(
  distance: number,
  error: number,
  units: number,
  alpha: number,
  power: number,
): number | null {
  if (!(distance > 0) || !(error > 0) || alpha <= 0) return null
  const needed = Math.ceil(units * (detectableDistance(error, alpha, power) / distance) ** 2)
  return Number.isSafeInteger(needed) ? Math.max(2, needed) : null
}
