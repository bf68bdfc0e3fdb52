import { SluiceError } from '../../domain/error.ts'
import type { Difference } from '../../plan/approval.ts'

/** `replayed`: it was applied already; `stale`: something of it is another now. */
export type StaleReason = 'replayed' | 'stale'

/** A plan that may not be applied any more: exit 5, with its reason for programs. */
export class StalePlan extends SluiceError {
  readonly reason: StaleReason
  readonly differences: readonly Difference[]

  constructor(
    reason: StaleReason,
    what: string,
    { rule = 'a plan is applied once, as it was made', differences = [] as readonly Difference[] } = {},
  ) {
    super('stale', 'user', {
      what: `${reason}: ${what}`,
      rule,
      remedy: 'run plan again, and apply what it shows',
    })
    this.reason = reason
    this.differences = differences
  }
}
