import type { ECSClient } from '@aws-sdk/client-ecs'
import { externalError, usageError } from '../../../domain/error.ts'
import { TASK_PLACING } from '../../../domain/jobs/ecs-tasks.ts'
import { fargateRate, type Rate, taskMachineRate } from '../../../domain/prices/rates.ts'
import { formatDuration } from '../../../domain/quantity.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import { taskOfStream } from '../operations/log-group.ts'
import { type AwsSession, settingsFor } from '../session.ts'
import { callTrouble, codeOf } from '../trouble.ts'
import { killerOf, runTask } from './ecs-order.ts'
import type { JobRecord } from './job-record.ts'
import type { JobOrder, JobPlatform, Seen, StartedJob, Where } from './platform.ts'
import { isSame, runDefinition, runFamily, stepContainer } from './run-definition.ts'
import { type KillerParts, RunKiller } from './run-killer.ts'
import { waitOf } from './standing.ts'
import { jobStatus } from './task-status.ts'

/** What tasks as jobs are opened with. */
export interface TaskJobs {
  readonly session: AwsSession
  readonly runtime: Pick<Runtime, 'clock'>
  /** Tags of this environment's own. */
  readonly own: Readonly<Record<string, string>>
}

/** Tasks of ECS as jobs, on Fargate or on machines of the cluster's own. ECS knows no time-out, so each has a killer (promise R32). */
export class EcsTasks implements JobPlatform<'ecs-task'> {
  readonly traits = {
    kind: 'ecs-task',
    name: 'ECS',
    memory: 'ECS forgets a task an hour after its end',
    placing: TASK_PLACING,
  } as const
  readonly #session: AwsSession
  readonly #runtime: TaskJobs['runtime']
  readonly #own: TaskJobs['own']
  readonly #killer: RunKiller
  #opened: Promise<ECSClient> | undefined

  constructor({ session, runtime, own }: TaskJobs) {
    this.#session = session
    this.#runtime = runtime
    this.#own = own
    this.#killer = new RunKiller(session)
  }

  close(): void {
    this.#killer.close()
    void this.#opened?.then((ecs) => ecs.destroy()).catch(() => {})
  }

  rate({ step, target }: JobOrder<'ecs-task'>): Rate {
    const { region, machines } = target
    return machines === undefined ? fargateRate(region, step.size) : taskMachineRate(region, machines.type)
  }

