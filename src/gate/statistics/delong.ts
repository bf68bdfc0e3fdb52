import { ascending } from './order.ts'

export interface AucDifference {
  readonly champion: number
  readonly challenger: number
  /** Standard error of challenger minus champion. */
  readonly error: number
  readonly positives: number
  readonly negatives: number
}

/**
 * Two correlated areas under the ROC curve and the standard error of their difference (E. R. DeLong, D. M. DeLong,
 * D. L. Clarke-Pearson, Biometrics 44, 1988), with the structural components taken from one sort a model (X. Sun, W. Xu,
 * IEEE Signal Processing Letters 21, 2014). Ties count one half.
 *
 * `positive[i]` is 1 or 0. Areas are NaN where a class is absent.
 */
export function delong(
  positive: Uint8Array,
  champion: Float64Array,
  challenger: Float64Array,
): AucDifference {
  const first = components(positive, champion)
  const second = components(positive, challenger)
  const m = first.positives
  const n = positive.length - m
  const ones = { sum: 0, squares: 0 }
  const zeros = { sum: 0, squares: 0 }
  for (let i = 0; i < positive.length; i++) {
    const d = (second.values[i] ?? 0) - (first.values[i] ?? 0)
    const group = positive[i] === 1 ? ones : zeros
    group.sum += d
    group.squares += d * d
  }
  const variance = ({ sum, squares }: typeof ones, k: number): number =>
    k < 2 ? 0 : Math.max(0, squares - (sum * sum) / k) / (k - 1) / k
  return {
    champion: first.area,
    challenger: second.area,
    error: m < 2 || n < 2 ? Number.NaN : Math.sqrt(variance(ones, m) + variance(zeros, n)),
    positives: m,
    negatives: n,
  }
}

/** Area under one ROC curve; NaN where a class is absent. */
export function rocArea(positive: Uint8Array, score: Float64Array): number {
  return components(positive, score).area
}

/**
 * For each positive row the share of negatives scored below it, for each negative row the share of positives scored above
 * it: DeLong's V10 and V01.
 */
function components(
  positive: Uint8Array,
  score: Float64Array,
): { area: number; values: Float64Array; positives: number } {
  const rows = positive.length
  let positives = 0
  for (let i = 0; i < rows; i++) positives += positive[i] ?? 0
  const negatives = rows - positives
  const { order, keys } = ascending(score)
  const values = new Float64Array(rows)
  let positivesBelow = 0
  let negativesBelow = 0
  let total = 0
  for (let start = 0; start < rows; ) {
    const key = keys[start]
    let end = start
    let tied = 0
    while (end < rows && keys[end] === key) tied += positive[order[end++] as number] as number
    const tiedNegatives = end - start - tied
    const ofPositive = (negativesBelow + tiedNegatives / 2) / negatives
    const ofNegative = (positives - positivesBelow - tied / 2) / positives
    for (let j = start; j < end; j++) {
      const row = order[j] as number
      values[row] = positive[row] === 1 ? ofPositive : ofNegative
    }
    total += tied * (negativesBelow + tiedNegatives / 2)
    positivesBelow += tied
    negativesBelow += tiedNegatives
    start = end
  }
  const pairs = positives * negatives
  return { area: pairs === 0 ? Number.NaN : total / pairs, values, positives }
}
