import { type Digest, digestOfValue } from '../domain/digest.ts'
import type { Guards } from '../domain/plans/guards.ts'
import type { PlanChange, StackPlan } from '../domain/plans/plan.ts'

/** Why a change takes data along, or may. */
export type Threat = 'delete' | 'replace' | 'forget' | 'unprotects' | 'unknown-protection'

export type Finding =
  /** Stops until its address is named together with the plan's id. */
  | {
      readonly kind: 'loss'
      readonly stack: string
      readonly address: string
      readonly threat: Threat
      readonly text: string
    }
  /** More ends than the team allows; its name is `destroys`. */
  | { readonly kind: 'destroys'; readonly count: number; readonly limit: number; readonly text: string }
  /** The team's own policy said no: nothing but another plan or policy helps. */
  | { readonly kind: 'policy'; readonly stack: string; readonly text: string }
  /** No rule can say: a person must. */
  | { readonly kind: 'undecided'; readonly stack: string; readonly address?: string; readonly text: string }

export type GuardVerdict = 'allowed' | 'needs-naming' | 'cannot-decide'

/** What the team's own policy command came to on the plan of a stack. */
export type PolicyAnswer =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed'; readonly text: string }
  /** It crashed, was killed, or is not there: nobody knows what it would have said. */
  | { readonly kind: 'no-answer'; readonly text: string }

export interface Guarded {
  readonly plan: StackPlan
  /** Absent where the team has no policy of its own. */
  readonly policy?: PolicyAnswer
}

/** Changes when the guards are other ones, and with them what a verdict is worth. */
export const rulesOf = (guards: Guards): Digest => digestOfValue({ version: 1, ...guards })

/**
 * What stands between a plan and its apply (promises R16 and R17), loudest first. `lifecycle` is not asked: it goes with the
 * block that is taken out.
 */
export function guardFindings(stacks: readonly Guarded[], guards: Guards): readonly Finding[] {
  const planned = stacks.filter(({ plan }) => plan.state === 'planned')
  return [
    ...planned.flatMap(({ plan }) => plan.changes.flatMap((change) => loss(plan.stack, change))),
    ...tooMany(planned, guards),
    ...planned.flatMap(said),
    ...planned.flatMap(({ plan, policy }) => undecided(plan, policy)),
  ]
}

export function guardVerdict(findings: readonly Finding[]): GuardVerdict {
  const has = (...kinds: readonly Finding['kind'][]): boolean =>
    findings.some(({ kind }) => kinds.includes(kind))
  if (has('loss', 'destroys', 'policy')) return 'needs-naming'
  return has('undecided') ? 'cannot-decide' : 'allowed'
}

/** What a person has to write to let a finding pass; undefined where nothing does. */
export function nameOf(finding: Finding, plan: string): string | undefined {
  switch (finding.kind) {
    case 'loss':
      return `${finding.address}@${plan}`
    case 'destroys':
      return `destroys@${plan}`
    case 'undecided':
    case 'policy':
      return undefined
    default:
      return finding satisfies never
  }
}

/** Findings that still stand after what was named. A name of another plan, or of nothing, names nothing. */
export function unnamed(
  findings: readonly Finding[],
  named: readonly string[],
  plan: string,
): readonly Finding[] {
  // A report keeps `@` from mentioning people by a word joiner behind it, which is copied along.
  const known = new Set(named.map((name) => name.replaceAll('\u2060', '')))
  return findings.filter((finding) => {
    if (finding.kind === 'undecided') return false
    const name = nameOf(finding, plan)
    return name === undefined || !known.has(name)
  })
}

function loss(stack: string, change: PlanChange): Finding[] {
  if (change.mode === 'data') return []
  const threat = threatOf(change)
  if (threat === undefined) return []
  const why = change.reason === undefined ? '' : ` (${change.reason})`
  const of = `${change.address} in stack ${stack}`
  const text = {
    delete: `deletes ${of}, which holds data${why}`,
    replace: `replaces ${of}, which holds data${why}`,
    forget: `forgets ${of}, which holds data: nobody looks after it then`,
    unprotects: `takes ${change.unprotects.join(', ')} from ${of}`,
    'unknown-protection': `may take protection from ${of}: ${change.unknown.join(', ')} is known after apply only`,
  }[threat]
  return [{ kind: 'loss', stack, address: change.address, threat, text }]
}

/** Attributes on which it depends whether data outlive their resource. */
const PROTECTIVE =
  /^(deletion_protection(_enabled)?|force_(delete|destroy)|skip_(destroy|final_snapshot)|\*)$/

function threatOf({ action, stateful, unprotects, unknown }: PlanChange): Threat | undefined {
  switch (action) {
    case 'delete':
    case 'replace':
    case 'forget':
      return stateful ? action : undefined
    case 'update':
      if (unprotects.length > 0) return 'unprotects'
      return stateful && unknown.some((name) => PROTECTIVE.test(name)) ? 'unknown-protection' : undefined
    case 'create':
    case 'read':
    case 'noop':
      return undefined
    default:
      return action satisfies never
  }
}

function tooMany(stacks: readonly Guarded[], { destroys: limit }: Guards): Finding[] {
  if (limit === undefined) return []
  const count = stacks.reduce((sum, { plan }) => sum + plan.counts.delete + plan.counts.replace, 0)
  if (count <= limit) return []
  const text = `deletes or replaces ${count} resources, and at most ${limit} may go at once (guards.destroys)`
  return [{ kind: 'destroys', count, limit, text }]
}

function said({ plan: { stack }, policy }: Guarded): Finding[] {
  if (policy?.kind !== 'failed') return []
  return [{ kind: 'policy', stack, text: `the policy refuses stack ${stack}: ${policy.text}` }]
}

/**
 * A policy is given a plan in which values are missing, and most rules take a missing value for a good one. So where one
 * passed and values are unknown, nothing was decided.
 */
function undecided({ stack, changes, checks }: StackPlan, policy: PolicyAnswer | undefined): Finding[] {
  const open = checks
    .filter(({ status }) => status !== 'pass')
    .map(
      ({ address, status }): Finding => ({
        kind: 'undecided',
        stack,
        address,
        text: `the check ${address} in stack ${stack} says ${status}`,
      }),
    )
  switch (policy?.kind) {
    case undefined:
    case 'failed':
      return open
    case 'no-answer':
      return [
        ...open,
        { kind: 'undecided', stack, text: `the policy gave no answer on stack ${stack}: ${policy.text}` },
      ]
    case 'passed':
      return [
        ...open,
        ...changes
          .filter(({ unknown, action }) => unknown.length > 0 && action !== 'read')
          .map(
            ({ address, unknown }): Finding => ({
              kind: 'undecided',
              stack,
              address,
              text: `the policy cannot see ${list(unknown)} of ${address}: known after apply only`,
            }),
          ),
      ]
    default:
      return policy satisfies never
  }
}

const list = (names: readonly string[]): string =>
  names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ')
