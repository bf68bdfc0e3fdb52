import type { JobStatus } from '../../ports/jobs.ts'
import type { JobRecord } from './job-record.ts'
import type { Seen } from './platform.ts'

/** A job that has ended. */
export type EndStatus = JobStatus & { readonly state: NonNullable<JobRecord['end']>['state'] }

export function isEnd(status: JobStatus): status is EndStatus {
  return status.state !== 'pending' && status.state !== 'running'
}

/**
 * A step's time begins with its container; placing it and pulling its image has a time of its own. Our clock and that of the platform
 * may differ by hours, and what is busy is not ended for that: a running job is late by the platform's start of it and also by our own
 * claim, with the wait between the two as the platform measured it.
 *
 * @param now by our clock, milliseconds since the epoch
 */
export function isLate(
  { timeout, claimedAt }: Pick<JobRecord, 'timeout' | 'claimedAt'>,
  {
    status: { state, startedAt },
    waitsSince = claimedAt,
    waited,
  }: Pick<Seen, 'status' | 'waitsSince' | 'waited'>,
  placing: number,
  now: number,
): boolean {
  if (state !== 'running' || startedAt === null) return now - waitsSince > timeout + placing
  const byClaim = waited === undefined || now - claimedAt > waited + timeout
  return byClaim && now - startedAt > timeout
}

/** Milliseconds that a job waited until it began, by one clock; nothing where it has not begun. */
export function waitOf(startedAt: number | null, createdAt: number | undefined): Pick<Seen, 'waited'> {
  return startedAt === null || createdAt === undefined ? {} : { waited: Math.max(0, startedAt - createdAt) }
}
