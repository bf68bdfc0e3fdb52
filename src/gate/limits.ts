import type { Evaluation } from '../domain/models/evaluation.ts'
import type { GatePolicy } from '../domain/models/policy.ts'
import type { Reason } from '../domain/models/verdict.ts'
import type { GateContext } from './context.ts'
import { reason, shown } from './reasons.ts'

/** The challenger's value of a metric, and where it is from. */
export interface Known {
  readonly value: number
  readonly from: 'rows' | 'stated'
}

/** Values of the challenger by metric: from the rows, else from what the evidence or the registry states. */
export function challengerValues(
  evidence: Evaluation,
  computed: ReadonlyMap<string, number>,
  context: GateContext,
): ReadonlyMap<string, Known> {
  const known = new Map<string, Known>()
  for (const [name, value] of Object.entries(evidence.metrics?.challenger ?? {})) {
    if (typeof value === 'number' && Number.isFinite(value)) known.set(name, { value, from: 'stated' })
  }
  if (context.size !== undefined) known.set('size_bytes', { value: context.size, from: 'stated' })
  for (const [name, value] of computed) known.set(name, { value, from: 'rows' })
  return known
}

/** Floors, ceilings and budgets: what the challenger must reach whatever the champion does. */
export function limitReasons(policy: GatePolicy, known: ReadonlyMap<string, Known>): Reason[] {
  const check = (rule: 'floor' | 'ceiling' | 'budget', name: string, limit: number): Reason => {
    const found = known.get(name)
    if (found === undefined) {
      return reason(
        'missing-metric',
        'reject',
        `the ${rule} of ${name} cannot be checked: there is no value for it`,
        name,
      )
    }
    if (!Number.isFinite(found.value)) {
      const text = `the ${rule} of ${name} cannot be checked: ${name} is not defined on these rows`
      return reason('undefined-metric', 'inconclusive', text, name)
    }
    const met = rule === 'floor' ? found.value >= limit : found.value <= limit
    const stated = found.from === 'stated' ? ' (as the evidence states it)' : ''
    const relation = met ? 'within' : 'misses'
    return reason(
      rule,
      met ? 'promote' : 'reject',
      `${name} is ${shown(found.value)}${stated}: ${relation} the ${rule} of ${shown(limit)}`,
      name,
    )
  }
  return [
    ...Object.entries(policy.floors).map(([name, limit]) => check('floor', name, limit)),
    ...Object.entries(policy.ceilings).map(([name, limit]) => check('ceiling', name, limit)),
    ...Object.entries(policy.budgets).flatMap(([name, limit]) =>
      limit === undefined ? [] : [check('budget', name, limit)],
    ),
  ]
}
