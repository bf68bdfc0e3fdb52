import type { ECSClient } from '@aws-sdk/client-ecs'
import { digestOf, hexOf } from '../../../domain/digest.ts'
import { externalError, usageError } from '../../../domain/error.ts'
import { fargateRate, type Rate } from '../../../domain/prices/rates.ts'
import { taskOfStream } from '../operations/log-group.ts'
import { type AwsSession, settingsFor } from '../session.ts'
import { callTrouble, codeOf } from '../trouble.ts'
import type { JobRecord } from './job-record.ts'
import type { JobOrder, JobPlatform, Seen, StartedJob, Where } from './platform.ts'
import { isSame, runDefinition, runFamily, stepContainer } from './run-definition.ts'
import { jobStatus } from './task-status.ts'

/** Fargate may take so long to place a task and to pull its image, beside the step's own time. */
const PLACING = 20 * 60_000

/** Fargate tasks as jobs. */
export class EcsTasks implements JobPlatform<'ecs-task'> {
  readonly traits = {
    kind: 'ecs-task',
    name: 'ECS',
    memory: 'ECS forgets a task an hour after its end',
    placing: PLACING,
  } as const
  readonly #session: AwsSession
  #opened: Promise<ECSClient> | undefined

  constructor(session: AwsSession) {
    this.#session = session
  }

  close(): void {
    void this.#opened?.then((ecs) => ecs.destroy()).catch(() => {})
  }

  rate({ step, target }: JobOrder<'ecs-task'>): Rate {
    return fargateRate(target.region, step.size)
  }

  /** A definition that runs this image, and the name of its container. One revision serves all runs of an image. */
  async prepare({ step: { name: step }, target, image }: JobOrder<'ecs-task'>): Promise<EcsWhere> {
    const { family, cluster } = target
    const what = `preparing step ${step}`
    const template = await this.#describe(what, family)
    if (template?.taskDefinition === undefined) throw noTemplate(step, family)
    const container = stepContainer(template.taskDefinition)
    const wanted = runDefinition(template.taskDefinition, family, image)
    const newest = await this.#describe(what, runFamily(family))
    if (newest?.taskDefinition?.taskDefinitionArn !== undefined && isSame(newest.tags ?? [], wanted)) {
      return { definition: newest.taskDefinition.taskDefinitionArn, container, cluster }
    }
    const { taskDefinition } = await this.#ask(what, 'ecs:RegisterTaskDefinition', '*', (api, ecs, call) =>
      ecs.send(new api.RegisterTaskDefinitionCommand(wanted), call),
    )
    const arn = taskDefinition?.taskDefinitionArn
    if (arn === undefined)
      throw externalError('service', { what: `${what}: ECS registers it without an ARN` })
    return { definition: arn, container, cluster }
  }

  /** ARN of the task; the same one for the same id, also where an earlier answer was lost (promise R33). */
  async run({ id, step, target, env }: JobOrder<'ecs-task'>, where: Where): Promise<string> {
    const { definition = '', container = '' } = where
    const { command } = step
    const { cluster, subnets, securityGroups, publicAddress } = target as typeof target & Network
    const environment = Object.entries(env).map(([name, value]) => ({ name, value }))
    const input = {
      cluster,
      taskDefinition: definition,
      launchType: 'FARGATE' as const,
      // https://docs.aws.amazon.com/AmazonECS/latest/APIReference/ECS_Idempotency.html: 64 characters.
      clientToken: hexOf(digestOf(id)),
      startedBy: id,
      propagateTags: 'TASK_DEFINITION' as const,
      overrides: {
        containerOverrides: [
          { name: container, environment, ...(command === undefined ? {} : { command: [...command] }) },
        ],
      },
      networkConfiguration: {
        awsvpcConfiguration: {
          subnets: [...(subnets ?? [])],
          securityGroups: [...(securityGroups ?? [])],
          assignPublicIp: publicAddress === true ? ('ENABLED' as const) : ('DISABLED' as const),
        },
      },
    }
    const what = `starting step ${step.name}`
    const { tasks = [], failures = [] } = await this.#ask(what, 'ecs:RunTask', definition, (api, ecs, call) =>
      ecs.send(new api.RunTaskCommand(input), call),
    )
    const arn = tasks[0]?.taskArn
    if (arn !== undefined) return arn
    const why = failures.map(({ reason }) => reason).join(', ') || 'no task and no reason'
    throw externalError('service', {
      what: `${what}: ECS starts no task: ${why}`,
      rule: 'Fargate has room for the size of the step in these subnets',
      remedy: 'run train again later, or give the step another size',
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
      return { status: jobStatus(task, container), outputs: [{ stream }] }
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

type EcsWhere = { readonly definition: string; readonly container: string; readonly cluster: string }

/** As synth writes them into targets.json. */
interface Network {
  readonly subnets?: readonly string[]
  readonly securityGroups?: readonly string[]
  readonly publicAddress?: boolean
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
