import { NOT_DONE } from '../../../domain/jobs/ecs-tasks.ts'

/** What a platform is told when it stops a job, so that the end of the job says by itself whose it was. */
export const STOPPED = 'sluice: stopped'
export const timedOut = (timeout: number): string => `${NOT_DONE} ${timeout} ms`

/** Who ended a job whose end says this; undefined where it was none of ours. */
export function endedBy(
  reason: string,
): { readonly state: 'stopped' | 'timed-out'; readonly reason: string } | undefined {
  if (reason === STOPPED) return { state: 'stopped', reason: 'stopped' }
  if (!reason.startsWith(NOT_DONE)) return undefined
  return { state: 'timed-out', reason: reason.slice('sluice: '.length) }
}
