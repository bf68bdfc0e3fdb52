import {
  DescribeServiceDeploymentsCommand,
  DescribeServiceRevisionsCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  type ECSClient,
  type Service as EcsService,
  ListTasksCommand,
  type ServiceDeployment,
  type ServiceRevision,
  type ServiceRevisionSummary,
  type Task,
} from '@aws-sdk/client-ecs'
import { SluiceError } from '../../../domain/error.ts'
import type { AwsCalls } from './calls.ts'
import { type Deployment, isUnderWay, nextWeight, phaseOf, type Share } from './deployment.ts'
import { unclear } from './ends.ts'
import type { Registered } from './revision.ts'
import { deploymentOfService } from './service-deployments.ts'
import { type SeenServices, ServiceLooks } from './service-looks.ts'
import type { EcsTarget } from './target.ts'

/** One look at a service. */
export interface Sighting {
  readonly service: EcsService
  /** ARN of the task definition that the service is set to. */
  readonly serving: string
  readonly desired: number
  readonly running: number
  /** The newest deployment; null where ECS tells of none. */
  readonly deployment: Deployment | null
}

/** Answers to a part of a look. */
interface Asked {
  readonly service?: EcsService
  readonly deployment?: Deployment
}

/** Reads what ECS says, in as few requests as the answer needs. What never changes is asked once. */
export class EcsReader {
  readonly #client: ECSClient
  readonly #calls: AwsCalls
  readonly #revisions = new Map<string, ServiceRevision>()
  /** ARN of each service that was seen, which names its account and region. */
  readonly #seen = new Map<string, string>()
  readonly #looks = new ServiceLooks((...asked) => this.#services(...asked))

  constructor(client: ECSClient, calls: AwsCalls) {
    this.#client = client
    this.#calls = calls
  }

  /** @param asked what ECS said just now, where somebody has asked already */
  async look(target: EcsTarget, signal?: AbortSignal, asked: Asked = {}): Promise<Sighting> {
    const service = asked.service ?? (await this.service(target, signal))
    const { currentServiceDeployment: current } = service
    if (current === undefined) return sightingOf(service, deploymentOfService(target, service))
    const known = asked.deployment?.id === current ? asked.deployment : undefined
    return sightingOf(service, known ?? (await this.deployment(target, current, signal)))
  }

  /** The service revision that ECS made for a deployment. */
  async revision(target: EcsTarget, arn: string, signal?: AbortSignal): Promise<ServiceRevision> {
    await this.#learn(target, [arn], signal)
    const revision = this.#revisions.get(arn)
    if (revision === undefined) throw unclear(target, `ECS knows no service revision ${arn}`)
    return revision
  }

