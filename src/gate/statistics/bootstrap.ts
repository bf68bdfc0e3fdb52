import type { Random } from '../random.ts'
import { studentQuantile } from './beta.ts'
import { multinomialSampler } from './multinomial.ts'
import { normalCdf, normalQuantile } from './normal.ts'
import type { Interval } from './proportions.ts'

/**
 * Resampled differences. Those that are undefined (a resample without a positive row) are counted, not dropped: an
 * interval puts them at both of its ends.
 */
export interface Distribution {
  /** Ascending, finite. */
  readonly sorted: Float64Array
  readonly undefinedCount: number
}

/**
 * Bootstrap over joint classes: rows with equal label and equal outcomes are interchangeable, so a resample of n rows is
 * one multinomial draw of class counts. Exactly the distribution of row-wise resampling (Efron and Tibshirani, "An
 * Introduction to the Bootstrap", 1993, 6.2), at a cost that does not grow with the rows.
 */
export function bootstrapClasses(
  weights: Float64Array,
  rows: number,
  resamples: number,
  random: Random,
  difference: (counts: Float64Array) => number,
): Distribution {
  const draw = multinomialSampler(weights, rows)
  const counts = new Float64Array(weights.length)
  return distribution(resamples, () => {
    draw(random, counts)
    return difference(counts)
  })
}

/**
 * Bootstrap of a function of sums: units (rows, clusters or blocks) are drawn with replacement and their vectors of `width`
 * numbers added up. `units` holds one vector after the other.
 */
export function bootstrapSums(
  units: Float64Array,
  width: number,
  resamples: number,
  random: Random,
  difference: (sums: Float64Array) => number,
): Distribution {
  const count = units.length / width
  const sums = new Float64Array(width)
  return distribution(resamples, () => {
    sums.fill(0)
    for (let j = 0; j < count; j++) {
      const at = random.below(count) * width
      for (let k = 0; k < width; k++) sums[k] = (sums[k] ?? 0) + (units[at + k] ?? 0)
    }
    return difference(sums)
  })
}

/**
 * Bootstrap of a function of row multiplicities: for metrics of order (areas, percentiles) that are no function of sums.
 * `unitOf` names the unit of each row (itself, or its cluster). Up to 100,000 units they are drawn with replacement;
 * above, each unit gets an independent Poisson(1) multiplicity (N. Chamandy et al., "Estimating uncertainty for massive
 * data streams", Google, 2012), which differs by O(1/units).
 */
export function bootstrapWeights(
  rows: number,
  unitOf: Uint32Array | null,
  units: number,
  resamples: number,
  random: Random,
  difference: (multiplicities: Float64Array) => number,
): Distribution {
  const drawn = new Float64Array(units)
  const weights = unitOf === null ? drawn : new Float64Array(rows)
  const poisson = units > 100_000
  return distribution(resamples, () => {
    if (poisson) drawPoisson(random, drawn)
    else {
      drawn.fill(0)
      for (let j = 0; j < units; j++) {
        const unit = random.below(units)
        drawn[unit] = (drawn[unit] ?? 0) + 1
      }
    }
    if (unitOf !== null) for (let i = 0; i < rows; i++) weights[i] = drawn[unitOf[i] ?? 0] ?? 0
    return difference(weights)
  })
}

/** P(X <= k) x 2^32 of a Poisson(1) variate. */
const POISSON_ONE = Array.from({ length: 13 }, (_, k) => {
  let sum = 0
  let term = Math.exp(-1)
  for (let i = 0; i <= k; i++) {
    sum += term
    term /= i + 1
  }
  return sum * 2 ** 32
})

function drawPoisson(random: Random, into: Float64Array): void {
  const [zero = 0, one = 0, two = 0] = POISSON_ONE
  for (let i = 0; i < into.length; i++) {
    const word = random.word()
    if (word < zero) into[i] = 0
    else if (word < one) into[i] = 1
    else if (word < two) into[i] = 2
    else {
      let k = 3
      while (k < 12 && word >= (POISSON_ONE[k] ?? 0)) k++
      into[i] = k
    }
  }
}

function distribution(resamples: number, next: () => number): Distribution {
  const values = new Float64Array(resamples)
  let defined = 0
  for (let b = 0; b < resamples; b++) {
    const value = next()
    if (Number.isFinite(value)) values[defined++] = value
  }
  return { sorted: values.subarray(0, defined).slice().sort(), undefinedCount: resamples - defined }
}

/**
 * Percentile interval, two-sided 1 - 2 alpha (Efron and Tibshirani 1993, 13.3), linear between order statistics like
 * numpy.percentile. null where undefined resamples reach into an end.
 */
export function percentileInterval({ sorted, undefinedCount }: Distribution, alpha: number): Interval | null {
  const total = sorted.length + undefinedCount
  const low = (total - 1) * alpha - undefinedCount
  const high = (total - 1) * (1 - alpha)
  if (sorted.length === 0 || low < 0 || high > sorted.length - 1) return null
  return [at(sorted, low), at(sorted, high)]
}

