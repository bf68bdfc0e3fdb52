import type { Evaluation } from '../../domain/models/evaluation.ts'
import type { GatePolicy } from '../../domain/models/policy.ts'
import type { Reason } from '../../domain/models/verdict.ts'
import type { GateContext } from '../context.ts'
import type { Metric } from '../metrics/metric.ts'
import { columnOf, hashColumn } from '../plan.ts'
import { countOf, reason, shown } from '../reasons.ts'
import type { CellProblem, Rows } from '../rows/columns.ts'
import { countCommon, findDuplicates } from '../rows/duplicates.ts'
import type { Sample } from '../sample.ts'
import { outOfRange, rangeText } from './policy.ts'

/** What is wrong with the rows themselves, before anything is computed from them. */
export function rowBreaches(evidence: Evaluation, rows: Rows, context: GateContext): Reason[] {
  const named = evidence.rows
  if (named === undefined) return []
  const found: Reason[] = []
  const breach = (rule: string, text: string): void => void found.push(reason(rule, 'reject', text))
  const stated = evidence.dataset.rows
  if (stated !== undefined && stated !== rows.count) {
    breach(
      'row-count',
      `the data set has ${countOf(stated, 'row')}, the rows file ${rows.count}: not comparable`,
    )
  }
  const ids = rows.keys.get(named.id)
  const twice = ids === undefined ? undefined : findDuplicates(ids)
  if (twice !== undefined) {
    const example = `rows ${twice.rows[0]} and ${twice.rows[1]}`
    breach(
      'duplicate-ids',
      `${countOf(twice.count, 'row')} ${twice.count === 1 ? 'repeats' : 'repeat'} an id of another row (for example ${example})`,
    )
  }
  const hashed = hashColumn(named)
  const hashes = rows.keys.get(hashed)
  if (hashes !== undefined && hashed !== named.id) {
    const same = findDuplicates(hashes)
    if (same !== undefined) {
      breach('duplicate-rows', `rows ${same.rows[0]} and ${same.rows[1]} are the same row under two ids`)
    }
  }
  if (context.trained !== undefined && hashes !== undefined) {
    const common = countCommon(hashes, context.trained)
    if (common.count > 0) {
      breach(
        'train-test-overlap',
        `${countOf(common.count, 'test row')} ${common.count === 1 ? 'stands' : 'stand'} among the training rows too (first: row ${common.row})`,
      )
    }
  }
  return [
    ...found,
    ...rows.problems.map((problem) => cellReason(problem, evidence)),
    ...emptyCells(evidence, rows),
  ]
}

function cellReason({ column, fault, count, row }: CellProblem, evidence: Evaluation): Reason {
  const where = `column ${column}, row ${row}${count > 1 ? ` and ${countOf(count - 1, 'other')}` : ''}`
  switch (fault) {
    case 'empty':
      return reason(isModelColumn(column, evidence) ? 'unpaired' : 'null', 'reject', `nothing in ${where}`)
    case 'null':
      return reason(isModelColumn(column, evidence) ? 'unpaired' : 'null', 'reject', `null in ${where}`)
    case 'not-a-number':
      return reason('not-a-number', 'reject', `NaN in ${where}`)
    case 'infinite':
      return reason('infinite', 'reject', `an infinite number in ${where}`)
    case 'boolean':
      return reason('boolean', 'reject', `a boolean where a number belongs: ${where}`)
    case 'text':
      return reason('text', 'reject', `text where a number belongs: ${where}`)
    case 'mixed-types':
      return reason('mixed-types', 'reject', `values of several types: ${where}`)
    default:
      return fault satisfies never
  }
}

/** Rows without a label, without an id, or with an outcome of only one model. */
function emptyCells(evidence: Evaluation, rows: Rows): Reason[] {
  const named = evidence.rows
  if (named === undefined) return []
  const predicted = [columnOf(named.champion, 'predicted'), columnOf(named.challenger, 'predicted')]
  const columns = [...new Set([named.label, ...predicted].filter((column) => column !== undefined))]
  const found = columns.flatMap((column) => {
    const codes = rows.categories.get(column)?.codes
    const first = codes?.indexOf(0) ?? -1
    if (codes === undefined || first < 0) return []
    let count = 0
    for (let i = first; i < codes.length; i++) if (codes[i] === 0) count++
    const rule = column === named.label ? 'label-missing' : 'unpaired'
    return [
      reason(
        rule,
        'reject',
        `${countOf(count, 'row')} have nothing in column ${column} (first: row ${first + 1})`,
      ),
    ]
  })
  const ids = rows.keys.get(named.id)
  const nameless = ids?.high.indexOf(0xffffffff) ?? -1
  return nameless < 0 ? found : [...found, reason('unpaired', 'reject', `row ${nameless + 1} has no id`)]
}

