import type { RankingMetric, SumMetric } from '../metrics/metric.ts'
import { rankingByQuery } from '../metrics/ranking.ts'
import { randomOf } from '../random.ts'
import type { Grouping, Sample } from '../sample.ts'
import type { CompareOptions, Comparison } from './comparison.ts'
import { compareUnits } from './units.ts'

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
      ? `${count} clusters`
      : blocks === null
        ? 'rows'
        : `${count} random blocks of rows`
  return compareUnits(
    {
      units,
      width,
      n: sample.n,
      kind,
      champion: (sums) => metric.value(sums, 0),
      challenger: (sums) => metric.value(sums, metric.width),
    },
    // A stream of its own: blocks were drawn from the other one.
    { ...options, purpose: `${options.purpose} resamples` },
  )
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
  const mean = (sums: Float64Array, at: number): number =>
    (sums[at + 1] ?? 0) > 0 ? (sums[at] ?? 0) / (sums[at + 1] ?? 1) : Number.NaN
  return compareUnits(
    {
      units,
      width: 4,
      n: sample.n,
      kind: `${count} ${count === query.count ? 'queries' : 'clusters'}`,
      champion: (sums) => mean(sums, 0),
      challenger: (sums) => mean(sums, 2),
    },
    options,
  )
}

function clusterOfQuery(query: Grouping, cluster: Grouping | null): Uint32Array | undefined {
  if (cluster === null) return undefined
  const of = new Uint32Array(query.count)
  for (let i = 0; i < query.of.length; i++) of[query.of[i] ?? 0] = cluster.of[i] ?? 0
  return of
}

function randomBlocks(rows: number, random: ReturnType<typeof randomOf>): Grouping {
  const of = new Uint32Array(rows)
  for (let i = 0; i < rows; i++) of[i] = random.below(BLOCKS)
  return { of, count: BLOCKS }
}
