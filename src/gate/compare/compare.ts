import { weightedArea, weightedPercentile } from '../metrics/area.ts'
import type { Metric } from '../metrics/metric.ts'
import { rankingByQuery } from '../metrics/ranking.ts'
import type { Outcomes, Sample } from '../sample.ts'
import { rocArea } from '../statistics/delong.ts'
import { ascendingOrder } from '../statistics/order.ts'
import { type CompareOptions, type Comparison, withoutInterval } from './comparison.ts'
import { emptyTotals } from './joint-classes.ts'
import { compareLabels } from './labels.ts'
import { compareArea, comparePercentile } from './order.ts'
import { compareRanking, compareSums } from './sums.ts'

/** Rows, clusters or queries below which only exact methods speak. */
export const UNIT_MINIMUM = 20

/** Both models on one metric; undefined where the sample lacks a column that the metric needs. */
export function compare(sample: Sample, options: CompareOptions): Comparison | undefined {
  const { metric } = options
  if (sample.champion === null || sample.n < 2) {
    const challenger = metricValue(metric, sample, sample.challenger)
    if (challenger === undefined) return undefined
    const champion = sample.champion === null ? null : (metricValue(metric, sample, sample.champion) ?? null)
    return withoutInterval(options, { champion, challenger, n: sample.n })
  }
  const comparison = compared(metric, sample, sample.champion, options)
  if (comparison === undefined || comparison.trouble !== undefined) return comparison
  const exact = metric.family === 'labels' && metric.proportion && comparison.units === comparison.n
  if (comparison.units >= UNIT_MINIMUM || (exact && sample.weight === null)) return comparison
  const { champion, n } = comparison
  return withoutInterval(
    options,
    { champion, challenger: comparison.challenger, n },
    {
      rule: 'too-few-rows',
      text: `${metric.name} rests on ${comparison.units} independent units; at least ${UNIT_MINIMUM} are needed`,
    },
  )
}

function compared(
  metric: Metric,
  sample: Sample,
  other: Outcomes,
  options: CompareOptions,
): Comparison | undefined {
  const numbers = (role: string): { champion: Float64Array; challenger: Float64Array } | undefined => {
    const champion = other.numbers(role)
    const challenger = sample.challenger.numbers(role)
    return champion === undefined || challenger === undefined ? undefined : { champion, challenger }
  }
  switch (metric.family) {
    case 'labels': {
      const champion = other.codes('predicted')
      const challenger = sample.challenger.codes('predicted')
      if (champion === undefined || challenger === undefined || sample.label === undefined) return undefined
      return compareLabels(metric, sample, { label: sample.label, champion, challenger }, options)
    }
    case 'sums': {
      const truth = truthOf(metric, sample)
      const given = numbers(roleOf(metric))
      return given === undefined || truth === undefined
        ? undefined
        : compareSums(metric, sample, { truth, ...given }, options)
    }
    case 'area': {
      const given = numbers('score')
      return given === undefined || sample.label === undefined
        ? undefined
        : compareArea(metric, sample, isPositive(sample), given, options)
    }
    case 'percentile': {
      const given = numbers(roleOf(metric))
      return given === undefined ? undefined : comparePercentile(metric, sample, given, options)
    }
    case 'ranking': {
      const given = numbers('score')
      const truth = sample.labelNumber
      return given === undefined || truth === undefined || sample.query === null
        ? undefined
        : compareRanking(metric, sample, sample.query, { truth, ...given }, options)
    }
    case 'stated':
      return undefined
    default:
      return metric satisfies never
  }
}

/** One model's value; NaN where it is not defined, undefined where a column is missing. */
export function metricValue(metric: Metric, sample: Sample, model: Outcomes): number | undefined {
  const { label, weight } = sample
  switch (metric.family) {
    case 'labels': {
      const predicted = model.codes('predicted')
      if (label === undefined || predicted === undefined) return undefined
      const totals = emptyTotals(sample.classes.length)
      for (let i = 0; i < sample.n; i++) {
        const w = weight?.[i] ?? 1
        const truth = label[i] ?? 0
        const given = predicted[i] ?? 0
        totals.labelled[truth] = (totals.labelled[truth] ?? 0) + w
        totals.predicted[given] = (totals.predicted[given] ?? 0) + w
        if (truth === given) totals.truePositive[truth] = (totals.truePositive[truth] ?? 0) + w
      }
      return metric.value(totals, sample.positive)
    }
    case 'sums': {
      const truth = truthOf(metric, sample)
      const given = model.numbers(roleOf(metric))
      if (truth === undefined || given === undefined) return undefined
      const sums = new Float64Array(metric.width)
      for (let i = 0; i < sample.n; i++) metric.add(sums, 0, weight?.[i] ?? 1, truth[i] ?? 0, given[i] ?? 0)
      return metric.value(sums, 0)
    }
    case 'area': {
      const score = model.numbers('score')
      if (label === undefined || score === undefined) return undefined
      if (metric.curve === 'roc' && weight === null) return rocArea(isPositive(sample), score)
      return weightedArea(metric.curve, ascendingOrder(score), score, isPositive(sample), weight)
    }
    case 'percentile': {
      const values = model.numbers(roleOf(metric))
      return values === undefined
        ? undefined
        : weightedPercentile(ascendingOrder(values), values, metric.share, weight)
    }
    case 'ranking': {
      const score = model.numbers('score')
      if (score === undefined || sample.labelNumber === undefined || sample.query === null) return undefined
      const each = rankingByQuery(metric, sample.query.of, sample.query.count, sample.labelNumber, score)
      const defined = each.filter((value) => !Number.isNaN(value))
      return defined.reduce((sum, value) => sum + value, 0) / defined.length
    }
    case 'stated':
      return undefined
    default:
      return metric satisfies never
  }
}

function roleOf(metric: Metric): string {
  return metric.needs.find(({ of }) => of === 'model')?.role ?? ''
}

/** 1 for rows of the positive class, 0 for the others. */
export function isPositive(sample: Sample): Uint8Array {
  const is = new Uint8Array(sample.n)
  const { label, positive } = sample
  if (label !== undefined) for (let i = 0; i < is.length; i++) is[i] = label[i] === positive ? 1 : 0
  return is
}

function truthOf(metric: Extract<Metric, { family: 'sums' }>, sample: Sample): Float64Array | undefined {
  switch (metric.input) {
    case 'numbers':
      return sample.labelNumber
    case 'probability':
      return sample.label === undefined ? undefined : new Float64Array(isPositive(sample))
    case 'column':
      return new Float64Array(0)
    default:
      return metric.input satisfies never
  }
}
