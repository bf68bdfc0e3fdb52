import type { Evaluation } from '../domain/models/evaluation.ts'
import { isPositive } from './compare/compare.ts'
import type { Rows } from './rows/columns.ts'
import { type Outcomes, sampleOf } from './sample.ts'
import { ascendingOrder } from './statistics/order.ts'

export interface Point {
  readonly x: number
  readonly y: number
}

/** Curves of one model's scores, for people to look at. */
export interface ScoreCurves {
  readonly model: 'champion' | 'challenger'
  /** x: false positive rate, y: true positive rate. */
  readonly roc: readonly Point[]
  /** x: recall, y: precision. */
  readonly precisionRecall: readonly Point[]
  /** x: mean score of a bin, y: share of positives in it; `rows` of the bin. */
  readonly calibration: readonly (Point & { readonly rows: number })[]
}

/** A page stays small: a curve is drawn through at most this many thresholds. */
const POINTS = 200
const BINS = 10

/** ROC, precision-recall and calibration curves of every model with scores; empty where there are none. */
export function curvesOf(evidence: Evaluation, rows: Rows): ScoreCurves[] {
  if (evidence.rows === undefined || rows.count === 0) return []
  const sample = sampleOf(evidence, rows)
  if (sample.label === undefined || sample.positive < 0) return []
  const positive = isPositive(sample)
  return (['champion', 'challenger'] as const).flatMap((model) => {
    const scores = scoresOf(sample[model])
    return scores === undefined ? [] : [{ model, ...scoreCurves(positive, scores) }]
  })
}

/** Scores that can be probabilities; predicted classes 0 and 1 alone make no curve. */
function scoresOf(outcomes: Outcomes | null): Float64Array | undefined {
  const scores = outcomes?.numbers('score')
  if (scores === undefined || !scores.every((s) => s >= 0 && s <= 1)) return undefined
  return scores.some((s) => s > 0 && s < 1) ? scores : undefined
}

function scoreCurves(positive: Uint8Array, scores: Float64Array): Omit<ScoreCurves, 'model'> {
  const order = ascendingOrder(scores)
  let positives = 0
  for (const is of positive) positives += is
  const negatives = positive.length - positives
  const roc: Point[] = [{ x: 0, y: 0 }]
  const precisionRecall: Point[] = []
  const step = Math.max(1, Math.floor(order.length / POINTS))
  let hits = 0
  let taken = 0
  let drawn = 0
  for (let end = order.length - 1; end >= 0; ) {
    const value = scores[order[end] ?? 0]
    while (end >= 0 && scores[order[end] ?? 0] === value) {
      hits += positive[order[end--] ?? 0] ?? 0
      taken++
    }
    if (taken - drawn < step && end >= 0) continue
    drawn = taken
    roc.push({
      x: negatives === 0 ? 0 : (taken - hits) / negatives,
      y: positives === 0 ? 0 : hits / positives,
    })
    precisionRecall.push({ x: positives === 0 ? 0 : hits / positives, y: hits / taken })
  }
  return { roc, precisionRecall, calibration: calibration(positive, scores) }
}

function calibration(positive: Uint8Array, scores: Float64Array): ScoreCurves['calibration'] {
  const bins = Array.from({ length: BINS }, () => ({ rows: 0, score: 0, hits: 0 }))
  for (let i = 0; i < scores.length; i++) {
    const bin = bins[Math.min(BINS - 1, Math.floor((scores[i] ?? 0) * BINS))]
    if (bin === undefined) continue
    bin.rows++
    bin.score += scores[i] ?? 0
    bin.hits += positive[i] ?? 0
  }
  return bins
    .filter(({ rows }) => rows > 0)
    .map(({ rows, score, hits }) => ({ x: score / rows, y: hits / rows, rows }))
}