  /** A definition that runs this image, and the name of its container. One revision serves all runs of an image. */
  async prepare({ step: { name: step, timeout }, target, image }: JobOrder<'ecs-task'>): Promise<EcsWhere> {
    const { family, cluster } = target
    const killer = killerOf(step, target)
    const known = target.machines?.timeout ?? timeout
    if (timeout > known) throw outgrown(step, timeout, known)
    const what = `preparing step ${step}`
    const template = await this.#describe(what, family)
    if (template?.taskDefinition === undefined) throw noTemplate(step, family)
    const container = stepContainer(template.taskDefinition)
    const wanted = runDefinition(template.taskDefinition, family, image)
    const newest = await this.#describe(what, runFamily(family))
    if (newest?.taskDefinition?.taskDefinitionArn !== undefined && isSame(newest.tags ?? [], wanted)) {
      return { definition: newest.taskDefinition.taskDefinitionArn, container, cluster, ...namesOf(killer) }
    }
    const { taskDefinition } = await this.#ask(what, 'ecs:RegisterTaskDefinition', '*', (api, ecs, call) =>
      ecs.send(new api.RegisterTaskDefinitionCommand(wanted), call),
    )
    const arn = taskDefinition?.taskDefinitionArn
    if (arn === undefined)
      throw externalError('service', { what: `${what}: ECS registers it without an ARN` })
    return { definition: arn, container, cluster, ...namesOf(killer) }
  }

  /** ARN of the task; the same one for the same id, also where an earlier answer was lost (R33). Its killer is there before it (R32). */
  async run(order: JobOrder<'ecs-task'>, where: Where): Promise<string> {
    const { id, step, target } = order
    const { definition = '', container = '' } = where
    await this.#killer.arm(id, {
      region: target.region,
      until: this.#runtime.clock.now() + TASK_PLACING + step.timeout,
      parts: killerOf(step.name, target),
      what: 'tasks',
      input: { job: id },
    })
    const input = runTask(order, { definition, container }, this.#own)
    const what = `starting step ${step.name}`
    const { tasks = [], failures = [] } = await this.#ask(what, 'ecs:RunTask', definition, (api, ecs, call) =>
      ecs.send(new api.RunTaskCommand(input), call),
    )
    const arn = tasks[0]?.taskArn
    if (arn !== undefined) return arn
    const why = failures.map(({ reason }) => reason).join(', ') || 'no task and no reason'
    throw externalError('service', {
      what: `${what}: ECS starts no task: ${why}`,
      rule: 'ECS has room for the size of the step in these subnets',
      remedy: 'run train again later, or give the step another size or machine',
    })
  }

  /** The task that was started for this job, running or ended within the last hour. */
  async find({ id, where: { cluster = '' } }: JobRecord): Promise<string | undefined> {
    for (const desiredStatus of ['RUNNING', 'STOPPED'] as const) {
      const { taskArns = [] } = await this.#ask(
        `looking for job ${id}`,
        'ecs:ListTasks',
        cluster,
        (api, ecs, call) =>
          ecs.send(new api.ListTasksCommand({ cluster, startedBy: id, desiredStatus }), call),
      )
      if (taskArns[0] !== undefined) return taskArns[0]
    }
    return undefined
  }

  /** undefined where ECS does not know it: not yet, or no more. */
  async look({
    id,
    task: arn,
    where: { cluster = '', container = '' },
  }: StartedJob): Promise<Seen | undefined> {
    const { tasks = [], failures = [] } = await this.#ask(
      `looking at job ${id}`,
      'ecs:DescribeTasks',
      arn,
      (api, ecs, call) => ecs.send(new api.DescribeTasksCommand({ cluster, tasks: [arn] }), call),
    )
    const [task] = tasks
    if (task !== undefined) {
      // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html: PREFIX/CONTAINER/TASK
      const stream = `${container}/${container}/${taskOfStream(arn)}`
      const waited = waitOf(task.startedAt?.getTime() ?? null, task.createdAt?.getTime())
      return { status: jobStatus(task, container), outputs: [{ stream }], ...waited }
    }
    if (failures.some(({ reason }) => reason === 'MISSING')) return undefined
    throw externalError('service', {
      what: `looking at job ${id}: ECS answers without the task that was asked for`,
      remedy: 'run it again',
    })
  }

  /** Nothing where it has ended. */
  async stop({ id, task: arn, where: { cluster = '' } }: StartedJob, reason: string): Promise<void> {
    await this.#ask(`stopping job ${id}`, 'ecs:StopTask', arn, async (api, ecs, call) => {
      try {
        await ecs.send(new api.StopTaskCommand({ cluster, task: arn, reason }), call)
      } catch (error) {
        if (codeOf(error) !== 'InvalidParameterException') throw error
      }
    })
  }

  /** After the end of the job: its killer has nothing to look for any more. */
  async release({ id, region, where: { schedule = '', machine = '', role = '' } }: JobRecord): Promise<void> {
    if (schedule !== '') await this.#killer.disarm(id, { region, parts: { schedule, machine, role } })
  }

  async #describe(what: string, family: string) {
    return this.#ask(what, 'ecs:DescribeTaskDefinition', '*', async (api, ecs, call) => {
      try {
        return await ecs.send(
          new api.DescribeTaskDefinitionCommand({ taskDefinition: family, include: ['TAGS'] }),
          call,
        )
      } catch (error) {
        // "Unable to describe task definition": there is none.
        if (codeOf(error) === 'ClientException' || codeOf(error) === 'InvalidParameterException')
          return undefined
        throw error
      }
    })
  }

  async #ask<T>(
    what: string,
    action: string,
    resource: string,
    send: (api: EcsApi, ecs: ECSClient, call: AwsSession['call']) => Promise<T>,
  ): Promise<T> {
    const { call } = this.#session
    try {
      const api = await import('../sdk/ecs.ts')
      this.#opened ??= Promise.resolve(new api.ECSClient(settingsFor(this.#session, 'ECS')))
      return await send(api, await this.#opened, call)
    } catch (error) {
      call.abortSignal.throwIfAborted()
      if (codeOf(error) === 'ClusterNotFoundException') throw noCluster(what, error)
      throw callTrouble(what, { action, resource }, error)
    }
  }
}

type EcsApi = typeof import('../sdk/ecs.ts')

/** What is kept with a job: how it is found again, and what of its killer is removed at its end. */
type EcsWhere = Readonly<
  Record<'definition' | 'container' | 'cluster' | 'schedule' | 'machine' | 'role', string>
>

const namesOf = ({ schedule, machine, role }: KillerParts): KillerParts => ({ schedule, machine, role })

function outgrown(step: string, timeout: number, known: number): Error {
  return usageError({
    what: `step ${step} may take ${formatDuration(timeout)}, and its machines know of ${formatDuration(known)}`,
    rule: 'a machine ends itself when the time of its longest task is over, whoever is still there',
    remedy: 'run "sluice plan" and "sluice apply" first',
  })
}

function noTemplate(step: string, family: string): Error {
  return usageError({
    what: `step ${step} has no task definition: ECS knows no ${family}`,
    rule: 'a step runs as the stacks of its environment made it',
    remedy: 'run "sluice plan" and "sluice apply" first',
  })
}

function noCluster(what: string, cause: unknown): Error {
  return usageError(
    {
      what: `${what}: the cluster is not there`,
      rule: 'targets.json names what the last apply made',
      remedy: 'run "sluice plan" and "sluice apply"; see that account and region of sluice.yml are right',
    },
    cause,
  )
}
