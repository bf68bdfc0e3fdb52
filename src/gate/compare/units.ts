import { randomOf } from '../random.ts'
import {
  bcaInterval,
  bootstrapSums,
  type Distribution,
  expandedAlpha,
  hullInterval,
  leaveOneOut,
  percentileInterval,
  standardError,
} from '../statistics/bootstrap.ts'
import type { Interval } from '../statistics/proportions.ts'
import { type CompareOptions, type Comparison, signed, withoutInterval } from './comparison.ts'

export interface Values {
  readonly champion: number
  readonly challenger: number
  readonly n: number
}

/** Independent units (rows, blocks, clusters, queries), each a vector of sums, one vector after the other. */
export interface UnitSums {
  readonly units: Float64Array
  readonly width: number
  /** Rows behind them. */
  readonly n: number
  /** `rows`, `40 clusters`: what is resampled, in words. */
  readonly kind: string
  champion(sums: Float64Array): number
  challenger(sums: Float64Array): number
}

/** Additions that a bootstrap may cost: about a second. */
const WORK = 1e9

/**
 * Compares two functions of sums by resampling units. The interval is the hull of the bootstrap's and the jackknife's, whose
 * error was found to stay below alpha for skewed errors, few rows and few clusters alike; a metric may ask for BCa instead.
 */
export function compareUnits(sums: UnitSums, options: CompareOptions): Comparison {
  const { units, width, n, kind } = sums
  const accelerated = options.metric.interval === 'bca'
  const count = units.length / width
  const totals = new Float64Array(width)
  for (let i = 0; i < units.length; i++) totals[i % width] = (totals[i % width] ?? 0) + (units[i] ?? 0)
  const values = { champion: sums.champion(totals), challenger: sums.challenger(totals), n }
  if (!Number.isFinite(values.champion) || !Number.isFinite(values.challenger)) {
    return undefinedHere(values, options)
  }
  const difference = (of: Float64Array): number => signed(options, sums.champion(of), sums.challenger(of))
  const resamples = Math.min(options.resamples, Math.max(1000, Math.floor(WORK / units.length)))
  const random = randomOf(options.seed, options.purpose)
  const drawn = bootstrapSums(units, width, resamples, random, difference)
  const leftOut = leaveOneOut(units, width, totals, difference)
  const observed = difference(totals)
  return {
    metric: options.metric.name,
    ...values,
    difference: observed,
    units: count,
    method: `${accelerated ? 'BCa ' : ''}bootstrap by ${kind}, ${resamples} resamples`,
    interval: (alpha) =>
      accelerated
        ? bcaInterval(drawn, observed, leftOut, null, expandedAlpha(alpha, count))
        : hullInterval(drawn, observed, leftOut, alpha),
    error: standardError(drawn),
  }
}

/** A comparison whose interval is the percentile interval of a bootstrap, expanded for few units. */
export function resampled(
  values: Values,
  units: number,
  drawn: Distribution,
  options: CompareOptions,
  method: string,
): Comparison {
  // A quantile of Student's t takes a search, and each interval is asked for by the rule, the table and the power.
  const known = new Map<number, Interval | null>()
  const interval = (alpha: number): Interval | null => {
    const found = known.get(alpha) ?? percentileInterval(drawn, expandedAlpha(alpha, units))
    known.set(alpha, found)
    return found
  }
  return {
    metric: options.metric.name,
    ...values,
    difference: signed(options, values.champion, values.challenger),
    units,
    method,
    interval,
    error: standardError(drawn),
  }
}

/** A metric without a value: the values that there are, and why there is no interval. */
export function undefinedHere(values: Values, options: CompareOptions): Comparison {
  const { metric } = options
  const ofPositive = metric.family === 'labels' && metric.ofPositive
  return withoutInterval(options, values, {
    rule: ofPositive ? 'one-class' : 'undefined-metric',
    text: ofPositive
      ? `${metric.name} is not defined on these rows: the positive class does not occur among the labels`
      : `${metric.name} is not defined on these rows`,
  })
}
