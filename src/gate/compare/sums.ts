import type { RankingMetric, SumMetric } from '../metrics/metric.ts'
import { rankingByQuery } from '../metrics/ranking.ts'
import { randomOf } from '../random.ts'
import type { Grouping, Sample } from '../sample.ts'
import { bcaInterval, bootstrapSums, expandedAlpha, standardError } from '../statistics/bootstrap.ts'
import { type CompareOptions, type Comparison, signed, withoutInterval } from './comparison.ts'
import { affordable, resampled } from './labels.ts'

/** Beyond this many rows they are dealt at random into BLOCKS blocks, and blocks are resampled. */
const ROWS = 8192
const BLOCKS = 4096

interface Inputs {
  readonly truth: Float64Array
  readonly champion: Float64Array
  readonly challenger: Float64Array
}

/**
 * Compares a function of sums over rows, by rows, by clusters, or by random blocks of rows. The sums of independent rows
 * dealt into blocks have the same cumulants in expectation, so the interval is the same up to O(1 / blocks) and the work does
 * not grow with the rows.
 */
export function compareSums(
  metric: SumMetric,
  sample: Sample,
  inputs: Inputs,
  options: CompareOptions,
): Comparison {
  const random = randomOf(options.seed, options.purpose)
  const blocks = sample.cluster === null && sample.n > ROWS ? randomBlocks(sample.n, random) : null
  const groups = sample.cluster ?? blocks
  const count = groups?.count ?? sample.n
  const width = 2 * metric.width
  const units = new Float64Array(count * width)
  for (let i = 0; i < sample.n; i++) {
    const at = (groups?.of[i] ?? i) * width
    const weight = sample.weight?.[i] ?? 1
    const truth = inputs.truth[i] ?? 0
    metric.add(units, at, weight, truth, inputs.champion[i] ?? 0)
    metric.add(units, at + metric.width, weight, truth, inputs.challenger[i] ?? 0)
  }
  const kind =
    sample.cluster !== null
      ? `bootstrap by ${count} clusters`
      : blocks === null
        ? 'bootstrap by rows'
        : `bootstrap by ${count} random blocks of rows`
  return overUnits(metric, { units, width, n: sample.n, kind, accelerated: sample.cluster === null }, options)
}

/** Compares the mean over queries of a ranking's quality. */
export function compareRanking(
  metric: RankingMetric,
  sample: Sample,
  query: Grouping,
  inputs: Inputs,
  options: CompareOptions,
): Comparison {
  const each = (score: Float64Array): Float64Array =>
    rankingByQuery(metric, query.of, query.count, inputs.truth, score)
  const champion = each(inputs.champion)
  const challenger = each(inputs.challenger)
  const clusterOf = clusterOfQuery(query, sample.cluster)
  const count = sample.cluster === null ? query.count : sample.cluster.count
  const units = new Float64Array(count * 4)
  for (let q = 0; q < query.count; q++) {
    // A query without a relevant row is undefined for both models at once.
    if (Number.isNaN(champion[q])) continue
    const at = (clusterOf?.[q] ?? q) * 4
    units[at] = (units[at] ?? 0) + (champion[q] ?? 0)
    units[at + 1] = (units[at + 1] ?? 0) + 1
    units[at + 2] = (units[at + 2] ?? 0) + (challenger[q] ?? 0)
    units[at + 3] = (units[at + 3] ?? 0) + 1
  }
  const mean = {
    width: 2,
    value: (s: Float64Array, at: number) =>
      (s[at + 1] ?? 0) > 0 ? (s[at] ?? 0) / (s[at + 1] ?? 1) : Number.NaN,
  }
  const kind = `bootstrap by ${count} ${count === query.count ? 'queries' : 'clusters'}`
  return overUnits(mean, { units, width: 4, n: sample.n, kind, accelerated: false }, options)
}

function clusterOfQuery(query: Grouping, cluster: Grouping | null): Uint32Array | undefined {
  if (cluster === null) return undefined
  const of = new Uint32Array(query.count)
  for (let i = 0; i < query.of.length; i++) of[query.of[i] ?? 0] = cluster.of[i] ?? 0
  return of
}

interface Units {
  readonly units: Float64Array
  readonly width: number
  readonly n: number
  readonly kind: string
  /** BCa needs more units than clusters usually give. */
  readonly accelerated: boolean
}

function overUnits(
  metric: Pick<SumMetric, 'width' | 'value'>,
  { units, width, n, kind, accelerated }: Units,
  options: CompareOptions,
): Comparison {
  const count = units.length / width
  const totals = new Float64Array(width)
  for (let i = 0; i < units.length; i++) totals[i % width] = (totals[i % width] ?? 0) + (units[i] ?? 0)
  const difference = (sums: Float64Array): number =>
    signed(options, metric.value(sums, 0), metric.value(sums, metric.width))
  const values = { champion: metric.value(totals, 0), challenger: metric.value(totals, metric.width), n }
  if (!Number.isFinite(values.champion) || !Number.isFinite(values.challenger)) {
    return withoutInterval(options, values, {
      rule: 'undefined-metric',
      text: `${options.metric.name} is not defined on these rows`,
    })
  }
  const resamples = affordable(options.resamples, units.length)
  // A stream of its own: blocks were drawn from the other one.
  const random = randomOf(options.seed, `${options.purpose} resamples`)
  const drawn = bootstrapSums(units, width, resamples, random, difference)
  const method = `${kind}, ${resamples} resamples`
  if (!accelerated) return resampled(values, count, drawn, options, method)
  const leftOut = leaveOneOut(units, width, totals, difference)
  const observed = difference(totals)
  return {
    metric: options.metric.name,
    ...values,
    difference: observed,
    units: count,
    method: `BCa ${method}`,
    interval: (alpha) => bcaInterval(drawn, observed, leftOut, null, expandedAlpha(alpha, count)),
    error: standardError(drawn),
  }
}

function leaveOneOut(
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

function randomBlocks(rows: number, random: ReturnType<typeof randomOf>): Grouping {
  const of = new Uint32Array(rows)
  for (let i = 0; i < rows; i++) of[i] = random.below(BLOCKS)
  return { of, count: BLOCKS }
}
