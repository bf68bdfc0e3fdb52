import { CloudError } from '../../faults.ts'
import type { Resource } from '../../store.ts'
import { type Attributes, textOf, type Value } from '../../value.ts'
import type { CloudWorld } from '../../world.ts'
import type { EcsRules, TaskBehaviour } from './behaviour.ts'
import type { SimConfiguration, SimDeployment } from './deployment.ts'
import { OneShotTasks, type Program } from './one-shot.ts'
import { SimService } from './service.ts'
import {
  definitionJson,
  deploymentJson,
  revisionJson,
  serviceJson,
  snake,
  stoppedArn,
  stoppedJson,
  tagsJson,
  taskJson,
} from './wire.ts'

type Input = Readonly<Record<string, unknown>>
type Output = Readonly<Record<string, unknown>>
interface ContainerJson {
  readonly name?: string
  readonly image?: string
}

/** The operations of ECS that a rollout uses. ../../README.md cites the page of each. */
export class EcsApi {
  readonly #world: CloudWorld
  /** What may be changed while it runs. */
  readonly rules: EcsRules
  readonly #services = new Map<string, SimService>()
  readonly #oneShots: OneShotTasks

  constructor(world: CloudWorld, behaviour: (image: string) => TaskBehaviour, program: Program) {
    this.#world = world
    this.#oneShots = new OneShotTasks(world, program)
    this.rules = { behaviour, rollbackFails: false }
  }

