import type { LabelMetric } from '../metrics/metric.ts'
import { randomOf } from '../random.ts'
import type { Codes, Sample } from '../sample.ts'
import { bootstrapClasses } from '../statistics/bootstrap.ts'
import {
  type Interval,
  mcnemarInterval,
  newcombePaired,
  type PairedCounts,
} from '../statistics/proportions.ts'
import { type CompareOptions, type Comparison, signed } from './comparison.ts'
import {
  bothTotals,
  emptyTotals,
  type JointClasses,
  jointClasses,
  pairedCounts,
  totalsOf,
} from './joint-classes.ts'
import { compareUnits, resampled, undefinedHere } from './units.ts'

interface Inputs {
  readonly label: Codes
  readonly champion: Codes
  readonly challenger: Codes
}

/** Compares a metric of the confusion matrix. */
export function compareLabels(
  metric: LabelMetric,
  sample: Sample,
  inputs: Inputs,
  options: CompareOptions,
): Comparison {
  if (sample.weight !== null || sample.cluster !== null) return byUnits(metric, sample, inputs, options)
  const classes = sample.classes.length
  const cells = jointClasses(inputs.label, inputs.champion, inputs.challenger, classes)
  const totals = emptyTotals(classes)
  const value = (predicted: Uint32Array, counts: Float64Array): number =>
    metric.value(totalsOf(cells, predicted, counts, totals), sample.positive)
  const champion = value(cells.champion, cells.counts)
  const challenger = value(cells.challenger, cells.counts)
  const values = { champion, challenger, n: sample.n }
  if (!Number.isFinite(champion) || !Number.isFinite(challenger)) return undefinedHere(values, options)
  if (metric.proportion) return byProportion(pairedCounts(cells), values, options)
  const smoothed = smoothedCells(cells)
  const others = { ...emptyTotals(classes), labelled: totals.labelled }
  const drawn = bootstrapClasses(
    smoothed.counts,
    sample.n,
    options.resamples,
    randomOf(options.seed, options.purpose),
    (counts) => {
      bothTotals(smoothed, counts, totals, others)
      return signed(options, metric.value(totals, sample.positive), metric.value(others, sample.positive))
    },
  )
  return resampled(
    values,
    sample.n,
    drawn,
    options,
    `bootstrap over joint classes, ${options.resamples} resamples`,
  )
}

function byProportion(
  paired: PairedCounts,
  values: { champion: number; challenger: number; n: number },
  options: CompareOptions,
): Comparison {
  const { championOnly: b, challengerOnly: c } = paired
  const n = values.n
  const exact = options.rule === 'superior'
  const rate = (b + c) / n
  const difference = signed(options, values.champion, values.challenger)
  return {
    metric: options.metric.name,
    ...values,
    difference,
    units: n,
    method: exact ? 'exact McNemar' : "Newcombe's paired interval",
    interval: (alpha): Interval => {
      const [low, high] = exact ? mcnemarInterval(paired, alpha) : newcombePaired(paired, alpha)
      return options.direction === 'higher' ? [low, high] : [-high, -low]
    },
    error: Math.sqrt(Math.max(0, rate - difference * difference) / n),
  }
}

/**
 * Half a row is added to each pair of joint classes in which the models disagree and swap places (A. Agresti, Y. Min,
 * Statistics in Medicine 24, 2005, for paired proportions): with few disagreements a plain bootstrap never sees the ones
 * that happened not to occur.
 */
function smoothedCells(cells: JointClasses): JointClasses {
  const index = new Map<string, number>()
  const found: { label: number; champion: number; challenger: number; count: number }[] = []
  const add = (label: number, champion: number, challenger: number, count: number): void => {
    const key = `${label},${champion},${challenger}`
    const known = found[index.get(key) ?? -1]
    if (known !== undefined) known.count += count
    else {
      index.set(key, found.length)
      found.push({ label, champion, challenger, count })
    }
  }
  cells.counts.forEach((count, c) => {
    const label = cells.label[c] ?? 0
    const champion = cells.champion[c] ?? 0
    const challenger = cells.challenger[c] ?? 0
    add(label, champion, challenger, count)
  })
  for (const { label, champion, challenger } of found.slice()) {
    if (champion === challenger) continue
    if (index.get(`${label},${challenger},${champion}`) === undefined) add(label, challenger, champion, 0.5)
    add(label, champion, challenger, 0.5)
  }
  return {
    classes: cells.classes,
    label: Uint32Array.from(found, (cell) => cell.label),
    champion: Uint32Array.from(found, (cell) => cell.champion),
    challenger: Uint32Array.from(found, (cell) => cell.challenger),
    counts: Float64Array.from(found, (cell) => cell.count),
  }
}

/** With weights or clusters: sums of the confusion counts of each unit are resampled. */
function byUnits(metric: LabelMetric, sample: Sample, inputs: Inputs, options: CompareOptions): Comparison {
  const classes = sample.classes.length
  const width = 5 * classes
  const count = sample.cluster?.count ?? sample.n
  const units = new Float64Array(count * width)
  for (let i = 0; i < sample.n; i++) {
    const at = (sample.cluster?.of[i] ?? i) * width
    const weight = sample.weight?.[i] ?? 1
    const label = inputs.label[i] ?? 0
    const add = (part: number, code: number): void => {
      units[at + part * classes + code] = (units[at + part * classes + code] ?? 0) + weight
    }
    add(0, label)
    add(1, inputs.champion[i] ?? 0)
    add(3, inputs.challenger[i] ?? 0)
    if (inputs.champion[i] === label) add(2, label)
    if (inputs.challenger[i] === label) add(4, label)
  }
  const value = (sums: Float64Array, part: 1 | 3): number =>
    metric.value(
      {
        labelled: sums.subarray(0, classes),
        predicted: sums.subarray(part * classes, (part + 1) * classes),
        truePositive: sums.subarray((part + 1) * classes, (part + 2) * classes),
      },
      sample.positive,
    )
  return compareUnits(
    {
      units,
      width,
      n: sample.n,
      kind: sample.cluster === null ? 'weighted rows' : `${count} clusters`,
      champion: (sums) => value(sums, 1),
      challenger: (sums) => value(sums, 3),
    },
    options,
  )
}
