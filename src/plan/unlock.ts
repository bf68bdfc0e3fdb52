import type { WorkflowRun } from '../domain/plans/approval.ts'

/** What is known of who took a lock. */
export interface Owner {
  /** The run of this machine that wrote a journal at that time, where there is one. */
  readonly local: 'running' | 'ended' | 'unknown'
  /** Runs of the repository that were under way when the lock was taken; undefined where nobody can be asked. */
  readonly runs: readonly WorkflowRun[] | undefined
}

export type MayUnlock =
  | { readonly because: string }
  | { readonly refusal: string; readonly links: readonly string[] }

/**
 * Whether the owner of a lock is finished for certain (promise R18). A lock names a machine and no run, so every run that was
 * under way when it was taken has to be finished, and there has to be one.
 */
export function mayUnlock({ local, runs }: Owner): MayUnlock {
  switch (local) {
    case 'running':
      return { refusal: 'the engine that took it still runs on this machine', links: [] }
    case 'ended':
      return { because: 'the engine that took it has ended on this machine' }
    case 'unknown':
      break
    default:
      local satisfies never
  }
  if (runs === undefined) {
    return { refusal: 'nobody can say whether its owner has finished', links: [] }
  }
  const open = runs.filter(({ finished }) => !finished)
  const [one] = runs
  if (open.length > 0) {
    return { refusal: 'a run that may have taken it is not finished', links: open.map(({ url }) => url) }
  }
  if (one === undefined)
    return { refusal: 'no run of the repository was under way when it was taken', links: [] }
  return {
    because: `every run that was under way when it was taken has finished: ${runs.map(({ url }) => url).join(', ')}`,
  }
}
