import { CloudError } from '../../faults.ts'
import type { Resource } from '../../store.ts'
import { textOf } from '../../value.ts'
import type { CloudWorld } from '../../world.ts'
import { type EcsRules, TIMES } from './behaviour.ts'
import { Copies } from './copies.ts'
import { Course } from './course.ts'
import { isOver, type SimConfiguration, type SimDeployment, type SimRevision, shifts } from './deployment.ts'

export interface SimEvent {
  readonly at: number
  readonly message: string
}

/** What ECS keeps of a service beside what Terraform sees. */
export interface ServiceFacet {
  readonly deployments: SimDeployment[]
  /** Newest first. */
  readonly events: SimEvent[]
}

/** One service of the simulated ECS on virtual time. Its record in the store is the truth for Terraform as well. */
export class SimService {
  readonly #world: CloudWorld
  readonly #key: string
  readonly #rules: EcsRules

  constructor(world: CloudWorld, key: string, rules: EcsRules) {
    this.#world = world
    this.#key = key
    this.#rules = rules
  }

  get record(): Resource {
    const found = this.#world.store.get('aws_ecs_service', this.#key)
    if (found === undefined) throw new CloudError('ServiceNotFoundException', 'Service not found.')
    return found
  }

  get name(): string {
    return textOf(this.record.attributes['name']) ?? ''
  }

  get cluster(): string {
    const cluster = textOf(this.record.attributes['cluster']) ?? ''
    return cluster.slice(cluster.lastIndexOf('/') + 1)
  }

  get desired(): number {
    return Number(this.record.attributes['desired_count'] ?? 0)
  }

  get taskDefinition(): string {
    return textOf(this.record.attributes['task_definition']) ?? ''
  }

  get facet(): ServiceFacet {
    const { record } = this
    const found = record.facets['ecs'] as ServiceFacet | undefined
    if (found !== undefined) return found
    const facet: ServiceFacet = { deployments: [], events: [] }
    this.#world.store.put({ ...record, facets: { ...record.facets, ecs: facet } })
    return facet
  }

  get newest(): SimDeployment | undefined {
    return this.facet.deployments.at(-1)
  }

  /** UpdateService: another task definition begins a deployment; the same one, or a count, does not. */
  update(change: {
    taskDefinition?: string
    desired?: number
    config?: SimConfiguration
    force?: boolean
  }): void {
    const { taskDefinition, desired, config, force } = change
    const { newest } = this
    const before = this.taskDefinition
    if (desired !== undefined) this.set({ desired_count: desired })
    if (config !== undefined) this.#config = config
    if (taskDefinition === undefined || (taskDefinition === before && force !== true)) return
    // What an unfinished deployment would have replaced still serves.
    const open = newest !== undefined && !isOver(newest) ? newest : undefined
    if (open !== undefined) this.course.end(open, 'STOPPED', 'A newer deployment took its place.')
    const number = this.#world.store.next(`ecs deployment ${this.#key}`)
    const source = open === undefined ? this.#live(before, number) : open.source
    // A shift of traffic needs the target group that does not serve.
    const alternate = shifts(this.#config) !== (source?.alternate ?? true)
    const target: SimRevision = {
      arn: this.arn('service-revision', 100 + number),
      taskDefinition,
      alternate,
    }
    const deployment: SimDeployment = {
      arn: this.arn('service-deployment', number),
      target,
      source,
      config: this.#config,
      createdAt: this.now,
      status: 'PENDING',
      stage: 'PRE_SCALE_UP',
      reason: null,
      weight: 0,
      hook: null,
      due: this.now + TIMES.pending,
      failed: 0,
      finishedAt: null,
      trafficSince: null,
      stopped: [],
    }
    this.facet.deployments.push(deployment)
    this.set({ task_definition: taskDefinition })
  }

  /** ContinueServiceDeployment. */
  answer(deployment: SimDeployment, hookId: string, action: string): void {
    const { hook } = deployment
    if (isOver(deployment) || hook?.id !== hookId || hook.status !== 'AWAITING_ACTION') {
      throw new CloudError('InvalidParameterException', `The hook ${hookId} is not awaiting an action.`)
    }
    if (action === 'ROLLBACK') {
      this.rollBack(deployment, 'The deployment was rolled back from a pause.')
      return
    }
    hook.status = 'SUCCEEDED'
    if (hook.at === 'POST_PRODUCTION_TRAFFIC_SHIFT') this.course.bake(deployment)
    else this.course.shift(deployment)
  }

  rollBack(deployment: SimDeployment, reason: string, at = this.now): void {
    deployment.status = 'ROLLBACK_REQUESTED'
    deployment.reason = reason
    deployment.hook = null
    deployment.due = at + TIMES.pending
  }

  stop(deployment: SimDeployment, type: string): void {
    if (isOver(deployment)) throw new CloudError('ConflictException', 'The service deployment is over.')
    if (type === 'ABORT') this.course.end(deployment, 'STOPPED', 'The deployment was stopped.')
    else if (!deployment.status.startsWith('ROLLBACK'))
      this.rollBack(deployment, 'The deployment was stopped.')
  }

  /** Everything that is due by now has happened. */
  tick(): void {
    const deployment = this.newest
    while (deployment?.due != null && deployment.due <= this.now && !isOver(deployment)) {
      const { due } = deployment
      this.course.step(deployment, due)
    }
  }

  get copies(): Copies {
    return new Copies(this, this.#rules)
  }

  get course(): Course {
    return new Course(this, this.#rules)
  }

  event(message: string): void {
    this.facet.events.unshift({ at: this.now, message: `(service ${this.name}) ${message}` })
  }

  #config: SimConfiguration = {}

  #live(taskDefinition: string, number: number): SimRevision | null {
    const { newest } = this
    const known = [newest?.target, newest?.source].find((one) => one?.taskDefinition === taskDefinition)
    return known ?? { arn: this.arn('service-revision', 99 + number), taskDefinition, alternate: false }
  }

  /** The image of its first container. */
  image(taskDefinition: string): string {
    const record = this.#world.store.get('aws_ecs_task_definition', taskDefinition)
    const containers = JSON.parse(textOf(record?.attributes['container_definitions']) ?? '[]') as {
      image?: string
    }[]
    return containers[0]?.image ?? ''
  }

  set(change: Record<string, string | number>): void {
    this.#world.store.move('aws_ecs_service', this.#key, change)
  }

  arn(kind: string, number: number): string {
    return `${this.base(kind)}/${this.cluster}/${this.name}/${String(number).padStart(12, '0')}`
  }

  /** `arn:aws:ecs:region:account:kind`. */
  base(kind: string): string {
    return `${this.#key.split(':').slice(0, 5).join(':')}:${kind}`
  }

  get now(): number {
    return this.#world.clock.now()
  }

  /** A number that no pause of it has had. */
  nextHook(): number {
    return this.#world.store.next(`ecs hook ${this.#key}`)
  }
}
