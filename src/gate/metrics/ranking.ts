import type { RankingMetric } from './metric.ts'

/**
 * Quality of each query's ranking by descending score; rows with equal scores keep the order of the file. NaN for a query
 * without a relevant row: it has nothing to find and does not count.
 *
 * - map@k: mean of the precisions at the ranks of the relevant rows among the first k, over min(k, relevant rows).
 * - recall@k: relevant rows among the first k, over all relevant rows.
 * - ndcg@k: sum of (2^relevance - 1) / log2(rank + 1) over that of the best order (K. Järvelin, J. Kekäläinen, ACM TOIS 20,
 *   2002, in the form of C. Burges et al., ICML 2005).
 */
export function rankingByQuery(
  { quality, k }: Pick<RankingMetric, 'quality' | 'k'>,
  query: Uint32Array,
  queries: number,
  relevance: Float64Array,
  score: Float64Array,
): Float64Array {
  const rows = groups(query, queries)
  return Float64Array.from({ length: queries }, (_, q) => {
    const own = rows.of(q)
    own.sort((a, b) => (score[b] ?? 0) - (score[a] ?? 0) || a - b)
    const gains = Float64Array.from(own, (row) => relevance[row] ?? 0)
    return qualityOf(quality, gains, k)
  })
}

function qualityOf(quality: RankingMetric['quality'], gains: Float64Array, k: number): number {
  let relevant = 0
  for (const gain of gains) if (gain > 0) relevant++
  if (relevant === 0) return Number.NaN
  if (quality === 'ndcg') return discounted(gains, k) / discounted(gains.slice().sort().reverse(), k)
  let hits = 0
  let precisions = 0
  for (let i = 0; i < Math.min(k, gains.length); i++) {
    if ((gains[i] ?? 0) > 0) precisions += ++hits / (i + 1)
  }
  return quality === 'recall' ? hits / relevant : precisions / Math.min(k, relevant)
}

function discounted(gains: Float64Array, k: number): number {
  let sum = 0
  for (let i = 0; i < Math.min(k, gains.length); i++) sum += (2 ** (gains[i] ?? 0) - 1) / Math.log2(i + 2)
  return sum
}

/** Row numbers by group, from one counting sort. */
export function groups(of: Uint32Array, count: number): { of(group: number): Uint32Array } {
  const starts = new Uint32Array(count + 1)
  for (let i = 0; i < of.length; i++) starts[(of[i] ?? 0) + 1] = (starts[(of[i] ?? 0) + 1] ?? 0) + 1
  for (let g = 0; g < count; g++) starts[g + 1] = (starts[g + 1] ?? 0) + (starts[g] ?? 0)
  const next = starts.slice()
  const rows = new Uint32Array(of.length)
  for (let i = 0; i < of.length; i++) {
    const at = next[of[i] ?? 0] ?? 0
    rows[at] = i
    next[of[i] ?? 0] = at + 1
  }
  return { of: (group) => rows.subarray(starts[group] ?? 0, starts[group + 1] ?? 0) }
}
