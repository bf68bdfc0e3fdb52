import { type Digest, shortDigest } from '../domain/digest.ts'
import type { Approver, Bound, Review } from '../domain/plans/approval.ts'

/** What people type and name: the first twelve digits of a plan's fingerprint. The record holds all of it. */
export const planId = (fingerprint: Digest): string => shortDigest(fingerprint)

/** Whether somebody who named a plan, by its id or by more digits of the fingerprint, named this one. */
export const isNamed = (named: string, fingerprint: Digest): boolean =>
  named.length >= planId(fingerprint).length && fingerprint.slice('sha256:'.length).startsWith(named)

export interface Difference {
  /** In the words of approval.json: `backend.key`. */
  readonly field: string
  readonly was: string
  readonly is: string
}

/** Every field that is another now, in the order of the record. Fields that a later version added are compared as well. */
export function differences(approved: object, now: object, prefix = ''): readonly Difference[] {
  const [was, is] = [approved as Record<string, unknown>, now as Record<string, unknown>]
  return [...new Set([...Object.keys(was), ...Object.keys(is)])].flatMap((key) => {
    const [old, young] = [was[key], is[key]]
    if (isRecord(old) && isRecord(young)) return differences(old, young, `${prefix}${key}.`)
    return JSON.stringify(old) === JSON.stringify(young)
      ? []
      : [{ field: `${prefix}${key}`, was: shown(old), is: shown(young) }]
  })
}

/** What becomes of an approved plan, from what it was bound to and what is there now. */
export type Standing =
  | { readonly kind: 'same' }
  /** Only the state has moved on: a fresh plan that does the same may be applied. */
  | { readonly kind: 'moved'; readonly from: string; readonly to: string }
  | { readonly kind: 'differs'; readonly differences: readonly Difference[] }

export function standing(approved: Bound, now: Bound): Standing {
  const found = differences(approved, now)
  if (found.length === 0) return { kind: 'same' }
  const [only] = found
  if (found.every(({ field }) => isProgress(field, approved)) && only !== undefined) {
    const serial = found.find(({ field }) => field === 'state.serial') ?? only
    return { kind: 'moved', from: serial.was, to: serial.is }
  }
  return { kind: 'differs', differences: found }
}

/** A state that was not there yet gets its lineage with its first serial; another lineage is another state. */
function isProgress(field: string, approved: Bound): boolean {
  return field === 'state.serial' || (field === 'state.lineage' && approved.state.lineage === null)
}

/** Who may have said yes, and why not. */
export type Reviewed = { readonly by: string } | { readonly refusal: string }

/**
 * The review of an environment in a run counts if it is by somebody else than who started the run, or started it again; whoever said no, or has
 * not answered, keeps it closed.
 *
 * GitHub says who approved which environments, and neither for which job nor when
 * (https://docs.github.com/rest/actions/workflow-runs#get-the-review-history-for-a-workflow-run). Jobs of one environment that wait together
 * share a review, and one that begins to wait later needs another: measured in https://github.com/liquibase/liquibase/pull/7964, told in
 * https://github.com/TimStewartJ/TheMightyArchitectury/pull/48. The applies of a run follow each other, so the review of the second plan is a
 * second entry; if GitHub ever kept them as one, it would be one too few here, and nothing is applied. Whoever started the run must not be
 * among those who approved: nobody could say then that this plan was not theirs, as where a run is started again.
 *
 * @param round which plan of the run it is, from 1: a review is of one plan, so the second needs a second.
 */
export function reviewedBy(
  reviews: readonly Review[],
  environment: string,
  actors: readonly string[],
  round = 1,
): Reviewed {
  const here = reviews.filter((review) => review.environment === environment)
  const rejected = here.find(({ state }) => state === 'rejected')
  if (rejected !== undefined) return { refusal: `${rejected.by} has rejected it` }
  const approved = here.filter(({ state }) => state === 'approved')
  if (approved.length === 0) return { refusal: `nobody has reviewed environment ${environment} in this run` }
  // A login in other letters is the same account.
  const own = new Set(actors.map((actor) => actor.toLowerCase()))
  if (own.size === 0 || approved.some(({ by }) => own.has(by.toLowerCase()))) {
    const who = actors.join(' and ') || 'whoever started the run'
    return { refusal: `${who} cannot approve the own run; it needs a new one` }
  }
  const counted = approved[round - 1]
  if (counted === undefined) {
    return {
      refusal: `this is plan ${round} of the run, and ${approved.length} of its plans were reviewed by others`,
    }
  }
  return { by: counted.by }
}

/** Whether a person has looked at what no rule could decide: a flag in a script is nobody's look. */
export const sawUndecided = ({ how }: Pick<Approver, 'how'>): boolean => {
  switch (how) {
    case 'typed':
    case 'reviewed':
      return true
    case 'named':
      return false
    default:
      return how satisfies never
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const shown = (value: unknown): string => (value === null || value === undefined ? 'none' : String(value))
