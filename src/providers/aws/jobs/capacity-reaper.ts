import { TASK_PLACING } from '../../../domain/jobs/ecs-tasks.ts'
import type { Sighting } from '../../../domain/jobs/reaping.ts'
import type { Reaper } from '../../ports/reaper.ts'
import { openQueryApi, QueryError } from '../query.ts'
import type { Machine } from './ec2/judge.ts'
import { Ec2Machines, JOB_TAG } from './ec2/machines.ts'
import { openJobRecords } from './job-record.ts'
import type { JobParts } from './relay.ts'
import { RunningTasks } from './running-tasks.ts'

/** A step whose tasks are on machines that ECS starts for them. */
interface Group {
  readonly key: string
  readonly cluster: string
  readonly provider: string
}

/**
 * Machines that are kept for tasks of this environment's steps. Two sources say that none is needed: ECS, which has no task of the
 * group, now or lately, and the ledger, which has no job of the step to be done. While one of a group's machines is busy all are spared.
 */
export function openCapacityReaper({
  context,
  session,
  targets,
  objects,
}: JobParts): Reaper & { close(): void } {
  const { runtime, system } = context
  const { region, account } = session
  const own = { 'sluice:system': system.name, 'sluice:environment': system.environment.name }
  const api = openQueryApi(session, runtime)
  const machines = new Ec2Machines(api, account)
  const ecs = new RunningTasks(session, runtime.clock)

  /** By the clock of ECS; undefined where it knows of no task. */
  const lastTask = async ({ cluster, provider }: Group): Promise<number | undefined> => {
    for await (const task of ecs.of(cluster)) if (task.capacityProviderName === provider) return ecs.now()
    const ends: number[] = []
    for await (const task of ecs.ended(cluster)) {
      if (task.capacityProviderName !== provider) continue
      const end = task.stoppedAt?.getTime() ?? ecs.now()
      if (end !== undefined) ends.push(end)
    }
    return ends.length === 0 ? undefined : Math.max(...ends)
  }

  /** Step -> when the time of the last of its jobs is over; one without any is not there. Every record is read for it. */
  const claims = async (): Promise<ReadonlyMap<string, number>> => {
    const untils = new Map<string, number>()
    const records = openJobRecords(objects, (await targets()).ledger)
    for await (const { key, claimedAt, timeout } of records.open()) {
      const until = claimedAt + TASK_PLACING + timeout
      untils.set(key, Math.max(until, untils.get(key) ?? until))
    }
    return untils
  }

  return {
    look: async () => {
      const groups = Object.entries((await targets()).jobs).flatMap(([key, target]): Group[] =>
        target.kind === 'ecs-task' && target.machines !== undefined
          ? [{ key, cluster: target.cluster, provider: target.machines.provider }]
          : [],
      )
      if (groups.length === 0) return []
      const found = await machines.find(region, own, 'looking for machines of tasks')
      const sightings: Sighting[] = []
      let untils: ReadonlyMap<string, number> | undefined
      for (const group of groups) {
        const there = found.filter((machine) => isOf(group, machine))
        if (there.length === 0) continue
        const seenAt = (await lastTask(group)) ?? null
        untils ??= await claims()
        const until = untils.get(group.key)
        const claim = until === undefined ? 'ended' : { until, now: runtime.clock.now() }
        for (const { id, launchedAt } of there) {
          const life = { seenAt, ended: false }
          const at = { startedAt: launchedAt, lifetime: null, now: machines.now() }
          sightings.push({ kind: 'capacity', name: id, job: group.key, ...at, claim, life })
        }
      }
      return sightings
    },
    end: async ({ name, job }) => {
      const what = `ending machine ${name} of step ${job}`
      try {
        await api.ask({
          service: 'autoscaling',
          region,
          action: 'TerminateInstanceInAutoScalingGroup',
          // Its group would put another one in its place.
          parameters: { InstanceId: name, ShouldDecrementDesiredCapacity: 'true' },
          what,
          resource: `arn:aws:autoscaling:${region}:${account}:autoScalingGroup:*`,
        })
      } catch (error) {
        if (!(error instanceof QueryError)) throw error
        // In no group any more, or in one that wants none: nothing replaces it.
        await machines.terminate(region, name, what)
      }
    },
    close: () => ecs.close(),
  }
}

const isOf = ({ key }: Group, { state, tags }: Machine): boolean =>
  tags['sluice:step'] === key &&
  tags[JOB_TAG] === undefined &&
  tags['aws:autoscaling:groupName'] !== undefined &&
  state !== 'terminated' &&
  state !== 'shutting-down'