  /** @throws CloudError as ECS refuses. */
  call(operation: string, input: Input): Output {
    const handler = this.#operations[operation]
    if (handler === undefined)
      throw new CloudError('UnknownOperationException', `${operation} is not simulated`)
    for (const { key } of this.#world.store.list('aws_ecs_service')) this.#of(key).tick()
    return handler(input)
  }

  /** A service by its name, at the present time. */
  service(name: string): SimService {
    const found = this.#world.store.find('aws_ecs_service', (attributes) => attributes['name'] === name)
    if (found === undefined) throw new CloudError('ServiceNotFoundException', 'Service not found.')
    const service = this.#of(found.key)
    service.tick()
    return service
  }

  readonly #operations: Readonly<Record<string, (input: Input) => Output>> = {
    DescribeServices: (input) => {
      const clusterArn = this.#cluster(input)
      const names = listOf(input['services'])
      const known = names.filter((name) => this.#find(name) !== undefined)
      return {
        services: known.map((name) => serviceJson(this.service(shortName(name)), clusterArn)),
        failures: names
          .filter((name) => !known.includes(name))
          .map((name) => ({ arn: name, reason: 'MISSING' })),
      }
    },
    DescribeServiceDeployments: (input) => ({
      serviceDeployments: listOf(input['serviceDeploymentArns']).map((arn) => {
        const { service, deployment } = this.#deployment(arn)
        return deploymentJson(service, deployment, this.#clusterOf(service))
      }),
      failures: [],
    }),
    DescribeServiceRevisions: (input) => ({
      serviceRevisions: listOf(input['serviceRevisionArns']).flatMap((arn) => this.#revision(arn)),
      failures: [],
    }),
    DescribeTaskDefinition: (input) => {
      const found = this.#definition(String(input['taskDefinition']))
      return { taskDefinition: definitionJson(found, statusOf(found)), tags: tagsJson(found) }
    },
    RegisterTaskDefinition: (input) => this.#register(input),
    DeregisterTaskDefinition: (input) => {
      const found = this.#definition(String(input['taskDefinition']))
      this.#world.store.put({ ...found, facets: { ...found.facets, status: 'INACTIVE' } })
      return { taskDefinition: definitionJson(found, 'INACTIVE') }
    },
    UpdateService: (input) => {
      const clusterArn = this.#cluster(input)
      const service = this.service(shortName(String(input['service'])))
      const taskDefinition = textOf(input['taskDefinition'] as Value)
      const config = input['deploymentConfiguration'] as SimConfiguration | undefined
      if (taskDefinition !== undefined && statusOf(this.#definition(taskDefinition)) !== 'ACTIVE') {
        throw new CloudError('ClientException', 'TaskDefinition is inactive')
      }
      service.update({
        ...(taskDefinition === undefined ? {} : { taskDefinition: this.#definition(taskDefinition).key }),
        ...(typeof input['desiredCount'] === 'number' ? { desired: input['desiredCount'] } : {}),
        ...(config === undefined ? {} : { config }),
        force: input['forceNewDeployment'] === true,
      })
      return { service: serviceJson(service, clusterArn) }
    },
    ContinueServiceDeployment: (input) => {
      const { service, deployment } = this.#deployment(String(input['serviceDeploymentArn']))
      service.answer(deployment, String(input['hookId']), String(input['action'] ?? 'CONTINUE'))
      return { serviceDeploymentArn: deployment.arn }
    },
    StopServiceDeployment: (input) => {
      const { service, deployment } = this.#deployment(String(input['serviceDeploymentArn']))
      service.stop(deployment, String(input['stopType'] ?? 'ROLLBACK'))
      return { serviceDeploymentArn: deployment.arn }
    },
    RunTask: (input) => {
      const clusterArn = this.#cluster(input)
      const found = this.#definition(String(input['taskDefinition']))
      return this.#oneShots.run(input, clusterArn, {
        key: found.key,
        body: definitionJson(found, statusOf(found)),
      })
    },
    StopTask: (input) => {
      const clusterArn = this.#cluster(input)
      const task = this.#oneShots.stop(String(input['task']), String(input['reason']), clusterArn)
      if (task === undefined)
        throw new CloudError('InvalidParameterException', 'The referenced task was not found.')
      return { task }
    },
    GetLogEvents: (input) => this.#oneShots.logs.call('GetLogEvents', input),
    ListTasks: (input) => {
      const clusterArn = this.#cluster(input)
      if (input['startedBy'] !== undefined) return { taskArns: this.#oneShots.list(input) }
      const service = this.service(shortName(String(input['serviceName'])))
      const running = service.copies
        .revisions()
        .flatMap((revision) => service.copies.running(revision).map(({ arn }) => arn))
      const stopped = service.copies.stopped().map((task) => stoppedArn(clusterArn, task))
      return { taskArns: [...new Set(input['desiredStatus'] === 'STOPPED' ? stopped : running)] }
    },
    DescribeTasks: (input) => {
      const clusterArn = this.#cluster(input)
      const wanted = new Set(listOf(input['tasks']))
      const tasks = this.#world.store.list('aws_ecs_service').flatMap(({ key }) => {
        const service = this.#of(key)
        const running = service.copies.revisions().flatMap((revision) => service.copies.running(revision))
        return [
          ...running.map((task) => taskJson(task, clusterArn, this.#containers(task.taskDefinition))),
          ...service.copies
            .stopped()
            .map((task) =>
              stoppedJson(task, clusterArn, this.#containers(task.taskDefinition)[0]?.name ?? ''),
            ),
        ]
      })
      const all = [...tasks, ...this.#oneShots.describe(clusterArn)]
      const found = new Map(all.map((task) => [task['taskArn'], task]))
      return {
        tasks: [...found].flatMap(([arn, task]) => (wanted.has(String(arn)) ? [task] : [])),
        failures: [...wanted].filter((arn) => !found.has(arn)).map((arn) => ({ arn, reason: 'MISSING' })),
      }
    },
  }

  #register(input: Input): Output {
    const family = String(input['family'])
    const number = this.#world.store.next(`aws_ecs_task_definition ${family}`)
    const place = this.#world.store.list('aws_ecs_service')[0]?.key.split(':').slice(0, 5).join(':') ?? ''
    const key = `${place}:task-definition/${family}:${number}`
    const attributes: Record<string, Value> = { registered_at: this.#world.clock.now() }
    for (const [name, value] of Object.entries(input)) {
      attributes[snake(name)] =
        name === 'containerDefinitions'
          ? JSON.stringify(value)
          : name === 'tags'
            ? Object.fromEntries(
                (value as { key: string; value: string }[]).map((tag) => [tag.key, tag.value]),
              )
            : name === 'runtimePlatform'
              ? [snakes(value as Input)]
              : (value as Value)
    }
    const made = this.#world.store.put({ provider: 'aws', type: 'aws_ecs_task_definition', key, attributes })
    return { taskDefinition: definitionJson(made, 'ACTIVE'), tags: tagsJson(made) }
  }

  /** By ARN, by `family:number`, or the newest active one of a family. */
  #definition(name: string): Resource {
    const short = name.slice(name.lastIndexOf('/') + 1)
    const all = this.#world.store
      .list('aws_ecs_task_definition')
      .map((resource) => ({ resource, name: resource.key.slice(resource.key.lastIndexOf('/') + 1) }))
    const exact = all.find((one) => one.name === short)
    // An ARN names its account and region as well.
    if (name.startsWith('arn:') && exact?.resource.key !== name)
      throw new CloudError('ClientException', 'Unable to describe task definition.')
    const newest = all
      .filter((one) => one.name.replace(/:\d+$/, '') === short && statusOf(one.resource) === 'ACTIVE')
      .toSorted((a, b) => Number(b.name.split(':').at(-1)) - Number(a.name.split(':').at(-1)))[0]
    const found = exact ?? newest
    if (found === undefined) throw new CloudError('ClientException', 'Unable to describe task definition.')
    return found.resource
  }

  #containers(taskDefinition: string): readonly ContainerJson[] {
    const { attributes } = this.#definition(taskDefinition)
    return JSON.parse(textOf(attributes['container_definitions']) ?? '[]') as ContainerJson[]
  }

  #revision(arn: string): readonly Output[] {
    for (const { key } of this.#world.store.list('aws_ecs_service')) {
      const service = this.#of(key)
      const known = service.facet.deployments.flatMap(({ target, source }) => [
        target,
        ...(source === null ? [] : [source]),
      ])
      const revision = [...known, ...service.copies.revisions()].find((one) => one.arn === arn)
      if (revision === undefined) continue
      const { name = '', image = '' } = this.#containers(revision.taskDefinition)[0] ?? {}
      return [revisionJson(service, revision, this.#clusterOf(service), name, image)]
    }
    return []
  }

  #deployment(arn: string): { service: SimService; deployment: SimDeployment } {
    for (const { key } of this.#world.store.list('aws_ecs_service')) {
      const service = this.#of(key)
      const deployment = service.facet.deployments.find((one) => one.arn === arn)
      if (deployment !== undefined) return { service, deployment }
    }
    throw new CloudError('ServiceDeploymentNotFoundException', 'The service deployment does not exist.')
  }

  #find(name: string): Resource | undefined {
    return this.#world.store.find('aws_ecs_service', (attributes) => attributes['name'] === shortName(name))
  }

  #cluster(input: Input): string {
    const name = shortName(String(input['cluster'] ?? 'default'))
    const found = this.#world.store.find('aws_ecs_cluster', (attributes) => attributes['name'] === name)
    if (found === undefined) throw new CloudError('ClusterNotFoundException', 'Cluster not found.')
    return found.key
  }

  #clusterOf(service: SimService): string {
    return this.#cluster({ cluster: service.cluster })
  }

  #of(key: string): SimService {
    const known = this.#services.get(key) ?? new SimService(this.#world, key, this.rules)
    this.#services.set(key, known)
    return known
  }
}

function statusOf({ facets }: Resource): string {
  return typeof facets['status'] === 'string' ? facets['status'] : 'ACTIVE'
}

const listOf = (value: unknown): readonly string[] => (Array.isArray(value) ? (value as string[]) : [])
const shortName = (name: string): string => name.slice(name.lastIndexOf('/') + 1)
const snakes = (value: Input): Attributes =>
  Object.fromEntries(Object.entries(value).map(([name, one]) => [snake(name), one as Value]))
