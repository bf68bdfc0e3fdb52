import * as z from 'zod'
import { formatDuration } from '../../../domain/quantity.ts'
import type { JobStatus } from '../../ports/jobs.ts'
import type { JobRecord } from './record.ts'

const conditionSchema = z.looseObject({
  type: z.string().default(''),
  state: z.string().default(''),
  message: z.string().optional(),
})

/** https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.jobs.executions */
export const executionSchema = z.looseObject({
  name: z.string(),
  createTime: z.string().default('1970-01-01T00:00:00Z'),
  startTime: z.string().optional(),
  completionTime: z.string().optional(),
  template: z.looseObject({ timeout: z.string().optional() }).optional(),
  annotations: z.record(z.string(), z.string()).default({}),
  succeededCount: z.number().default(0),
  failedCount: z.number().default(0),
  cancelledCount: z.number().default(0),
  runningCount: z.number().default(0),
  conditions: z.array(conditionSchema).default([]),
})
export type Execution = z.infer<typeof executionSchema>

/** https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.jobs.executions.tasks */
export const taskSchema = z.looseObject({
  lastAttemptResult: z
    .looseObject({
      exitCode: z.number().default(0),
      termSignal: z.number().default(0),
      status: z.looseObject({ message: z.string().default('') }).default({ message: '' }),
    })
    .optional(),
})
export type Task = z.infer<typeof taskSchema>

/** A job that has been claimed and of which Cloud Run knows nothing yet. */
export const PENDING: JobStatus = {
  state: 'pending',
  exitCode: null,
  reason: null,
  startedAt: null,
  endedAt: null,
}

/**
 * How a job stands. Only an execution that Cloud Run calls completed has ended; what ended it is what we have written down
 * before, else what its task says.
 */
export function statusOf(
  { timeout, ending }: Pick<JobRecord, 'timeout' | 'ending'>,
  execution: Execution,
  task: Task | undefined,
): JobStatus {
  const { startTime, completionTime, runningCount, succeededCount, cancelledCount, conditions } = execution
  const startedAt = startTime === undefined ? null : Date.parse(startTime)
  if (completionTime === undefined) {
    return { ...PENDING, state: runningCount > 0 || startedAt !== null ? 'running' : 'pending', startedAt }
  }
  const base = { startedAt, endedAt: Date.parse(completionTime) }
  const completed = conditions.find(({ type }) => type === 'Completed')
  if (completed?.state === 'CONDITION_SUCCEEDED' && succeededCount > 0) {
    return { ...base, state: 'succeeded', exitCode: 0, reason: null }
  }
  const result = task?.lastAttemptResult
  const said = result?.status.message ?? ''
  if (ending === 'timed-out' || /\btime(?:d )?-?out\b/i.test(said)) {
    return {
      ...base,
      state: 'timed-out',
      exitCode: null,
      reason: `it did not end within ${formatDuration(timeout)}`,
    }
  }
  if (ending === 'stopped' || cancelledCount > 0) {
    return { ...base, state: 'stopped', exitCode: null, reason: 'it was cancelled' }
  }
  const { exitCode = 0, termSignal = 0 } = result ?? {}
  const reason =
    exitCode !== 0
      ? `exit code ${exitCode}`
      : termSignal !== 0
        ? `ended by signal ${termSignal}`
        : said || completed?.message || 'Cloud Run gives no reason'
  return { ...base, state: 'failed', exitCode: exitCode === 0 ? null : exitCode, reason }
}