  async #learn(target: EcsTarget, arns: readonly string[], signal?: AbortSignal): Promise<void> {
    const unknown = arns.filter((arn) => !this.#revisions.has(arn))
    if (unknown.length === 0) return
    const { serviceRevisions = [] } = await this.#calls.ask(
      `reading revisions of ${target.name}`,
      'always',
      (options) =>
        this.#client.send(new DescribeServiceRevisionsCommand({ serviceRevisionArns: unknown }), options),
      signal,
    )
    for (const one of serviceRevisions) this.#revisions.set(one.serviceRevisionArn ?? '', one)
  }

  /** The newest active task definition of a family; undefined where there is none. */
  async newest(family: string, signal?: AbortSignal): Promise<Registered | undefined> {
    const found = await this.definition(family, signal)
    return found?.definition.status === 'INACTIVE' ? undefined : found
  }

  /** By ARN, also where it is inactive; undefined where there is none. */
  async definition(name: string, signal?: AbortSignal): Promise<Registered | undefined> {
    const answer = await this.#calls.ask(
      `reading the task definition ${name}`,
      'always',
      async (options) => {
        try {
          return await this.#client.send(
            new DescribeTaskDefinitionCommand({ taskDefinition: name, include: ['TAGS'] }),
            options,
          )
        } catch (error) {
          // ECS has no error of its own for it: "ClientException: Unable to describe task definition."
          if (error instanceof Error && /unable to describe task definition/i.test(error.message)) return
          throw error
        }
      },
      signal,
    )
    const definition = answer?.taskDefinition
    return definition === undefined ? undefined : { definition, tags: answer?.tags ?? [] }
  }

  /** The tasks of the service that run, or those that have ended lately. */
  async tasks(
    target: EcsTarget,
    desiredStatus: 'RUNNING' | 'STOPPED',
    signal?: AbortSignal,
  ): Promise<readonly Task[]> {
    const { cluster, service: serviceName } = target
    const what = `reading the tasks of ${target.name}`
    const found: Task[] = []
    let nextToken: string | undefined
    do {
      const page = await this.#calls.ask(
        what,
        'always',
        (options) =>
          this.#client.send(
            new ListTasksCommand({ cluster, serviceName, desiredStatus, nextToken }),
            options,
          ),
        signal,
      )
      nextToken = page.nextToken
      const tasks = page.taskArns ?? []
      if (tasks.length === 0) continue
      const answer = await this.#calls.ask(
        what,
        'always',
        (options) => this.#client.send(new DescribeTasksCommand({ cluster, tasks }), options),
        signal,
      )
      found.push(...(answer.tasks ?? []))
    } while (nextToken !== undefined)
    return found
  }

  async service(target: EcsTarget, signal?: AbortSignal): Promise<EcsService> {
    const { cluster, service: name } = target
    // A step that may be given up is on its own; other looks of the same moment are asked for together.
    const { services, failures } =
      signal === undefined ? await this.#looks.look(target) : await this.#services(cluster, [target], signal)
    const [service, ...others] = services
    if (service === undefined || others.length > 0 || service.status !== 'ACTIVE') {
      const why =
        service === undefined
          ? (failures[0]?.reason ?? 'the answer is empty')
          : others.length > 0
            ? `${services.length} services answer to the name`
            : `it is ${service.status ?? 'in no known state'}`
      throw new SluiceError('cannot-observe', 'user', {
        what: `service ${name} of cluster ${cluster} cannot be seen: ${why}`,
        rule: 'the service of targets.json stands before a rollout',
        remedy: 'run "sluice apply", and see that account and region of sluice.yml are the right ones',
      })
    }
    this.#know(target, service.serviceArn ?? '')
    return service
  }

  async #services(cluster: string, asked: readonly EcsTarget[], signal?: AbortSignal): Promise<SeenServices> {
    const command = new DescribeServicesCommand({ cluster, services: asked.map(({ service }) => service) })
    const { services = [], failures = [] } = await this.#calls.ask(
      `looking at service ${asked.map(({ name }) => name).join(', ')}`,
      'always',
      (options) => this.#client.send(command, options),
      signal,
    )
    return { services, failures }
  }

  /** @throws SluiceError cannot-observe where what answers is of another account or region than before */
  #know({ cluster, service }: EcsTarget, arn: string): void {
    const id = `${cluster}/${service}`
    const before = this.#seen.get(id) ?? arn
    this.#seen.set(id, before)
    if (before !== arn) throw elsewhere(`service ${service}`, arn, before)
  }

  /** @throws SluiceError cannot-observe where something was made in another account or region than the service's */
  requireBeside({ cluster, service }: EcsTarget, arn: string): void {
    const before = this.#seen.get(`${cluster}/${service}`) ?? arn
    if (placeOf(before) !== placeOf(arn)) throw elsewhere('its task definition', arn, before)
  }

  async deployment(target: EcsTarget, arn: string, signal?: AbortSignal): Promise<Deployment> {
    const { serviceDeployments = [] } = await this.#calls.ask(
      `looking at the deployment of ${target.name}`,
      'always',
      (options) =>
        this.#client.send(new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [arn] }), options),
      signal,
    )
    const found = serviceDeployments[0]
    if (found?.targetServiceRevision === undefined)
      throw unclear(target, `ECS tells nothing of deployment ${arn}`)
    const summaries = [found.targetServiceRevision, ...(found.sourceServiceRevisions ?? [])]
    const arns = summaries.flatMap((summary) => (summary.arn === undefined ? [] : [summary.arn]))
    await this.#learn(target, arns, signal)
    const shifts = (found.deploymentConfiguration?.strategy ?? 'ROLLING') !== 'ROLLING'
    const share = async (summary: ServiceRevisionSummary): Promise<Share> => ({
      arn: summary.arn ?? '',
      taskDefinition: (await this.revision(target, summary.arn ?? '', signal)).taskDefinition ?? '',
      requested: summary.requestedTaskCount ?? 0,
      running: summary.runningTaskCount ?? 0,
      weight: shifts ? (summary.requestedProductionTrafficWeight ?? 0) : null,
    })
    const sources: Share[] = []
    for (const source of found.sourceServiceRevisions ?? []) sources.push(await share(source))
    return deploymentOf(target, found, await share(found.targetServiceRevision), sources)
  }
}

