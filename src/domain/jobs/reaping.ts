import { formatDuration } from '../quantity.ts'
import type { WorkflowRunId } from './workflow-run.ts'

/** Something of an environment's own that runs and costs, and what independent sources say of it. Milliseconds. */
export interface Sighting {
  /** `capacity`: a machine that is kept for the tasks of a step, and none of a job's own. */
  readonly kind: 'machine' | 'capacity' | 'task' | 'execution' | 'process'
  /** The platform's id of it. */
  readonly name: string
  /** The job that it was started for; of capacity the step, `pipeline.step`. */
  readonly job: string
  /** By the platform: when it was started, what time it may have, and what time it is there. */
  readonly startedAt: number
  readonly lifetime: number | null
  readonly now: number
  /** By the ledger, and our clock: whether its job is still to be done, and until when. */
  readonly claim: 'none' | 'ended' | { readonly until: number; readonly now: number }
  /** By itself: when it last said that it lives, and whether it has said its end; null where it has no way to say so. */
  readonly life: { readonly seenAt: number | null; readonly ended: boolean } | null
  /** The run of a workflow that started it, where one did. */
  readonly run?: WorkflowRunId
}

/** What GitHub says of the run of a workflow; `unknown` where it says nothing. */
export type RunState = 'ended' | 'running' | 'unknown'

export interface ReapVerdict {
  readonly verdict: 'end' | 'spare'
  /** What speaks against it, in words. */
  readonly signals: readonly string[]
}

/** A killer comes once a minute, a boot takes some, and clocks differ. */
export const GRACE = 10 * 60_000
/** A machine says that it lives once a minute. */
const SILENCE = 10 * 60_000

/**
 * The reaper's rule (promise R34): one source may be wrong (a clock, a log that is late, a record that was removed), two are not, so
 * what is ended has two of them against it. Something busy has none or one; something dead has two once its time and the grace are
 * over.
 */
export function reapVerdict(
  { kind, startedAt, lifetime, now, claim, life }: Sighting,
  run: RunState = 'unknown',
): ReapVerdict {
  const signals: string[] = []
  const age = now - startedAt
  if (lifetime !== null && age > lifetime + GRACE) {
    signals.push(`it runs for ${formatDuration(age)} and had ${formatDuration(lifetime)}`)
  }
  if (claim === 'ended') {
    signals.push(kind === 'capacity' ? 'no job of its step is to be done' : 'its job has ended')
  } else if (claim === 'none') {
    if (age > GRACE) signals.push('nobody knows its job')
  } else if (claim.now > claim.until + GRACE) signals.push('the time of its job is over')
  if (life !== null) {
    const quiet = now - (life.seenAt ?? startedAt + GRACE)
    if (life.ended) signals.push('it has said its end')
    else if (quiet > SILENCE) {
      signals.push(`no ${kind === 'capacity' ? 'task' : 'sign of life'} for ${formatDuration(quiet)}`)
    }
  }
  if (run === 'ended' && age > GRACE) signals.push('the workflow run that started it has ended')
  return { verdict: signals.length >= 2 ? 'end' : 'spare', signals }
}
