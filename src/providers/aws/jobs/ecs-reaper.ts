import type { Task } from '@aws-sdk/client-ecs'
import { LIFETIME_TAG } from '../../../domain/jobs/boot.ts'
import { JOB_TAG, TASK_PLACING } from '../../../domain/jobs/ecs-tasks.ts'
import type { Sighting } from '../../../domain/jobs/reaping.ts'
import type { Target } from '../../../domain/stacks/targets.ts'
import type { Reaper } from '../../ports/reaper.ts'
import { type JobRecord, openJobRecords } from './job-record.ts'
import type { JobParts } from './relay.ts'
import { RunningTasks } from './running-tasks.ts'

/** Tasks of this environment's jobs, in the clusters that targets.json names; copies of services carry no job. */
export function openEcsReaper({ context, session, targets, objects }: JobParts): Reaper & { close(): void } {
  const { runtime, system } = context
  const own = { 'sluice:system': system.name, 'sluice:environment': system.environment.name }
  const ecs = new RunningTasks(session, runtime.clock)

  const sighting = async (task: Task, tags: Readonly<Record<string, string>>): Promise<Sighting> => {
    const job = tags[JOB_TAG] ?? ''
    const record = await openJobRecords(objects, (await targets()).ledger).read(job)
    const lifetime = Number(tags[LIFETIME_TAG] ?? Number.NaN)
    const begun = task.startedAt?.getTime()
    const placing = begun === undefined ? TASK_PLACING : 0
    const now = runtime.clock.now()
    const there = ecs.now()
    return {
      kind: 'task',
      name: task.taskArn ?? '',
      job,
      startedAt: begun ?? task.createdAt?.getTime() ?? now,
      // By our own clock it would be no source beside the ledger.
      lifetime: Number.isFinite(lifetime) && there !== undefined ? lifetime + placing : null,
      now: there ?? now,
      claim: claimOf(record, task.taskArn, now),
      // A program may be busy and say nothing for hours.
      life: null,
      ...(record?.run === undefined ? {} : { run: record.run }),
    }
  }

  return {
    look: async () => {
      const found: Sighting[] = []
      for (const cluster of clustersOf(Object.values((await targets()).jobs))) {
        for await (const task of ecs.of(cluster)) {
          const tags = Object.fromEntries((task.tags ?? []).map(({ key, value }) => [key, value ?? '']))
          const isOwn = Object.entries(own).every(([key, value]) => tags[key] === value)
          if (isOwn && tags[JOB_TAG] !== undefined) found.push(await sighting(task, tags))
        }
      }
      return found
    },
    end: ({ name, job }) => ecs.stop(name, job),
    close: () => ecs.close(),
  }
}

function clustersOf(jobs: readonly Target[]): ReadonlySet<string> {
  return new Set(jobs.flatMap((target) => (target.kind === 'ecs-task' ? [target.cluster] : [])))
}

/** A record that names another task has no use for this one. */
function claimOf(record: JobRecord | undefined, arn: string | undefined, now: number): Sighting['claim'] {
  if (record === undefined) return 'none'
  const { end, ending, task, claimedAt, timeout } = record
  if (end !== undefined || ending !== undefined || (task !== null && task !== arn)) return 'ended'
  return { until: claimedAt + TASK_PLACING + timeout, now }
}