/** Partition, service, region and account of an ARN. */
const placeOf = (arn: string): string => arn.split(':').slice(0, 5).join(':')

function elsewhere(what: string, arn: string, before: string): SluiceError {
  return new SluiceError('cannot-observe', 'user', {
    what: `${what} is ${arn} now, and the service was ${before}`,
    rule: 'a rollout stays in one account and region from its first look to its last',
    remedy: 'see who changes the credentials or the region of this machine, then repeat the command',
  })
}

function deploymentOf(
  target: EcsTarget,
  found: ServiceDeployment,
  to: Share,
  sources: readonly Share[],
): Deployment {
  const phase = phaseOf(found.status)
  if (phase === undefined)
    throw unclear(target, `its deployment has the unknown status ${found.status ?? '(none)'}`)
  const { strategy, canaryConfiguration, linearConfiguration } = found.deploymentConfiguration ?? {}
  const waits = found.lifecycleHookDetails?.find(
    ({ targetType, status }) => targetType === 'PAUSE' && status === 'AWAITING_ACTION',
  )
  return {
    id: found.serviceDeploymentArn ?? '',
    phase,
    reason: found.statusReason ?? found.rollback?.reason ?? null,
    createdAt: found.createdAt?.getTime() ?? 0,
    target: to,
    sources,
    pause: phase === 'in-progress' ? (waits?.hookId ?? null) : null,
    failures: found.deploymentCircuitBreaker?.failureCount ?? 0,
    next: nextWeight(
      strategy,
      to.weight ?? 0,
      canaryConfiguration?.canaryPercent,
      linearConfiguration?.stepPercent,
    ),
  }
}

export function sightingOf(service: EcsService, found: Deployment | null): Sighting {
  const serving = service.taskDefinition ?? ''
  return {
    service,
    serving,
    desired: service.desiredCount ?? 0,
    running: service.runningCount ?? 0,
    deployment: found === null ? null : current(found, serving, service),
  }
}

/** The service is set to something else than its last deployment brought: ECS has not begun the next one yet. */
function current(found: Deployment, serving: string, service: EcsService): Deployment {
  const after = found.phase === 'successful' ? found.target.taskDefinition : undefined
  if (after === undefined || isUnderWay(found.phase) || after === serving) return found
  return {
    id: '',
    phase: 'pending',
    reason: null,
    createdAt: found.createdAt,
    before: found.id,
    target: {
      arn: '',
      taskDefinition: serving,
      requested: service.desiredCount ?? 0,
      running: 0,
      weight: found.target.weight === null ? null : 0,
    },
    sources: [{ ...found.target, weight: found.target.weight === null ? null : 100 }],
    pause: null,
    next: 100,
  }
}
