import type { PlanChange } from '../../domain/plans/plan.ts'
import type { Bootstrap, Logins } from '../../domain/stacks/bootstrapper.ts'
import type { StateGround } from '../../providers/ports/states.ts'

export interface Shown {
  readonly environment: string
  readonly ground: StateGround
  readonly accesses: Bootstrap['accesses']
  readonly logins: Logins
  readonly changes: readonly Pick<PlanChange, 'address' | 'action'>[]
  /** Nothing has been done. */
  readonly isDry: boolean
}

/** What bootstrap did, or would do, for people: no value of anything but names stands in it. */
export function bootstrapMarkdown({ environment, ground, accesses, logins, changes, isDry }: Shown): string {
  const { owner, name, id } = accesses.apply.repository
  const roles = (['plan', 'apply'] as const).map(
    (role) => `| ${role} | \`${accesses[role].environment}\` | \`${logins[role]}\` |`,
  )
  return [
    `### Bootstrap of ${environment}${isDry ? ': what would be done' : ''}`,
    '',
    `States: \`${ground.place}\``,
    '',
    ...ground.parts.map(({ what, state }) => `- ${what}: ${state === 'there' ? 'there' : 'to be made'}`),
    '',
    ...(changes.length === 0 ? ['Trust and roles: nothing to change'] : ['Trust and roles:', '']),
    ...changes.map(({ address, action }) => `- ${action} \`${address}\``),
    '',
    `Jobs of ${owner}/${name} (id ${id}) log in by the environment on GitHub that they run in:`,
    '',
    '| may | environment on GitHub | logs in as |',
    '| --- | --- | --- |',
    ...roles,
    '',
    ...(accesses.apply.workflows.length === 0
      ? []
      : [`Only jobs of ${accesses.apply.workflows.map((workflow) => `\`${workflow}\``).join(', ')}.`, '']),
    `Protect \`${accesses.apply.environment}\` on GitHub with reviewers: whoever may run a job in it may change the system.`,
    ...removalNote(accesses.apply.also),
    '',
  ].join('\n')
}

/** Addresses of a stack whose state is not there yet: all of them are new. */
export function allNew(json: Readonly<Record<string, unknown>>): Shown['changes'] {
  const types = Object.entries((json['resource'] ?? {}) as Record<string, object>)
  return types
    .flatMap(([type, resources]) => Object.keys(resources).map((id) => `${type}.${id}`))
    .sort()
    .map((address) => ({ address, action: 'create' }))
}

/** It has no reviewers, so it must not be open to the branches of pull requests, nor be made by whoever names it first. */
function removalNote(environment: string | undefined): readonly string[] {
  if (environment === undefined) return []
  return [
    '',
    `Let \`${environment}\` take the default branch alone, before anybody uses it: its jobs remove previews without a review.`,
  ]
}
