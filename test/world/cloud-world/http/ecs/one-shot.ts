import { digestOf, hexOf } from '../../../../../src/domain/digest.ts'
import { CloudError } from '../../faults.ts'
import { isObject, type Value } from '../../value.ts'
import type { CloudWorld } from '../../world.ts'
import { Logs } from '../aws-jobs/logs.ts'

type Json = Readonly<Record<string, unknown>>

/** One container as its task gives it to the program in it. */
export interface Started {
  readonly image: string
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** Variables whose values are in Secrets Manager, as the definition names them. */
  readonly secrets: Readonly<Record<string, string>>
}

/** What runs in a container: its exit code, once it has ended. `print` writes where the container's log driver does. */
export type Program = (
  container: Started,
  print: (line: string) => void,
  stop: AbortSignal,
) => Promise<number>

interface Task {
  readonly arn: string
  readonly token: string
  readonly startedBy: string
  readonly definition: string
  readonly name: string
  readonly createdAt: number
  readonly stop: AbortController
  ended?: { readonly at: number; readonly exitCode?: number; readonly reason: string }
}

interface ContainerJson {
  readonly name: string
  readonly image: string
  readonly command?: readonly string[]
  readonly environment?: readonly { readonly name: string; readonly value: string }[]
  readonly secrets?: readonly { readonly name: string; readonly valueFrom: string }[]
  readonly logConfiguration?: { readonly options?: Readonly<Record<string, string>> }
}

/** Tasks that no service keeps: RunTask and what is asked of them later. ../../README.md cites the pages. */
export class OneShotTasks {
  readonly #world: CloudWorld
  readonly #program: Program
  readonly #tasks: Task[] = []
  /** What the tasks have written. */
  readonly logs: Logs

  constructor(world: CloudWorld, program: Program) {
    this.#world = world
    this.#program = program
    this.logs = new Logs(world.clock)
  }

