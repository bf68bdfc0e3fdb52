import type { GatePolicy } from '../../domain/models/policy.ts'
import type { Reason } from '../../domain/models/verdict.ts'
import { metricOf } from '../metrics/catalog.ts'
import type { Metric } from '../metrics/metric.ts'
import { reason, shown } from '../reasons.ts'

/**
 * What is wrong with a policy beyond its schema. A policy that cannot be meant never promotes: the caller may have built it
 * without the schema, so directions and numbers are looked at again.
 */
export function policyBreaches(policy: GatePolicy): Reason[] {
  if (typeof policy.primary !== 'object' || policy.primary === null) {
    return [reason('no-rules', 'reject', 'the policy has no primary rule: nothing would be decided')]
  }
  const comparisons = [policy.primary, ...policy.guards]
  return [
    ...comparisons.flatMap((rule) => comparisonBreaches(rule, policy)),
    ...Object.entries(policy.floors).flatMap(([name, limit]) => limitBreaches('floor', name, limit, policy)),
    ...Object.entries(policy.ceilings).flatMap(([name, limit]) =>
      limitBreaches('ceiling', name, limit, policy),
    ),
    ...Object.entries(policy.budgets).flatMap(([name, limit]) =>
      limit === undefined ? [] : limitBreaches('budget', name, limit, policy),
    ),
  ]
}

function comparisonBreaches(rule: GatePolicy['guards'][number], policy: GatePolicy): Reason[] {
  const { metric: name, direction, margin, alpha } = rule
  const metric = metricOf(name, policy.metrics)
  if (typeof metric === 'string') return [reason('unknown-metric', 'reject', metric, name)]
  const found: Reason[] = []
  const breach = (id: string, text: string): void => void found.push(reason(id, 'reject', text, name))
  if (direction !== 'higher' && direction !== 'lower') {
    breach('direction-missing', `the rule on ${name} does not say which direction is better`)
  } else if (metric.direction !== null && metric.direction !== direction) {
    breach('wrong-direction', `${name} is better when ${metric.direction}; the policy says ${direction}`)
  }
  if (rule.rule === 'noninferior' && margin === undefined) {
    breach('margin-missing', `noninferior on ${name} needs a margin: how much worse is still good enough`)
  }
  if (rule.rule === 'superior' && margin !== undefined) {
    breach('margin-unused', `superior on ${name} has no margin; did you mean noninferior?`)
  }
  if (margin !== undefined && !(Number.isFinite(margin) && margin > 0)) {
    breach('threshold-not-finite', `the margin of ${name} is ${margin}, not a positive number`)
  } else if (margin !== undefined && margin >= width(metric)) {
    breach('percent', `a margin of ${margin} is the whole range of ${name}: is it in percent?`)
  }
  if (alpha !== undefined && !(alpha > 0 && alpha < 0.5)) {
    breach('threshold-not-finite', `alpha of ${name} is ${alpha}, not between 0 and 0.5`)
  }
  if (metric.family === 'stated') {
    breach('not-comparable', `${name} is no function of rows: use it in budgets or ceilings`)
  }
  return found
}

function limitBreaches(kind: string, name: string, limit: number, policy: GatePolicy): Reason[] {
  const metric = metricOf(name, policy.metrics)
  if (typeof metric === 'string') return [reason('unknown-metric', 'reject', metric, name)]
  if (!Number.isFinite(limit)) {
    return [
      reason(
        'threshold-not-finite',
        'reject',
        `the ${kind} of ${name} is ${limit}, not a finite number`,
        name,
      ),
    ]
  }
  const fault = outOfRange(metric, limit)
  return fault === undefined
    ? []
    : [
        reason(
          fault,
          'reject',
          `the ${kind} of ${name} is ${shown(limit)}, ${rangeText(metric, fault)}`,
          name,
        ),
      ]
}

function width(metric: Metric): number {
  return metric.range[1] - metric.range[0]
}

/** Which rule a value breaks that its metric can never have. */
export function outOfRange(metric: Metric, value: number): 'percent' | 'out-of-range' | undefined {
  const [low, high] = metric.range
  if (value >= low && value <= high) return undefined
  return low === 0 && high === 1 && value > 1 && value <= 100 ? 'percent' : 'out-of-range'
}

export function rangeText(metric: Metric, fault: 'percent' | 'out-of-range'): string {
  const [low, high] = metric.range
  return fault === 'percent'
    ? `but ${metric.name} is a fraction from 0 to 1: is it in percent?`
    : `outside of what ${metric.name} can be (${low} to ${high})`
}
