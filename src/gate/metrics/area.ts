/**
 * Areas of weighted rows from one sort: `order` is ascending by score. Ties share a threshold. NaN where a class has no
 * weight.
 */
export function weightedArea(
  curve: 'roc' | 'pr',
  order: Uint32Array,
  score: Float64Array,
  positive: Uint8Array,
  weight: Float64Array | null,
): number {
  return curve === 'roc' ? roc(order, score, positive, weight) : pr(order, score, positive, weight)
}

/** P(score of a positive > score of a negative) + half of P(equal): the Mann-Whitney form of the area. */
function roc(
  order: Uint32Array,
  score: Float64Array,
  positive: Uint8Array,
  weight: Float64Array | null,
): number {
  let below = 0
  let positives = 0
  let pairs = 0
  for (let start = 0; start < order.length; ) {
    const value = score[order[start] ?? 0]
    let ones = 0
    let zeros = 0
    while (start < order.length && score[order[start] ?? 0] === value) {
      const row = order[start++] ?? 0
      const w = weight === null ? 1 : (weight[row] ?? 0)
      if (positive[row] === 1) ones += w
      else zeros += w
    }
    pairs += ones * (below + zeros / 2)
    below += zeros
    positives += ones
  }
  return positives > 0 && below > 0 ? pairs / (positives * below) : Number.NaN
}

/**
 * Average precision: the sum over thresholds of precision times the gain in recall, without interpolation (J. Davis,
 * M. Goadrich, ICML 2006, on why not; the definition of scikit-learn's average_precision_score).
 */
function pr(
  order: Uint32Array,
  score: Float64Array,
  positive: Uint8Array,
  weight: Float64Array | null,
): number {
  let taken = 0
  let hits = 0
  let area = 0
  for (let end = order.length - 1; end >= 0; ) {
    const value = score[order[end] ?? 0]
    let ones = 0
    while (end >= 0 && score[order[end] ?? 0] === value) {
      const row = order[end--] ?? 0
      const w = weight === null ? 1 : (weight[row] ?? 0)
      taken += w
      if (positive[row] === 1) ones += w
    }
    hits += ones
    if (taken > 0) area += (ones * hits) / taken
  }
  return hits > 0 ? area / hits : Number.NaN
}

/**
 * Percentile of weighted rows: the smallest value at which the weight below or at it reaches `share` of all (the inverse of
 * the distribution function; numpy's method "inverted_cdf"). `order` is ascending.
 */
export function weightedPercentile(
  order: Uint32Array,
  values: Float64Array,
  share: number,
  weight: Float64Array | null,
): number {
  let total = 0
  if (weight === null) total = order.length
  else for (let i = 0; i < weight.length; i++) total += weight[i] ?? 0
  if (!(total > 0)) return Number.NaN
  if (weight === null) return values[order[Math.max(0, Math.ceil(share * total) - 1)] ?? 0] ?? Number.NaN
  let below = 0
  for (let j = 0; j < order.length; j++) {
    const row = order[j] ?? 0
    below += weight[row] ?? 0
    if (below >= share * total * (1 - 1e-12)) return values[row] ?? Number.NaN
  }
  return values[order[order.length - 1] ?? 0] ?? Number.NaN
}
