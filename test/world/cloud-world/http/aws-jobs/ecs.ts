import type { Clock } from '../../../../../src/runtime/runtime.ts'
import { CloudError } from '../../faults.ts'
import type { Logs } from './logs.ts'
import { Part, type Place } from './part.ts'

type Json = Readonly<Record<string, unknown>>

/** ECS sets no limit; a day is beyond every test. */
const NO_LIMIT = 24 * 3_600_000

interface Task {
  readonly arn: string
  readonly token: string
  readonly startedBy: string
  readonly provider: string | undefined
  readonly createdAt: number
  readonly part: Part
}

interface Container {
  readonly name: string
  readonly image: string
  readonly command?: readonly string[]
  readonly environment?: readonly { readonly name: string; readonly value: string }[]
}

/**
 * Tasks of ECS as containers that run, on Fargate or on machines of a capacity provider that the cluster has:
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
 */
export class Ecs {
  readonly tasks: Task[] = []
  readonly #clock: Pick<Clock, 'now'>
  readonly #logs: Logs
  readonly #place: Place
  readonly #definitions = new Map<string, Json>()

  constructor(clock: Pick<Clock, 'now'>, logs: Logs, place: Place) {
    this.#clock = clock
    this.#logs = logs
    this.#place = place
  }

  running(): number {
    return this.tasks.filter((task) => !isEnded(task)).length
  }

  /** As the stacks made it. */
  define(family: string, compatibility: 'FARGATE' | 'EC2', container: Container): void {
    const requiresCompatibilities = [compatibility]
    this.#definitions.set(family, { family, requiresCompatibilities, containerDefinitions: [container] })
  }

  call(operation: string, input: Json): Json {
    switch (operation) {
      case 'DescribeTaskDefinition':
        return this.#described(String(input['taskDefinition']))
      case 'RegisterTaskDefinition': {
        const taskDefinitionArn = String(input['family'])
        this.#definitions.set(taskDefinitionArn, { ...input, taskDefinitionArn })
        return { taskDefinition: { ...input, taskDefinitionArn } }
      }
      case 'RunTask':
        return { tasks: [this.#json(this.#run(input))], failures: [] }
      case 'ListTasks': {
        const ended = input['desiredStatus'] === 'STOPPED'
        const own = this.tasks.filter(
          (task) => task.startedBy === input['startedBy'] && isEnded(task) === ended,
        )
        return { taskArns: own.map(({ arn }) => arn) }
      }
      case 'DescribeTasks': {
        const asked = input['tasks'] as readonly string[]
        return { tasks: this.tasks.filter(({ arn }) => asked.includes(arn)).map((task) => this.#json(task)) }
      }
      case 'StopTask': {
        const task = this.tasks.find(({ arn }) => arn === input['task'])
        if (task === undefined) throw new CloudError('InvalidParameterException', 'no such task')
        task.part.stop(String(input['reason']))
        return { task: this.#json(task) }
      }
      default:
        throw new CloudError('InvalidAction', operation)
    }
  }

  #described(family: string): Json {
    const found = this.#definitions.get(family)
    if (found === undefined) throw new CloudError('ClientException', 'Unable to describe task definition.')
    const { tags = [], ...taskDefinition } = found
    return { taskDefinition, tags }
  }

  #run(input: Json): Task {
    const token = String(input['clientToken'])
    const known = this.tasks.find((task) => task.token === token)
    if (known !== undefined) return known
    const definition = this.#definitions.get(String(input['taskDefinition'])) ?? {}
    const provider = placed(definition, input)
    const [container] = definition['containerDefinitions'] as readonly [Container]
    const { containerOverrides = [] } = (input['overrides'] ?? {}) as {
      containerOverrides?: readonly Partial<Container>[]
    }
    const own = containerOverrides.find(({ name }) => name === container.name) ?? {}
    const id = String(this.tasks.length + 1).padStart(32, '0')
    const { name, image } = container
    const part = new Part(this.#clock, this.#place, {
      id,
      image,
      command: own.command ?? container.command ?? [],
      env: { ...variables(container), ...variables(own) },
      timeout: NO_LIMIT,
      attempts: 1,
      stream: `${name}/${name}/${id}`,
      write: (line, at) => this.#logs.write(ECS_GROUP, `${name}/${name}/${id}`, line, at),
    })
    const arn = `arn:aws:ecs:us-east-1:222222222222:task/${String(input['cluster'])}/${id}`
    const startedBy = String(input['startedBy'])
    const task = { arn, token, startedBy, provider, createdAt: this.#clock.now(), part }
    this.tasks.push(task)
    return task
  }

  #json({ arn, startedBy, provider, createdAt, part }: Task): Json {
    const status = part.status()
    const { startedAt, stoppedAt, statusReason, container } = part.json()
    const { exitCode } = (container ?? {}) as { readonly exitCode?: number }
    const ended = status === 'SUCCEEDED' || status === 'FAILED'
    return {
      taskArn: arn,
      startedBy,
      ...(provider === undefined ? {} : { capacityProviderName: provider }),
      lastStatus: ended ? 'STOPPED' : status === 'RUNNING' ? 'RUNNING' : 'PROVISIONING',
      desiredStatus: ended ? 'STOPPED' : 'RUNNING',
      createdAt: createdAt / 1000,
      ...(typeof startedAt === 'number' ? { startedAt: startedAt / 1000 } : {}),
      ...(ended ? { stoppedAt: Number(stoppedAt) / 1000, stoppedReason: statusReason } : {}),
      containers: [{ name: 'step', ...(exitCode === undefined ? {} : { exitCode }) }],
    }
  }
}

export const ECS_GROUP = '/pipelines/films/p/train'
export const ECS_PROVIDER = 'films-test-p-train'

/** The capacity provider, for a task of EC2; undefined on Fargate. A definition for one runs not on the other. */
function placed(definition: Json, input: Json): string | undefined {
  const [kind] = definition['requiresCompatibilities'] as readonly string[]
  const [strategy, ...more] = (input['capacityProviderStrategy'] ?? []) as readonly Json[]
  const network = input['networkConfiguration']
  if (kind === 'FARGATE') {
    if (input['launchType'] === 'FARGATE' && strategy === undefined && network !== undefined) return undefined
    throw new CloudError('InvalidParameterException', 'Network Configuration must be provided on Fargate.')
  }
  const provider = strategy?.['capacityProvider']
  if (input['launchType'] !== undefined || network !== undefined || more.length > 0) {
    throw new CloudError(
      'InvalidParameterException',
      'a task in bridge mode on a capacity provider has neither',
    )
  }
  if (provider === ECS_PROVIDER) return ECS_PROVIDER
  throw new CloudError('InvalidParameterException', 'The specified capacity provider was not found.')
}

const isEnded = ({ part }: Task): boolean => ['SUCCEEDED', 'FAILED'].includes(part.status())

const variables = ({ environment = [] }: Partial<Container>): Record<string, string> =>
  Object.fromEntries(environment.map(({ name, value }) => [name, value]))