function at(sorted: Float64Array, position: number): number {
  const below = Math.floor(position)
  const low = sorted[below] ?? Number.NaN
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? low
  return low + (high - low) * (position - below)
}

/**
 * The alpha at which a percentile interval of few units is as wide as Student's t asks: bootstrap variances are too small
 * by (units - 1) / units and have no allowance for estimating them (T. Hesterberg, "What teachers should know about the
 * bootstrap", The American Statistician 69, 2015, section 5.2, "expanded percentile interval").
 */
export function expandedAlpha(alpha: number, units: number): number {
  if (units < 2) return 0
  return normalCdf(Math.sqrt(units / (units - 1)) * studentQuantile(alpha, units - 1))
}

/**
 * Bias-corrected and accelerated interval, two-sided 1 - 2 alpha (B. Efron, JASA 82, 1987; Efron and Tibshirani 1993,
 * 14.3). `leftOut` are the differences with one unit left out each, `weights` how many units share each of them.
 */
export function bcaInterval(
  distributionOf: Distribution,
  observed: number,
  leftOut: Float64Array,
  weights: Float64Array | null,
  alpha: number,
): Interval | null {
  const { sorted, undefinedCount } = distributionOf
  if (undefinedCount > 0 || sorted.length === 0) return percentileInterval(distributionOf, alpha)
  let below = 0
  let equal = 0
  for (const value of sorted) {
    if (value < observed) below++
    else if (value === observed) equal++
  }
  const bias = normalQuantile((below + equal / 2) / sorted.length)
  const a = acceleration(leftOut, weights)
  if (!Number.isFinite(bias)) return percentileInterval(distributionOf, alpha)
  const shifted = (z: number): number => normalCdf(bias + (bias + z) / (1 - a * (bias + z)))
  const z = normalQuantile(alpha)
  const last = sorted.length - 1
  return [at(sorted, shifted(z) * last), at(sorted, shifted(-z) * last)]
}

function acceleration(leftOut: Float64Array, weights: Float64Array | null): number {
  let total = 0
  let mean = 0
  for (let i = 0; i < leftOut.length; i++) {
    const w = weights?.[i] ?? 1
    total += w
    mean += w * (leftOut[i] ?? 0)
  }
  mean /= total
  let cubes = 0
  let squares = 0
  for (let i = 0; i < leftOut.length; i++) {
    const w = weights?.[i] ?? 1
    const d = mean - (leftOut[i] ?? 0)
    squares += w * d * d
    cubes += w * d * d * d
  }
  return squares === 0 ? 0 : cubes / (6 * squares ** 1.5)
}

/**
 * Interval for few clusters, two-sided 1 - 2 alpha: the hull of the expanded percentile interval and Student's t interval
 * with the jackknife's standard error (Efron and Tibshirani 1993, 11.5), whose bias is upwards (B. Efron, C. Stein, Annals
 * of Statistics 9, 1981). Either alone promotes an equal model slightly too often with 20 clusters.
 */
export function hullInterval(
  distributionOf: Distribution,
  observed: number,
  leftOut: Float64Array,
  alpha: number,
): Interval | null {
  const units = leftOut.length
  const percentile = percentileInterval(distributionOf, expandedAlpha(alpha, units))
  let mean = 0
  for (const value of leftOut) mean += value / units
  let squares = 0
  for (const value of leftOut) squares += (value - mean) ** 2
  const half = studentQuantile(1 - alpha, units - 1) * Math.sqrt(((units - 1) / units) * squares)
  if (percentile === null || !Number.isFinite(half)) return null
  return [Math.min(percentile[0], observed - half), Math.max(percentile[1], observed + half)]
}

/** The difference with each unit left out in turn. */
export function leaveOneOut(
  units: Float64Array,
  width: number,
  totals: Float64Array,
  difference: (sums: Float64Array) => number,
): Float64Array {
  const without = new Float64Array(width)
  return Float64Array.from({ length: units.length / width }, (_, unit) => {
    for (let k = 0; k < width; k++) without[k] = (totals[k] ?? 0) - (units[unit * width + k] ?? 0)
    return difference(without)
  })
}

/** Standard deviation of the resampled differences: their bootstrap standard error. */
export function standardError({ sorted }: Distribution): number {
  const n = sorted.length
  if (n < 2) return Number.NaN
  // By index: an iterator over 10,000 numbers costs as much as drawing them.
  let mean = 0
  for (let i = 0; i < n; i++) mean += (sorted[i] as number) / n
  let squares = 0
  for (let i = 0; i < n; i++) {
    const d = (sorted[i] as number) - mean
    squares += d * d
  }
  return Math.sqrt(squares / (n - 1))
}
