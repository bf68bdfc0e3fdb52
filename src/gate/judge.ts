import type { GatePolicy } from '../domain/models/policy.ts'
import type { Decision, Reason } from '../domain/models/verdict.ts'
import type { Comparison } from './compare/comparison.ts'
import { countOf, reason, shown, signedNumber } from './reasons.ts'
import { neededUnits } from './statistics/multiplicity.ts'
import type { Interval } from './statistics/proportions.ts'

export type Rule = GatePolicy['guards'][number]

/** The line that a difference must be shown to be above: 0, or minus the margin. */
export function boundOf({ rule, margin }: Pick<Rule, 'rule' | 'margin'>): number {
  switch (rule) {
    case 'superior':
      return 0
    case 'noninferior':
      return -(margin ?? 0)
    default:
      return rule satisfies never
  }
}

/**
 * The decision rule (PROMISES.md, "How the gate decides"), on a two-sided 1 - 2 alpha interval signed so that more is better:
 * promote where it lies above the bound, reject where it lies below, else inconclusive.
 */
export function judgeInterval([low, high]: Interval, bound: number): Decision {
  if (low > bound) return 'promote'
  return high < bound ? 'reject' : 'inconclusive'
}

/** One comparison against its rule, as a sentence with its numbers. */
export function judge(kind: 'primary' | 'guard', comparison: Comparison, rule: Rule, alpha: number): Reason {
  const { metric, champion, challenger, difference, trouble } = comparison
  const interval = comparison.interval(alpha)
  if (trouble !== undefined) return reason(trouble.rule, 'inconclusive', trouble.text, metric)
  if (champion === null || difference === null || interval === null) {
    const text = `${metric} cannot be compared on ${countOf(comparison.n, 'row')}`
    return reason('too-few-rows', 'inconclusive', text, metric)
  }
  const bound = boundOf(rule)
  const says = judgeInterval(interval, bound)
  const values = `${metric} is ${shown(challenger)}, the champion's ${shown(champion)}`
  const change = `the difference is ${signedNumber(difference)} (${intervalText(interval, alpha)}; better is positive)`
  return reason(kind, says, `${values}: ${change}, ${conclusion(says, comparison, rule, alpha)}`, metric)
}

export function intervalText([low, high]: Interval, alpha: number): string {
  const level = Number(((1 - 2 * alpha) * 100).toFixed(2))
  return `${level} % interval ${signedNumber(low)} to ${signedNumber(high)}`
}

function conclusion(says: Decision, comparison: Comparison, rule: Rule, alpha: number): string {
  const bound = boundOf(rule)
  const margin = `the margin of ${shown(-bound)}`
  const superior = rule.rule === 'superior'
  switch (says) {
    case 'promote':
      return superior ? 'so it is better' : `so it is not worse by ${margin}`
    case 'reject':
      return superior ? 'so it is worse' : `so it is worse by more than ${margin}`
    case 'inconclusive': {
      const needed = neededFor(comparison, rule, alpha)
      const more = needed === null ? '' : `; about ${countOf(needed, 'row')} would settle it`
      return superior
        ? `so better is not shown${more}`
        : `so being worse by ${margin} is not ruled out${more}`
    }
    default:
      return says satisfies never
  }
}

/**
 * Rows that would promote with a power of 80 %: an equal model under non-inferiority, a model as much better as this one
 * seems under superiority. null where no number of rows would.
 */
export function neededFor(comparison: Comparison, rule: Rule, alpha: number): number | null {
  const { error, units, n, difference } = comparison
  if (error === null || difference === null) return null
  const distance = rule.rule === 'superior' ? difference : -boundOf(rule)
  const needed = neededUnits(distance, error, units, alpha, 0.8)
  return needed === null ? null : Math.ceil((needed * n) / units)
}
