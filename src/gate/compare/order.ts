import { weightedArea, weightedPercentile } from '../metrics/area.ts'
import type { AreaMetric, PercentileMetric } from '../metrics/metric.ts'
import { randomOf } from '../random.ts'
import type { Sample } from '../sample.ts'
import { bootstrapWeights, standardError } from '../statistics/bootstrap.ts'
import { delong } from '../statistics/delong.ts'
import { normalQuantile } from '../statistics/normal.ts'
import { ascendingOrder } from '../statistics/order.ts'
import { type CompareOptions, type Comparison, signed, withoutInterval } from './comparison.ts'
import { resampled } from './units.ts'

interface Scores {
  readonly champion: Float64Array
  readonly challenger: Float64Array
}

/** Positives and negatives that an area needs before its normal approximation can be trusted. */
const CLASS_MINIMUM = 10

/** Compares areas under a curve: DeLong for plain ROC, else a bootstrap of row multiplicities. */
export function compareArea(
  metric: AreaMetric,
  sample: Sample,
  positive: Uint8Array,
  scores: Scores,
  options: CompareOptions,
): Comparison {
  let ones = 0
  for (let i = 0; i < positive.length; i++) ones += positive[i] ?? 0
  const few = Math.min(ones, positive.length - ones)
  const plain = metric.curve === 'roc' && sample.weight === null && sample.cluster === null
  const orders = plain ? undefined : ordersOf(scores)
  const area = (which: keyof Scores, weight: Float64Array | null): number =>
    orders === undefined
      ? Number.NaN
      : weightedArea(metric.curve, orders[which], scores[which], positive, weight)
  const exact = plain && few > 0 ? delong(positive, scores.champion, scores.challenger) : undefined
  const values = {
    champion: exact?.champion ?? area('champion', sample.weight),
    challenger: exact?.challenger ?? area('challenger', sample.weight),
    n: sample.n,
  }
  if (few < CLASS_MINIMUM) {
    return withoutInterval(options, values, {
      rule: few === 0 ? 'one-class' : 'too-few-rows',
      text:
        few === 0
          ? `${metric.name} is not defined on these rows: all labels are of one class`
          : `${metric.name} rests on ${few} rows of the rarer class; at least ${CLASS_MINIMUM} are needed`,
    })
  }
  if (exact !== undefined) {
    const difference = signed(options, exact.champion, exact.challenger)
    return {
      metric: metric.name,
      ...values,
      difference,
      units: sample.n,
      method: 'DeLong',
      interval: (alpha) => {
        const half = normalQuantile(1 - alpha) * exact.error
        return Number.isFinite(half) ? [difference - half, difference + half] : null
      },
      error: exact.error,
    }
  }
  return byMultiplicity(sample, values, options, (weight) =>
    signed(options, area('champion', weight), area('challenger', weight)),
  )
}

/** Compares a percentile of a column. */
export function comparePercentile(
  metric: PercentileMetric,
  sample: Sample,
  scores: Scores,
  options: CompareOptions,
): Comparison {
  const orders = ordersOf(scores)
  const at = (which: keyof Scores, weight: Float64Array | null): number =>
    weightedPercentile(orders[which], scores[which], metric.share, weight)
  const values = {
    champion: at('champion', sample.weight),
    challenger: at('challenger', sample.weight),
    n: sample.n,
  }
  return byMultiplicity(sample, values, options, (weight) =>
    signed(options, at('champion', weight), at('challenger', weight)),
  )
}

function ordersOf({ champion, challenger }: Scores): Record<keyof Scores, Uint32Array> {
  return { champion: ascendingOrder(champion), challenger: ascendingOrder(challenger) }
}

/** Row visits that a bootstrap of multiplicities may cost: a few seconds. */
const WORK = 4e8

function byMultiplicity(
  sample: Sample,
  values: { champion: number; challenger: number; n: number },
  options: CompareOptions,
  difference: (weight: Float64Array) => number,
): Comparison {
  const own = sample.weight
  const weighted = own === null ? null : new Float64Array(sample.n)
  const units = sample.cluster?.count ?? sample.n
  const affordable = Math.max(400, Math.floor(WORK / Math.max(1, 2 * sample.n)))
  const resamples = Math.min(options.resamples, affordable)
  const drawn = bootstrapWeights(
    sample.n,
    sample.cluster?.of ?? null,
    units,
    resamples,
    randomOf(options.seed, options.purpose),
    (multiplicity) => {
      if (own === null || weighted === null) return difference(multiplicity)
      for (let i = 0; i < weighted.length; i++) weighted[i] = (multiplicity[i] ?? 0) * (own[i] ?? 0)
      return difference(weighted)
    },
  )
  const kind = sample.cluster === null ? 'bootstrap by rows' : `bootstrap by ${units} clusters`
  const poisson = units > 100_000 ? `Poisson ${kind}` : kind
  if (resamples >= Math.min(options.resamples, 2000)) {
    return resampled(values, units, drawn, options, `${poisson}, ${resamples} resamples`)
  }
  // Few resamples locate a standard error well, but not a tail.
  const error = standardError(drawn)
  const centre = signed(options, values.champion, values.challenger)
  return {
    metric: options.metric.name,
    ...values,
    difference: centre,
    units,
    method: `normal interval with ${poisson}, ${resamples} resamples`,
    interval: (alpha) => {
      const half = normalQuantile(1 - alpha) * error
      return Number.isFinite(half) ? [centre - half, centre + half] : null
    },
    error,
  }
}
