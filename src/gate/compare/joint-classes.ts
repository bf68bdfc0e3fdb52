import type { LabelTotals } from '../metrics/metric.ts'
import type { Codes } from '../sample.ts'
import type { PairedCounts } from '../statistics/proportions.ts'

/** Rows counted by (label, champion's prediction, challenger's prediction): all that label metrics depend on. */
export interface JointClasses {
  readonly classes: number
  readonly label: Uint32Array
  readonly champion: Uint32Array
  readonly challenger: Uint32Array
  readonly counts: Float64Array
}

/** Up to this many possible joint classes they are counted in one array, beyond in a map. */
const DENSE = 2 ** 21

export function jointClasses(
  label: Codes,
  champion: Codes,
  challenger: Codes,
  classes: number,
): JointClasses {
  const size = classes ** 3
  const found: [cell: number, count: number][] = []
  if (size <= DENSE) {
    // Rows are fewer than 2^31.
    const counts = new Uint32Array(size)
    for (let i = 0; i < label.length; i++) {
      const pair = Math.imul(label[i] as number, classes) + (champion[i] as number)
      const cell = Math.imul(pair, classes) + (challenger[i] as number)
      counts[cell] = (counts[cell] as number) + 1
    }
    counts.forEach((count, cell) => {
      if (count > 0) found.push([cell, count])
    })
  } else {
    const counts = new Map<number, number>()
    for (let i = 0; i < label.length; i++) {
      const cell = ((label[i] ?? 0) * classes + (champion[i] ?? 0)) * classes + (challenger[i] ?? 0)
      counts.set(cell, (counts.get(cell) ?? 0) + 1)
    }
    // Sorted, so that the order of rows does not change the resamples.
    found.push(...[...counts].sort(([a], [b]) => a - b))
  }
  return {
    classes,
    label: Uint32Array.from(found, ([cell]) => Math.floor(cell / classes / classes)),
    champion: Uint32Array.from(found, ([cell]) => Math.floor(cell / classes) % classes),
    challenger: Uint32Array.from(found, ([cell]) => cell % classes),
    counts: Float64Array.from(found, ([, count]) => count),
  }
}

/** The totals of one model for these counts of the joint classes, written over `into`. */
export function totalsOf(
  cells: JointClasses,
  predicted: Uint32Array,
  counts: Float64Array,
  into: { labelled: Float64Array; predicted: Float64Array; truePositive: Float64Array },
): LabelTotals {
  into.labelled.fill(0)
  into.predicted.fill(0)
  into.truePositive.fill(0)
  for (let c = 0; c < counts.length; c++) {
    const count = counts[c] ?? 0
    if (count === 0) continue
    const label = cells.label[c] ?? 0
    const given = predicted[c] ?? 0
    into.labelled[label] = (into.labelled[label] ?? 0) + count
    into.predicted[given] = (into.predicted[given] ?? 0) + count
    if (label === given) into.truePositive[label] = (into.truePositive[label] ?? 0) + count
  }
  return into
}

/** The totals of both models in one pass, for the inner loop of a bootstrap. Labels are counted once, for both. */
export function bothTotals(
  cells: JointClasses,
  counts: Float64Array,
  { labelled, predicted: first, truePositive: firstRight }: ReturnType<typeof emptyTotals>,
  { predicted: second, truePositive: secondRight }: ReturnType<typeof emptyTotals>,
): void {
  for (let k = 0; k < labelled.length; k++) {
    labelled[k] = 0
    first[k] = 0
    second[k] = 0
    firstRight[k] = 0
    secondRight[k] = 0
  }
  for (let c = 0; c < counts.length; c++) {
    const count = counts[c] as number
    const label = cells.label[c] as number
    const a = cells.champion[c] as number
    const b = cells.challenger[c] as number
    labelled[label] = (labelled[label] as number) + count
    first[a] = (first[a] as number) + count
    second[b] = (second[b] as number) + count
    if (a === label) firstRight[a] = (firstRight[a] as number) + count
    if (b === label) secondRight[b] = (secondRight[b] as number) + count
  }
}

export function emptyTotals(classes: number): {
  labelled: Float64Array
  predicted: Float64Array
  truePositive: Float64Array
} {
  return {
    labelled: new Float64Array(classes),
    predicted: new Float64Array(classes),
    truePositive: new Float64Array(classes),
  }
}

/** Which of the two models was right, over all rows. */
export function pairedCounts({ label, champion, challenger, counts }: JointClasses): PairedCounts {
  const paired = { both: 0, championOnly: 0, challengerOnly: 0, neither: 0 }
  counts.forEach((count, c) => {
    const first = champion[c] === label[c]
    const second = challenger[c] === label[c]
    if (first && second) paired.both += count
    else if (first) paired.championOnly += count
    else if (second) paired.challengerOnly += count
    else paired.neither += count
  })
  return paired
}
