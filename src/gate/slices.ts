import type { GatePolicy } from '../domain/models/policy.ts'
import type { Decision, Reason, SliceResult } from '../domain/models/verdict.ts'
import { compare } from './compare/compare.ts'
import type { Comparison } from './compare/comparison.ts'
import { intervalText, type Rule } from './judge.ts'
import type { Metric } from './metrics/metric.ts'
import { groups } from './metrics/ranking.ts'
import { countOf, reason, shown, signedNumber } from './reasons.ts'
import type { Rows } from './rows/columns.ts'
import { type Sample, selectRows } from './sample.ts'
import { holm } from './statistics/multiplicity.ts'
import { invertInterval } from './statistics/proportions.ts'

/** More than this many are no protected groups but a continuous column. */
const SLICE_LIMIT = 500

interface Judged {
  readonly column: string
  readonly value: string
  readonly comparison: Comparison
}

export interface SliceJudgement {
  readonly reasons: readonly Reason[]
  readonly slices: readonly SliceResult[]
}

/**
 * Protected slices (promise R41): on every value of every slice column the challenger must be non-inferior, with Holm's
 * correction over all of them. A slice that is missing, too small or of one class is a doubt, never a pass.
 */
export function judgeSlices(
  sample: Sample,
  rows: Rows,
  metric: Metric,
  policy: GatePolicy,
  alpha: number,
  seed: string,
): SliceJudgement {
  const margin = policy['slice-margin'] ?? policy.primary.margin
  const rule: Rule = {
    ...policy.primary,
    rule: margin === undefined ? 'superior' : 'noninferior',
    margin,
  }
  const found = policy.slices.map((column) => sliceRows(column, rows))
  const doubts = found.flatMap(({ doubt }) => (doubt === undefined ? [] : [doubt]))
  const judged = found.flatMap(({ column, values }) =>
    values.map(({ value, rows: own }): Judged | Reason => {
      const minimum = policy['slice-minimum']
      const name = sliceName(column, value)
      if (own.length < minimum) {
        const text = `slice ${name} has ${countOf(own.length, 'row')}; at least ${minimum} are needed to judge it`
        return reason('slice-too-small', 'inconclusive', text)
      }
      const comparison = compare(selectRows(sample, own), {
        metric,
        direction: rule.direction,
        rule: rule.rule,
        resamples: policy.resamples,
        seed,
        purpose: `slice ${column}=${value}`,
      })
      if (comparison?.difference == null || comparison.trouble !== undefined) {
        const why = comparison?.trouble?.text ?? `${metric.name} cannot be compared on it`
        return reason('slice-undefined', 'inconclusive', `slice ${name}: ${why}`, metric.name)
      }
      return { column, value, comparison }
    }),
  )
  const comparisons = judged.filter((item): item is Judged => 'comparison' in item)
  const others = judged.filter((item): item is Reason => 'says' in item)
  const decided = decideSlices(comparisons, margin ?? 0, alpha)
  return {
    reasons: [...doubts, ...others, ...decided.map((d) => d.reason)],
    slices: decided.map((d) => d.slice),
  }
}

/** One-sided p-values of "worse by the margin", stepped down by Holm; harm is shown at alpha over all slices. */
function decideSlices(
  judged: readonly Judged[],
  margin: number,
  alpha: number,
): { reason: Reason; slice: SliceResult }[] {
  const bound = -margin
  const pValues = judged.map(({ comparison }) => invertInterval(comparison.interval, bound))
  const stepped = holm(pValues, alpha)
  return judged.map(({ column, value, comparison }, index) => {
    const { level, rejected } = stepped[index] ?? { level: alpha, rejected: false }
    const interval = comparison.interval(level)
    const harm = comparison.interval(alpha / judged.length)
    const says: Decision = rejected ? 'promote' : harm !== null && harm[1] < bound ? 'reject' : 'inconclusive'
    const { metric: name, champion, challenger, difference, n, method } = comparison
    return {
      reason: reason('slice', says, sliceText(column, value, comparison, says, margin, level), name),
      slice: {
        column,
        value,
        says,
        name,
        champion,
        challenger,
        difference,
        interval: interval === null ? null : [interval[0], interval[1]],
        n,
        method,
        level,
      },
    }
  })
}

function sliceText(
  column: string,
  value: string,
  { metric, challenger, champion, difference, interval, n }: Comparison,
  says: Decision,
  margin: number,
  level: number,
): string {
  const range = interval(level)
  const numbers = `${metric} ${shown(challenger)} against ${shown(champion ?? Number.NaN)} on ${countOf(n, 'row')}`
  const change = `${signedNumber(difference ?? Number.NaN)}${range === null ? '' : ` (${intervalText(range, level)})`}`
  const meaning =
    says === 'promote'
      ? 'not worse'
      : says === 'reject'
        ? 'worse'
        : margin === 0
          ? 'better is not shown, and without slice-margin nothing less is enough'
          : `being worse by ${shown(margin)} is not ruled out`
  return `slice ${sliceName(column, value)}: ${numbers}, ${change}: ${meaning}`
}

interface SliceRows {
  readonly column: string
  readonly values: readonly { readonly value: string; readonly rows: Uint32Array }[]
  readonly doubt?: Reason
}

function sliceRows(column: string, rows: Rows): SliceRows {
  const category = rows.categories.get(column)
  if (category === undefined) {
    const text = `slice column ${column} is not among the slices of the evidence: it cannot be judged`
    return { column, values: [], doubt: reason('slice-missing', 'inconclusive', text) }
  }
  const byCode = groups(new Uint32Array(category.codes), category.values.length)
  const values = category.values
    .map((value, code) => ({ value, rows: byCode.of(code) }))
    .filter(({ rows: own }) => own.length > 0)
    .sort((a, b) => (a.value < b.value ? -1 : 1))
  if (values.length > SLICE_LIMIT) {
    const text = `slice column ${column} has ${values.length} values; at most ${SLICE_LIMIT} can be protected`
    return { column, values: [], doubt: reason('slice-too-many', 'inconclusive', text) }
  }
  if (values.length === 0) {
    return {
      column,
      values,
      doubt: reason('slice-missing', 'inconclusive', `slice column ${column} has no rows`),
    }
  }
  return { column, values }
}

function sliceName(column: string, value: string): string {
  return `${column}=${value === '' ? '(nothing)' : value}`
}
