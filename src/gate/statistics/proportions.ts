import { betaQuantile, binomialUpper } from './beta.ts'
import { normalQuantile } from './normal.ts'

export type Interval = readonly [low: number, high: number]

/** Paired yes/no outcomes of two models on the same rows. */
export interface PairedCounts {
  readonly both: number
  readonly championOnly: number
  readonly challengerOnly: number
  readonly neither: number
}

/**
 * Wilson's score interval of a proportion, two-sided 1 - 2 alpha (E. B. Wilson, JASA 22, 1927).
 */
export function wilson(successes: number, n: number, alpha: number): Interval {
  if (n === 0) return [0, 1]
  const z = normalQuantile(1 - alpha)
  const p = successes / n
  const centre = p + (z * z) / (2 * n)
  const half = z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n))
  const scale = 1 + (z * z) / n
  return [
    successes === 0 ? 0 : Math.max(0, (centre - half) / scale),
    successes === n ? 1 : Math.min(1, (centre + half) / scale),
  ]
}

/**
 * One-sided exact McNemar test (Q. McNemar, Psychometrika 12, 1947; conditional binomial form): the probability of at
 * least this many rows won by the challenger among the rows where the models disagree, were both equally good.
 */
export function mcnemar({ championOnly, challengerOnly }: PairedCounts): { better: number; worse: number } {
  const n = championOnly + challengerOnly
  return { better: binomialUpper(challengerOnly, n, 0.5), worse: binomialUpper(championOnly, n, 0.5) }
}

/**
 * Interval of the difference of two paired proportions that agrees with the exact McNemar test: Clopper and Pearson's
 * interval (Biometrika 26, 1934) of the share of disagreements that the challenger wins, times the disagreement rate.
 * Its lower end is above 0 exactly where the one-sided test rejects at alpha.
 */
export function mcnemarInterval(counts: PairedCounts, alpha: number): Interval {
  const { championOnly: b, challengerOnly: c } = counts
  const rows = counts.both + b + c + counts.neither
  const n = b + c
  if (rows === 0 || n === 0) return [0, 0]
  const low = c === 0 ? 0 : betaQuantile(alpha, c, n - c + 1)
  const high = c === n ? 1 : betaQuantile(1 - alpha, c + 1, n - c)
  const rate = n / rows
  return [(2 * low - 1) * rate, (2 * high - 1) * rate]
}

/**
 * Newcombe's interval of the difference of two paired proportions, challenger minus champion, two-sided 1 - 2 alpha
 * (R. G. Newcombe, "Improved confidence intervals for the difference between binomial proportions based on paired data",
 * Statistics in Medicine 17, 1998, method 10: Wilson limits joined by the correlation, which is corrected for continuity
 * where it is positive).
 */
export function newcombePaired(counts: PairedCounts, alpha: number): Interval {
  const { both: a, championOnly: b, challengerOnly: c, neither: d } = counts
  const n = a + b + c + d
  if (n === 0) return [-1, 1]
  const challenger = (a + c) / n
  const champion = (a + b) / n
  const [low1, high1] = wilson(a + c, n, alpha)
  const [low2, high2] = wilson(a + b, n, alpha)
  const phi = correlation(a, b, c, d)
  const difference = challenger - champion
  const down = challenger - low1
  const up = high1 - challenger
  const downOther = champion - low2
  const upOther = high2 - champion
  const spread = (x: number, y: number): number => Math.sqrt(Math.max(0, x * x - 2 * phi * x * y + y * y))
  return [difference - spread(down, upOther), difference + spread(up, downOther)]
}

function correlation(a: number, b: number, c: number, d: number): number {
  const product = (a + b) * (c + d) * (a + c) * (b + d)
  if (product === 0) return 0
  const cross = a * d - b * c
  const n = a + b + c + d
  const corrected = cross > n / 2 ? cross - n / 2 : Math.min(cross, 0)
  return corrected / Math.sqrt(product)
}

/**
 * One-sided p-value of "the difference is at most `bound`", by inverting an interval: the smallest alpha whose interval
 * lies above the bound. Monotone by construction; 50 halvings.
 */
export function invertInterval(interval: (alpha: number) => Interval | null, bound: number): number {
  let low = 0
  let high = 0.5
  if ((interval(0.499999)?.[0] ?? Number.NEGATIVE_INFINITY) <= bound) {
    return 0.5
  }
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2
    if ((interval(middle)?.[0] ?? Number.NEGATIVE_INFINITY) > bound) high = middle
    else low = middle
  }
  return high
}