function isModelColumn(column: string, { rows }: Evaluation): boolean {
  const columns = [rows?.champion, rows?.challenger]
  return columns.some((c) => c !== undefined && (c === column || Object.values(c).includes(column)))
}

/** What the values say about themselves: weights, ranges, classes that never meet, one answer for everything. */
export function sampleBreaches(sample: Sample, metrics: readonly Metric[], policy: GatePolicy): Reason[] {
  return [
    ...weightBreaches(sample),
    ...metrics.flatMap((metric) => rangeBreaches(metric, sample)),
    ...foreignLabels(sample, metrics),
    ...constantAnswers(sample, metrics),
    ...positiveMissing(sample, metrics, policy),
  ]
}

function weightBreaches({ weight }: Sample): Reason[] {
  if (weight === null || weight.length === 0) return []
  const negative = weight.findIndex((w) => w < 0)
  if (negative >= 0)
    return [reason('negative-weight', 'reject', `row ${negative + 1} has weight ${weight[negative]}`)]
  return weight.some((w) => w > 0)
    ? []
    : [reason('zero-weight', 'reject', 'the weights of the rows sum to 0')]
}

function rangeBreaches(metric: Metric, sample: Sample): Reason[] {
  const probability = metric.family === 'sums' && metric.input === 'probability'
  const column = (metric.family === 'sums' && metric.input === 'column') || metric.family === 'percentile'
  if (!probability && !column) return []
  const role = metric.needs.find(({ of }) => of === 'model')?.role ?? ''
  const range = probability ? { ...metric, range: [0, 1] as const } : metric
  return (['champion', 'challenger'] as const).flatMap((side) => {
    const values = sample[side]?.numbers(role)
    const at = values?.findIndex((value) => outOfRange(range, value) !== undefined) ?? -1
    if (values === undefined || at < 0) return []
    const value = values[at] ?? Number.NaN
    const fault = outOfRange(range, value) ?? 'out-of-range'
    const text = `${role} of the ${side} is ${shown(value)} in row ${at + 1}, ${rangeText(range, fault)}`
    return [reason(fault, 'reject', text, metric.name)]
  })
}

/** Predictions and labels that have no word in common were written in two vocabularies ("spam" and "1"). */
function foreignLabels(sample: Sample, metrics: readonly Metric[]): Reason[] {
  const { label, classes } = sample
  if (label === undefined || sample.n === 0 || !metrics.some(({ family }) => family === 'labels')) return []
  const labels = new Uint8Array(classes.length)
  // The first class is "nothing there", which no sound label is.
  let missing = classes.length - 1
  for (let i = 0; i < label.length && missing > 0; i++) {
    const code = label[i] as number
    if (labels[code] === 1) continue
    labels[code] = 1
    missing--
  }
  return (['champion', 'challenger'] as const).flatMap((side) => {
    const codes = sample[side]?.codes('predicted')
    if (codes === undefined || codes.some((code) => labels[code] === 1)) return []
    const text = `no prediction of the ${side} is one of the labels: ${classes[codes[0] ?? 0]} is not among them`
    return [reason('labels-differ', 'reject', text)]
  })
}

function constantAnswers(sample: Sample, metrics: readonly Metric[]): Reason[] {
  if (sample.n < 2) return []
  const roles = new Set(
    metrics
      .filter((m) => m.family !== 'percentile' && !(m.family === 'sums' && m.input === 'column'))
      .flatMap((m) => m.needs.filter(({ of }) => of === 'model').map(({ role, use }) => `${use} ${role}`)),
  )
  return [...roles].flatMap((key) => {
    const [use = '', role = ''] = key.split(' ')
    const values = use === 'category' ? sample.challenger.codes(role) : sample.challenger.numbers(role)
    const first = values?.[0]
    if (values === undefined || !values.every((value) => value === first)) return []
    return [
      reason('constant-predictions', 'reject', `the challenger gives the same answer (${role}) on every row`),
    ]
  })
}

/** A metric of the positive class needs to know which one that is. */
function positiveMissing(sample: Sample, metrics: readonly Metric[], policy: GatePolicy): Reason[] {
  if (sample.positive >= 0 || sample.n === 0 || sample.label === undefined) return []
  const needing = metrics.find(
    (m) =>
      (m.family === 'labels' && m.ofPositive) ||
      m.family === 'area' ||
      (m.family === 'sums' && m.input === 'probability'),
  )
  if (needing === undefined) return []
  const labels = new Set<number>(sample.label.subarray(0, 100_000))
  if (labels.size < 2) {
    const text = `all labels are ${sample.classes[sample.label[0] ?? 0]}: ${needing.name} needs rows of both classes`
    return [reason('one-class', 'inconclusive', text, needing.name)]
  }
  const says = needing.name === policy.primary.metric ? 'reject' : 'inconclusive'
  const text = `${needing.name} is about the positive class, and no row has it: name it as rows.positive, or use a macro average`
  return [reason('positive-missing', says, text, needing.name)]
}
