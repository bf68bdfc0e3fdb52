import type { JobStatus } from '../../ports/jobs.ts'
import type { JobRecord } from './job-record.ts'
import type { Seen } from './platform.ts'

/** A job that has ended. */
export type EndStatus = JobStatus & { readonly state: NonNullable<JobRecord['end']>['state'] }

export function isEnd(status: JobStatus): status is EndStatus {
  return status.state !== 'pending' && status.state !== 'running'
}

/** A step's time begins with its container; placing it and pulling its image has a time of its own. */
export function isLate(
  { timeout, claimedAt }: JobRecord,
  { status: { state, startedAt }, waitsSince = claimedAt }: Seen,
  placing: number,
  now: number,
): boolean {
  return state === 'running' && startedAt !== null
    ? now - startedAt > timeout
    : now - waitsSince > timeout + placing
}
