import type { JobStatus } from '../../ports/jobs.ts'
import type { JobRecord } from './record.ts'

/** What Google shows of a job that has not ended; milliseconds since the epoch, by its clock. */
export interface Shown extends Pick<JobStatus, 'startedAt'> {
  /** undefined where it shows nothing yet. */
  readonly createdAt: number | undefined
}

/**
 * A step's time begins with its container. Our clock and Google's may differ by hours, and what is busy is not ended for that: a
 * running job is late by Google's start of it and also by our own claim, with the wait between the two as Google measured it.
 *
 * @param placing milliseconds that a job may wait for its place
 * @param now by our clock
 */
export function isLate(
  { claimedAt, timeout }: Pick<JobRecord, 'claimedAt' | 'timeout'>,
  { startedAt, createdAt }: Shown,
  placing: number,
  now: number,
): boolean {
  if (startedAt === null) return now > claimedAt + timeout + placing
  const waited = createdAt === undefined ? 0 : Math.max(0, startedAt - createdAt)
  return now > startedAt + timeout && now > claimedAt + waited + timeout
}
