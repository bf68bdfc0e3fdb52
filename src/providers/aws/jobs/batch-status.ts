import type { JobDetail } from '@aws-sdk/client-batch'
import type { JobStatus } from '../../ports/jobs.ts'
import { endedBy } from './stop-reason.ts'

/** What Batch says of an attempt that it ended because of its duration. */
const OVERDUE = /attempt duration exceeded timeout/i

/**
 * The state of a job as Batch tells it. A job in parts has no container of its own: `part` is the one that decides, the node 0
 * or the first child that failed.
 *
 * @see https://docs.aws.amazon.com/batch/latest/userguide/job_states.html
 */
export function batchStatus(job: JobDetail, part: JobDetail = job, timeout = 0): JobStatus {
  const startedAt = job.startedAt ?? part.startedAt ?? null
  const { container } = part
  const exitCode = container?.exitCode ?? null
  switch (job.status) {
    case 'SUCCEEDED':
      return { state: 'succeeded', exitCode: 0, reason: null, ...times(job, startedAt) }
    case 'FAILED': {
      const whys = [job.statusReason ?? '', part.statusReason ?? '']
      const ours = whys.map(endedBy).find((found) => found !== undefined)
      if (ours !== undefined) return { exitCode, ...ours, ...times(job, startedAt) }
      if (whys.some((why) => OVERDUE.test(why))) {
        const reason = `not done within ${timeout} ms`
        return { state: 'timed-out', exitCode, reason, ...times(job, startedAt) }
      }
      const said = container?.reason ?? ''
      const which = part === job ? '' : `${partName(part)}: `
      const reason =
        exitCode !== null && exitCode !== 0
          ? `exit code ${exitCode}${said === '' ? '' : `: ${said}`}`
          : [said, ...whys].find((text) => text !== '') || 'ended without an exit code'
      return { state: 'failed', exitCode, reason: `${which}${reason}`, ...times(job, startedAt) }
    }
    case 'RUNNING':
      return { state: 'running', exitCode: null, reason: null, startedAt, endedAt: null }
    default: {
      // An array stands as PENDING while its children run.
      const running = (job.arrayProperties?.statusSummary?.['RUNNING'] ?? 0) > 0
      const began = startedAt ?? job.createdAt ?? null
      return running
        ? { state: 'running', exitCode: null, reason: null, startedAt: began, endedAt: null }
        : { state: 'pending', exitCode: null, reason: null, startedAt: null, endedAt: null }
    }
  }
}

/** `node 1`, `part 3`; empty for a job that is whole. */
export function partName({ jobId = '' }: Pick<JobDetail, 'jobId'>): string {
  const [, sign, number] = /([#:])(\d+)$/.exec(jobId) ?? []
  if (number === undefined) return ''
  return sign === '#' ? `node ${number}` : `part ${number}`
}

/** Since when it waits for another machine, where one was taken away. */
export function waitsSince({ status, attempts = [] }: JobDetail): number | undefined {
  if (status === 'RUNNING') return undefined
  const ends = attempts.flatMap(({ stoppedAt }) => (stoppedAt === undefined ? [] : [stoppedAt]))
  return ends.length === 0 ? undefined : Math.max(...ends)
}

function times({ stoppedAt }: JobDetail, startedAt: number | null) {
  const endedAt = stoppedAt ?? startedAt
  return { startedAt, endedAt: endedAt === null ? null : Math.max(endedAt, startedAt ?? endedAt) }
}
