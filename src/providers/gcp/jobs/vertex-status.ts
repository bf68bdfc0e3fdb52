import { formatDuration } from '../../../domain/quantity.ts'
import type { JobStatus } from '../../ports/jobs.ts'
import { PENDING } from './execution.ts'
import type { JobRecord } from './record.ts'
import type { CustomJob } from './vertex-api.ts'

const ENDED = [
  'JOB_STATE_SUCCEEDED',
  'JOB_STATE_FAILED',
  'JOB_STATE_CANCELLED',
  'JOB_STATE_EXPIRED',
  'JOB_STATE_PARTIALLY_SUCCEEDED',
]

export const hasEnded = ({ state }: Pick<CustomJob, 'state'>): boolean => ENDED.includes(state)

/**
 * How a job stands, by the states of Vertex AI (https://cloud.google.com/vertex-ai/docs/reference/rest/v1/JobState); what ended
 * it is what we have written down before.
 */
export function vertexStatus(
  { timeout, ending }: Pick<JobRecord, 'timeout' | 'ending'>,
  job: CustomJob,
): JobStatus {
  const startedAt = job.startTime === undefined ? null : Date.parse(job.startTime)
  if (!hasEnded(job)) {
    const running =
      startedAt !== null && job.state !== 'JOB_STATE_QUEUED' && job.state !== 'JOB_STATE_PENDING'
    return { ...PENDING, state: running ? 'running' : 'pending', startedAt: running ? startedAt : null }
  }
  const endedAt = Date.parse(job.endTime ?? job.startTime ?? job.createTime)
  const base = { startedAt, endedAt, exitCode: null }
  if (job.state === 'JOB_STATE_SUCCEEDED') return { ...base, state: 'succeeded', exitCode: 0, reason: null }
  const said = job.error?.message ?? ''
  const late = {
    ...base,
    state: 'timed-out',
    reason: `it did not end within ${formatDuration(timeout)}`,
  } as const
  const code = /non-zero (?:status|exit code) of (\d+)|exit(?:ed with)?(?: status| code):? (\d+)/i.exec(said)
  if (code !== null) {
    const exitCode = Number(code[1] ?? code[2])
    return { ...base, state: 'failed', exitCode, reason: `exit code ${exitCode}` }
  }
  if (ending === 'timed-out' || job.state === 'JOB_STATE_EXPIRED' || /time-?d? ?out/i.test(said)) return late
  if (ending === 'stopped') return { ...base, state: 'stopped', reason: 'it was cancelled' }
  // Vertex AI cancels by itself what runs over its time.
  if (job.state === 'JOB_STATE_CANCELLED') {
    const overran = startedAt !== null && endedAt - startedAt >= timeout
    return overran ? late : { ...base, state: 'stopped', reason: said || 'it was cancelled' }
  }
  return { ...base, state: 'failed', reason: said || 'Vertex AI gives no reason' }
}
