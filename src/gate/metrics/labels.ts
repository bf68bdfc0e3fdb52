import type { LabelMetric, LabelTotals, Need } from './metric.ts'

const NEEDS: readonly Need[] = [
  { of: 'label', role: 'label', use: 'category' },
  { of: 'model', role: 'predicted', use: 'category' },
]

const sum = (values: Float64Array): number => {
  let total = 0
  for (let i = 0; i < values.length; i++) total += values[i] ?? 0
  return total
}

/** 0 / 0 is 0 here, as in scikit-learn's `zero_division=0`: a class never predicted has precision 0. */
const ratio = (top: number, bottom: number): number => (bottom === 0 ? 0 : top / bottom)

const precisionOf = (t: LabelTotals, c: number): number => ratio(t.truePositive[c] ?? 0, t.predicted[c] ?? 0)
const recallOf = (t: LabelTotals, c: number): number => ratio(t.truePositive[c] ?? 0, t.labelled[c] ?? 0)
const f1Of = (t: LabelTotals, c: number): number =>
  ratio(2 * (t.truePositive[c] ?? 0), (t.predicted[c] ?? 0) + (t.labelled[c] ?? 0))

type OfClass = (totals: LabelTotals, code: number) => number

/** Mean over the classes that occur as a label or as a prediction, as scikit-learn's `average="macro"`. */
const macro =
  (of: OfClass) =>
  (t: LabelTotals): number => {
    let total = 0
    let classes = 0
    for (let c = 0; c < t.labelled.length; c++) {
      if ((t.labelled[c] ?? 0) + (t.predicted[c] ?? 0) === 0) continue
      total += of(t, c)
      classes++
    }
    return classes === 0 ? Number.NaN : total / classes
  }

/** Where each row has one label and one prediction, micro precision, recall and F1 all equal the accuracy. */
const accuracy = (t: LabelTotals): number => {
  const rows = sum(t.labelled)
  return rows === 0 ? Number.NaN : sum(t.truePositive) / rows
}

/** Of one class against the rest; undefined without a row of that class, label or prediction. */
const ofPositive =
  (of: OfClass) =>
  (t: LabelTotals, positive: number): number =>
    (t.labelled[positive] ?? 0) === 0 ? Number.NaN : of(t, positive)

function metric(
  name: string,
  value: LabelMetric['value'],
  kind: { proportion?: true; ofPositive?: true } = {},
): LabelMetric {
  return {
    name,
    family: 'labels',
    direction: 'higher',
    range: [0, 1],
    needs: NEEDS,
    proportion: kind.proportion === true,
    ofPositive: kind.ofPositive === true,
    value,
  }
}

/** Sokolova and Lapalme, "A systematic analysis of performance measures", Inf. Process. Manag. 45, 2009. */
export const LABEL_METRICS: readonly LabelMetric[] = [
  metric('accuracy', accuracy, { proportion: true }),
  metric('precision', ofPositive(precisionOf), { ofPositive: true }),
  metric('recall', ofPositive(recallOf), { ofPositive: true }),
  metric('f1', ofPositive(f1Of), { ofPositive: true }),
  metric('precision_macro', macro(precisionOf)),
  metric('recall_macro', macro(recallOf)),
  metric('f1_macro', macro(f1Of)),
  metric('precision_micro', accuracy, { proportion: true }),
  metric('recall_micro', accuracy, { proportion: true }),
  metric('f1_micro', accuracy, { proportion: true }),
]
