import type { Need, SumMetric } from './metric.ts'

const LABEL_NUMBER: Need = { of: 'label', role: 'label', use: 'number' }
const LABEL_CLASS: Need = { of: 'label', role: 'label', use: 'category' }
const PREDICTED: Need = { of: 'model', role: 'predicted', use: 'number' }
const SCORE: Need = { of: 'model', role: 'score', use: 'number' }

type Shape = Omit<SumMetric, 'family' | 'value'>

function accumulate(into: Float64Array, at: number, amount: number): void {
  into[at] = (into[at] ?? 0) + amount
}

/** A weighted mean of one number a row. */
function mean(
  shape: Omit<Shape, 'width' | 'add'>,
  of: (truth: number, given: number) => number,
  finish: (mean: number) => number = (m) => m,
): SumMetric {
  return {
    ...shape,
    family: 'sums',
    width: 2,
    add(into, at, weight, truth, given) {
      accumulate(into, at, weight * of(truth, given))
      accumulate(into, at + 1, weight)
    },
    value: (sums, at) => {
      const weight = sums[at + 1] ?? 0
      return weight > 0 ? finish((sums[at] ?? 0) / weight) : Number.NaN
    },
  }
}

const regression = {
  direction: 'lower',
  range: [0, Infinity],
  needs: [LABEL_NUMBER, PREDICTED],
  input: 'numbers',
} as const
const probability = { direction: 'lower', needs: [LABEL_CLASS, SCORE], input: 'probability' } as const

/** Probabilities are kept this far from 0 and 1, as scikit-learn does for doubles. */
const EPSILON = 2 ** -52

const r2: SumMetric = {
  name: 'r2',
  family: 'sums',
  direction: 'higher',
  range: [-Infinity, 1],
  needs: [LABEL_NUMBER, PREDICTED],
  input: 'numbers',
  width: 4,
  add(into, at, weight, truth, given) {
    accumulate(into, at, weight)
    accumulate(into, at + 1, weight * truth)
    accumulate(into, at + 2, weight * truth * truth)
    accumulate(into, at + 3, weight * (truth - given) ** 2)
  },
  value(sums, at) {
    const weight = sums[at] ?? 0
    const spread = (sums[at + 2] ?? 0) - ((sums[at + 1] ?? 0) * (sums[at + 1] ?? 0)) / weight
    // A constant label has no variance to explain; what rounding leaves of it is not one.
    return spread > 1e-12 * (sums[at + 2] ?? 0) ? 1 - (sums[at + 3] ?? 0) / spread : Number.NaN
  },
}

/**
 * Expected calibration error with equal-width bins (M. P. Naeini et al., AAAI 2015): the mean distance between score and
 * frequency over the bins, weighted by their rows.
 */
export function calibrationError(name: string, bins: number): SumMetric {
  return {
    ...probability,
    name,
    family: 'sums',
    range: [0, 1],
    width: bins * 2 + 1,
    add(into, at, weight, truth, given) {
      const bin = Math.min(bins - 1, Math.max(0, Math.floor(given * bins)))
      accumulate(into, at, weight)
      accumulate(into, at + 1 + 2 * bin, weight * given)
      accumulate(into, at + 2 + 2 * bin, weight * truth)
    },
    value(sums, at) {
      let distance = 0
      for (let b = 0; b < bins; b++) {
        distance += Math.abs((sums[at + 1 + 2 * b] ?? 0) - (sums[at + 2 + 2 * b] ?? 0))
      }
      const weight = sums[at] ?? 0
      return weight > 0 ? distance / weight : Number.NaN
    },
  }
}

/** The mean of a column that holds one number a row. */
export function columnMean(
  name: string,
  role: string,
  options: { direction?: 'higher' | 'lower' | null; range?: readonly [number, number]; scale?: number } = {},
): SumMetric {
  const scale = options.scale ?? 1
  return mean(
    {
      name,
      direction: options.direction ?? null,
      range: options.range ?? [-Infinity, Infinity],
      needs: [{ of: 'model', role, use: 'number' }],
      input: 'column',
    },
    (_, given) => given * scale,
  )
}

export const SUM_METRICS: readonly SumMetric[] = [
  mean({ name: 'rmse', ...regression }, (y, x) => (y - x) ** 2, Math.sqrt),
  mean({ name: 'mae', ...regression }, (y, x) => Math.abs(y - x)),
  r2,
  mean({ name: 'brier', ...probability, range: [0, 1] }, (y, p) => (y - p) ** 2),
  mean({ name: 'log_loss', ...probability, range: [0, Infinity] }, (y, p) => {
    const q = Math.min(1 - EPSILON, Math.max(EPSILON, p))
    return y === 1 ? -Math.log(q) : -Math.log1p(-q)
  }),
  calibrationError('calibration_error', 10),
  columnMean('cost_per_1k', 'cost', { direction: 'lower', range: [0, Infinity], scale: 1000 }),
]
