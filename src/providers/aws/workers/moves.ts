import type { Digest, ImageReference } from '../../../domain/digest.ts'

/** What machines of a worker run, or shall: one image of one release. */
export interface Run {
  readonly id: string
  readonly image: ImageReference
  /** null: from before workers were part of releases. */
  readonly release: Digest | null
  /** Milliseconds since the epoch. */
  readonly at: number
}

/**
 * Where the release of a worker stands. Machines that work at one queue have no share of traffic, so a new run waits until it gets
 * all; `moved` is written before anything is done to machines, so that whoever goes on after a kill knows what may be done.
 */
export interface WorkerRecord {
  readonly serving: Run | null
  readonly staged: (Run & { readonly moved: boolean }) | null
  /** What the parameter said before the first release, to be written back. */
  readonly first: string
}

export type Move =
  | { readonly kind: 'there' }
  | { readonly kind: 'change'; readonly to: WorkerRecord }
  /** Another release is on its way, or has come. */
  | { readonly kind: 'busy'; readonly by: string }

const THERE: Move = { kind: 'there' }
const change = (to: WorkerRecord): Move => ({ kind: 'change', to })

export function stageMove(now: WorkerRecord, run: Run): Move {
  const { serving, staged } = now
  if (staged !== null) return staged.id === run.id ? THERE : { kind: 'busy', by: staged.id }
  return serving?.id === run.id ? THERE : change({ ...now, staged: { ...run, moved: false } })
}

/** Only with all of the traffic anything moves. */
export function shiftMove(now: WorkerRecord, id: string): Move {
  const { serving, staged } = now
  if (staged?.id === id) return staged.moved ? THERE : change({ ...now, staged: { ...staged, moved: true } })
  return staged === null && serving?.id === id
    ? THERE
    : { kind: 'busy', by: staged?.id ?? serving?.id ?? 'nothing' }
}

export function settleMove(now: WorkerRecord, id: string): Move {
  const { serving, staged } = now
  if (staged === null && serving?.id === id) return THERE
  if (staged?.id !== id || !staged.moved) return { kind: 'busy', by: staged?.id ?? serving?.id ?? 'nothing' }
  const { moved: _, ...run } = staged
  return change({ ...now, serving: run, staged: null })
}

/** Once the machines run again what they ran before; what somebody else has staged stays. */
export function revertMove(now: WorkerRecord, id: string): Move {
  return now.staged?.id === id ? change({ ...now, staged: null }) : THERE
}
