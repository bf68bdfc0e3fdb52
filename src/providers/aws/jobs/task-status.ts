import type { Task } from '@aws-sdk/client-ecs'
import type { JobStatus } from '../../ports/jobs.ts'
import { endedBy } from './stop-reason.ts'

/**
 * The state of a job as the task of ECS tells it. A task that is about to end has not ended.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
 */
export function jobStatus(task: Task, container: string): JobStatus {
  const startedAt = task.startedAt?.getTime() ?? task.createdAt?.getTime() ?? null
  if (task.lastStatus !== 'STOPPED') {
    const state = ['PROVISIONING', 'PENDING', 'ACTIVATING'].includes(task.lastStatus ?? '')
      ? 'pending'
      : 'running'
    return { state, exitCode: null, reason: null, startedAt, endedAt: null }
  }
  const endedAt = (task.stoppedAt ?? task.executionStoppedAt)?.getTime() ?? startedAt
  const { exitCode = null, reason: said } =
    task.containers?.find(({ name }) => name === container) ?? task.containers?.[0] ?? {}
  const times = { startedAt, endedAt: endedAt === null ? null : Math.max(endedAt, startedAt ?? endedAt) }
  const why = task.stoppedReason ?? ''
  const ours = endedBy(why)
  if (ours !== undefined) return { exitCode, ...ours, ...times }
  if (exitCode === 0) return { state: 'succeeded', exitCode, reason: null, ...times }
  // Without an exit code the container never ran: no image, no secret, no place.
  const reason =
    exitCode === null
      ? [said, why].filter((text) => text !== undefined && text !== '').join('; ') ||
        'ended without an exit code'
      : `exit code ${exitCode}${said === undefined || said === '' ? '' : `: ${said}`}`
  return { state: 'failed', exitCode, reason, ...times }
}
