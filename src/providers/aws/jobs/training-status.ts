import type { DescribeTrainingJobResponse } from '@aws-sdk/client-sagemaker'
import type { JobStatus } from '../../ports/jobs.ts'
import type { JobRecord } from './job-record.ts'

/**
 * The state of a job as SageMaker tells it. That somebody stopped it looks the same whoever it was, so what was written down
 * before decides.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrainingJob.html
 */
export function trainingStatus(
  job: Partial<DescribeTrainingJobResponse>,
  { timeout, ending }: Pick<JobRecord, 'timeout' | 'ending'>,
): JobStatus {
  const { TrainingJobStatus, SecondaryStatus, FailureReason = '', CreationTime } = job
  const startedAt = job.TrainingStartTime?.getTime() ?? null
  const endedAt = (job.TrainingEndTime ?? job.LastModifiedTime ?? CreationTime)?.getTime() ?? startedAt
  const times = { startedAt, endedAt: endedAt === null ? null : Math.max(endedAt, startedAt ?? endedAt) }
  const late = `not done within ${timeout} ms`
  switch (TrainingJobStatus) {
    case 'Completed':
      return { state: 'succeeded', exitCode: 0, reason: null, ...times }
    case 'Failed': {
      const code = /exit code:? *(\d+)/i.exec(FailureReason)?.[1]
      const exitCode = code === undefined ? null : Number(code)
      const said = FailureReason.replace(/^AlgorithmError: *|,? *exit code:? *\d+\.?/gi, '').trim()
      const reason =
        exitCode === null
          ? FailureReason || 'SageMaker gives no reason'
          : `exit code ${exitCode}${said === '' ? '' : `: ${said}`}`
      return { state: 'failed', exitCode, reason, ...times }
    }
    case 'Stopped':
      if (SecondaryStatus === 'MaxRuntimeExceeded' || ending === 'timed-out') {
        return { state: 'timed-out', exitCode: null, reason: late, ...times }
      }
      if (SecondaryStatus === 'MaxWaitTimeExceeded') {
        return { state: 'failed', exitCode: null, reason: 'no spot capacity in time', ...times }
      }
      return { state: 'stopped', exitCode: null, reason: 'stopped', ...times }
    default: {
      const running = startedAt !== null
      const state = running ? 'running' : 'pending'
      return { state, exitCode: null, reason: null, startedAt, endedAt: null }
    }
  }
}