  /** @param definition what RunTask names, found. */
  run(input: Json, clusterArn: string, definition: { readonly key: string; readonly body: Json }): Json {
    const token = String(input['clientToken'] ?? '')
    const same = this.#tasks.find((task) => token !== '' && task.token === token)
    if (same !== undefined) return { tasks: [this.#json(same, clusterArn)], failures: [] }
    this.#placed(input)
    const [container] = definition.body['containerDefinitions'] as readonly ContainerJson[]
    if (container === undefined) throw new CloudError('ClientException', 'No container definitions')
    const number = this.#world.store.next('ecs one-shot task')
    const task: Task = {
      arn: `${clusterArn.replace(':cluster/', ':task/')}/${hexOf(digestOf(`one-shot ${number}`)).slice(0, 32)}`,
      token,
      startedBy: String(input['startedBy'] ?? ''),
      definition: definition.key,
      name: container.name,
      createdAt: this.#world.clock.now(),
      stop: new AbortController(),
    }
    this.#tasks.push(task)
    const unread = this.#unreadable(String(definition.body['executionRoleArn']), container)
    if (unread === undefined) this.#begin(task, container, input)
    else this.#end(task, { reason: `ResourceInitializationError: unable to pull secrets: ${unread}` })
    return { tasks: [this.#json(task, clusterArn)], failures: [] }
  }

  list(input: Json): string[] {
    const isWanted = ({ ended }: Task): boolean =>
      (ended !== undefined) === (input['desiredStatus'] === 'STOPPED')
    return this.#tasks
      .filter((task) => task.startedBy === input['startedBy'] && isWanted(task))
      .map(({ arn }) => arn)
  }

  describe(clusterArn: string): Json[] {
    return this.#tasks.map((task) => this.#json(task, clusterArn))
  }

  /** undefined where no such task was started here. */
  stop(arn: string, reason: string, clusterArn: string): Json | undefined {
    const task = this.#tasks.find((one) => one.arn === arn)
    if (task === undefined) return undefined
    this.#end(task, { exitCode: 143, reason })
    task.stop.abort()
    return this.#json(task, clusterArn)
  }

  /** Subnets and groups must be there. */
  #placed(input: Json): void {
    const network = input['networkConfiguration'] as { awsvpcConfiguration?: Json } | undefined
    const { subnets = [], securityGroups = [] } = (network?.awsvpcConfiguration ?? {}) as {
      subnets?: readonly string[]
      securityGroups?: readonly string[]
    }
    const known = (type: string, id: string): boolean => this.#world.store.get(type, id) !== undefined
    const lost = [
      ...subnets.filter((id) => !known('aws_subnet', id)),
      ...securityGroups.filter((id) => !known('aws_security_group', id)),
    ]
    if (subnets.length === 0) throw new CloudError('InvalidParameterException', 'subnets can not be empty.')
    if (lost.length > 0) {
      throw new CloudError('InvalidParameterException', `${lost.join(', ')} does not exist`)
    }
  }

  /** The first secret that the execution role may not read. */
  #unreadable(role: string, { secrets = [] }: ContainerJson): string | undefined {
    const name = role.slice(role.lastIndexOf('/') + 1)
    const allowed = this.#world.store
      .list('aws_iam_role_policy')
      .filter(({ attributes }) => attributes['role'] === name)
      .flatMap(({ attributes }) => statements(attributes['policy'] ?? null))
      .filter(({ Action }) => [Action].flat().includes('secretsmanager:GetSecretValue'))
      .flatMap(({ Resource }) => [Resource].flat().map(String))
    const arns = secrets.map(({ valueFrom }) => valueFrom.split(':').slice(0, 7).join(':'))
    return arns.find((arn) => !allowed.includes(arn))
  }

  #begin(task: Task, container: ContainerJson, input: Json): void {
    const { containerOverrides = [] } = (input['overrides'] ?? {}) as {
      containerOverrides?: readonly Partial<ContainerJson>[]
    }
    const own = containerOverrides.find(({ name }) => name === container.name)
    const started: Started = {
      image: container.image,
      command: own?.command ?? container.command ?? [],
      environment: { ...variables(container), ...(own === undefined ? {} : variables(own)) },
      secrets: Object.fromEntries((container.secrets ?? []).map(({ name, valueFrom }) => [name, valueFrom])),
    }
    const { 'awslogs-group': group = '', 'awslogs-stream-prefix': prefix = '' } =
      container.logConfiguration?.options ?? {}
    const stream = `${prefix}/${container.name}/${task.arn.slice(task.arn.lastIndexOf('/') + 1)}`
    const print = (line: string): void => this.logs.write(group, stream, line)
    void this.#program(started, print, task.stop.signal).then(
      (exitCode) => this.#end(task, { exitCode, reason: 'Essential container in task exited' }),
      (error: unknown) => this.#end(task, { reason: `CannotStartContainerError: ${String(error)}` }),
    )
  }

  #end(task: Task, ended: { readonly exitCode?: number; readonly reason: string }): void {
    task.ended ??= { at: this.#world.clock.now(), ...ended }
  }

  #json({ arn, startedBy, definition, name, createdAt, ended }: Task, clusterArn: string): Json {
    const status = ended === undefined ? 'RUNNING' : 'STOPPED'
    return {
      taskArn: arn,
      clusterArn,
      taskDefinitionArn: definition,
      startedBy,
      lastStatus: status,
      desiredStatus: status,
      createdAt: createdAt / 1000,
      startedAt: createdAt / 1000,
      containers: [
        { name, lastStatus: status, ...(ended?.exitCode === undefined ? {} : { exitCode: ended.exitCode }) },
      ],
      ...(ended === undefined ? {} : { stoppedAt: ended.at / 1000, stoppedReason: ended.reason }),
    }
  }
}

const variables = ({ environment = [] }: Partial<ContainerJson>): Record<string, string> =>
  Object.fromEntries(environment.map(({ name, value }) => [name, value]))

function statements(policy: Value): readonly Record<string, unknown>[] {
  const document = typeof policy === 'string' ? (JSON.parse(policy) as Value) : policy
  return isObject(document) ? ([document['Statement']].flat() as unknown as Record<string, unknown>[]) : []
}
