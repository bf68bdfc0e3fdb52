import { digestOf, hexOf, parseImageReference } from '../../../../../src/domain/digest.ts'
import { CloudError } from '../../faults.ts'
import type { Resource } from '../../store.ts'
import { textOf } from '../../value.ts'
import type { CloudWorld } from '../../world.ts'
import { type EcsRules, TIMES } from './behaviour.ts'
import {
  hookAt,
  isOver,
  nextStep,
  type SimConfiguration,
  type SimDeployment,
  type SimHook,
  type SimRevision,
  type SimStopped,
  shifts,
} from './deployment.ts'

const MINUTE = 60_000

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

export interface SimTask {
  readonly arn: string
  readonly taskDefinition: string
  readonly digest: string | undefined
  readonly image: string
  readonly unhealthy: boolean
  readonly startedAt: number
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
    if (desired !== undefined) this.#set({ desired_count: desired })
    if (config !== undefined) this.#config = config
    if (taskDefinition === undefined || (taskDefinition === before && force !== true)) return
    // What an unfinished deployment would have replaced still serves.
    const open = newest !== undefined && !isOver(newest) ? newest : undefined
    if (open !== undefined) this.#end(open, 'STOPPED', 'A newer deployment took its place.')
    const number = this.#world.store.next(`ecs deployment ${this.#key}`)
    const source = open === undefined ? this.#live(before, number) : open.source
    // A shift of traffic needs the target group that does not serve.
    const alternate = shifts(this.#config) !== (source?.alternate ?? true)
    const target: SimRevision = {
      arn: this.#arn('service-revision', 100 + number),
      taskDefinition,
      alternate,
    }
    const deployment: SimDeployment = {
      arn: this.#arn('service-deployment', number),
      target,
      source,
      config: this.#config,
      createdAt: this.#now,
      status: 'PENDING',
      stage: 'PRE_SCALE_UP',
      reason: null,
      weight: 0,
      hook: null,
      due: this.#now + TIMES.pending,
      failed: 0,
      finishedAt: null,
      trafficSince: null,
      stopped: [],
    }
    this.facet.deployments.push(deployment)
    this.#set({ task_definition: taskDefinition })
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
    if (hook.at === 'POST_PRODUCTION_TRAFFIC_SHIFT') this.#bake(deployment)
    else this.#shift(deployment)
  }

  rollBack(deployment: SimDeployment, reason: string, at = this.#now): void {
    deployment.status = 'ROLLBACK_REQUESTED'
    deployment.reason = reason
    deployment.hook = null
    deployment.due = at + TIMES.pending
  }

  stop(deployment: SimDeployment, type: string): void {
    if (isOver(deployment)) throw new CloudError('ConflictException', 'The service deployment is over.')
    if (type === 'ABORT') this.#end(deployment, 'STOPPED', 'The deployment was stopped.')
    else if (!deployment.status.startsWith('ROLLBACK'))
      this.rollBack(deployment, 'The deployment was stopped.')
  }

  /** Everything that is due by now has happened. */
  tick(): void {
    const deployment = this.newest
    while (deployment?.due != null && deployment.due <= this.#now && !isOver(deployment)) {
      const { due } = deployment
      this.#step(deployment, due)
    }
  }

  /** Copies of a revision that run now. */
  running({ taskDefinition }: SimRevision): readonly SimTask[] {
    const deployment = this.newest
    const image = this.#image(taskDefinition)
    const behaviour = this.#rules.behaviour(image)
    const dead = deployment?.target.taskDefinition === taskDefinition && this.hasDied(deployment)
    const bad = behaviour.fails !== undefined || behaviour.answers !== undefined || dead
    if (bad || image.endsWith(':template') || !this.#up(taskDefinition)) return []
    return Array.from({ length: this.desired }, (_, index) => ({
      arn: `${this.#base('task')}/${this.cluster}/${hexOf(digestOf(`${taskDefinition} ${index}`)).slice(0, 32)}`,
      taskDefinition,
      image,
      digest: behaviour.runs ?? parseImageReference(image)?.digest,
      unhealthy: behaviour.unhealthy === true,
      startedAt: deployment?.createdAt ?? 0,
    }))
  }

  /** Have its copies ended after they had their first traffic? */
  hasDied({ target, trafficSince }: SimDeployment): boolean {
    const { diesAfter } = this.#rules.behaviour(this.#image(target.taskDefinition))
    return diesAfter !== undefined && trafficSince !== null && this.#now - trafficSince >= diesAfter
  }

  /** Copies that have ended lately. */
  stopped(): readonly SimStopped[] {
    const { newest } = this
    if (newest === undefined) return []
    const { taskDefinition } = newest.target
    const died: SimStopped = {
      taskDefinition,
      at: this.#now,
      code: 'EssentialContainerExited',
      reason: 'Essential container in task exited',
      exitCode: 137,
    }
    return [...newest.stopped, ...(this.hasDied(newest) ? [died] : [])]
  }

  /** Where a request of a user goes: task definition -> percent. */
  traffic(): Readonly<Record<string, number>> {
    const deployment = this.newest
    if (this.desired === 0) return {}
    if (deployment === undefined || isOver(deployment) || deployment.source === null) {
      return { [this.taskDefinition]: 100 }
    }
    const weight = shifts(deployment.config)
      ? deployment.weight
      : this.running(deployment.target).length > 0
        ? 50
        : 0
    return {
      [deployment.source.taskDefinition]: 100 - weight,
      [deployment.target.taskDefinition]: weight,
    }
  }

  /** All revisions that a deployment under way knows, or the one that serves. */
  revisions(): readonly SimRevision[] {
    const deployment = this.newest
    if (deployment === undefined)
      return [
        { arn: this.#arn('service-revision', 100), taskDefinition: this.taskDefinition, alternate: false },
      ]
    const both = [deployment.target, ...(deployment.source === null ? [] : [deployment.source])]
    return isOver(deployment)
      ? both.filter(({ taskDefinition }) => taskDefinition === this.taskDefinition)
      : both
  }

  event(message: string): void {
    this.facet.events.unshift({ at: this.#now, message: `(service ${this.name}) ${message}` })
  }

  #config: SimConfiguration = {}

  #step(deployment: SimDeployment, at: number): void {
    switch (deployment.status) {
      case 'PENDING':
        deployment.status = 'IN_PROGRESS'
        deployment.stage = 'SCALE_UP'
        deployment.due = at + this.#startsIn(deployment)
        return
      case 'IN_PROGRESS':
        this.#advance(deployment, at)
        return
      case 'ROLLBACK_REQUESTED':
        deployment.status = 'ROLLBACK_IN_PROGRESS'
        deployment.weight = 0
        deployment.due = at + TIMES.drain
        return
      case 'ROLLBACK_IN_PROGRESS':
        if (deployment.source === null || this.#rules.rollbackFails) {
          this.#end(deployment, 'ROLLBACK_FAILED', 'The previous service revision could not be restored.')
        } else {
          this.#set({ task_definition: deployment.source.taskDefinition })
          this.#end(deployment, 'ROLLBACK_SUCCESSFUL', deployment.reason)
        }
        return
      default:
        deployment.due = null
    }
  }

  #advance(deployment: SimDeployment, at: number): void {
    switch (deployment.stage) {
      case 'SCALE_UP':
        if (this.#starts(deployment, at)) {
          if (shifts(deployment.config)) this.#beforeShift(deployment, at)
          else {
            deployment.weight = 100
            deployment.trafficSince = at
            deployment.stage = 'CLEAN_UP'
            deployment.due = at + TIMES.drain
          }
        }
        return
      case 'PRE_PRODUCTION_TRAFFIC_SHIFT':
      case 'POST_PRODUCTION_TRAFFIC_SHIFT':
        // Nobody answered in time.
        this.rollBack(deployment, 'The pause timed out.', at)
        return
      case 'PRODUCTION_TRAFFIC_SHIFT':
        if (deployment.weight < 100) this.#beforeShift(deployment, at)
        else if (!this.#pause(deployment, 'POST_PRODUCTION_TRAFFIC_SHIFT', at)) this.#bake(deployment)
        return
      case 'BAKE_TIME':
        deployment.stage = 'CLEAN_UP'
        deployment.due = at + TIMES.drain
        return
      case 'CLEAN_UP':
        this.#end(deployment, 'SUCCESSFUL', null)
        return
      default:
        throw new Error(`stage ${deployment.stage} is unknown here`)
    }
  }

  /** Do the copies come up? A failure is tried again; the circuit breaker of a rolling deployment counts them. */
  #starts(deployment: SimDeployment, at: number): boolean {
    if (this.desired === 0) return true
    const { taskDefinition } = deployment.target
    const { fails, answers } = this.#rules.behaviour(this.#image(taskDefinition))
    if (fails === undefined && answers === undefined) return true
    deployment.failed += 1
    deployment.stopped.push({
      taskDefinition,
      at,
      code:
        fails?.exitCode === undefined && fails !== undefined
          ? 'TaskFailedToStart'
          : 'EssentialContainerExited',
      reason:
        answers !== undefined
          ? `Task failed ELB health checks in (target-group blue)`
          : fails?.exitCode === undefined
            ? (fails?.reason ?? '')
            : 'Essential container in task exited',
      ...(fails?.exitCode === undefined ? {} : { exitCode: fails.exitCode, containerReason: fails.reason }),
    })
    if (answers !== undefined) {
      this.event(
        `(port 8000) is unhealthy in (target-group blue) due to (reason Health checks failed with these codes: [${answers}])`,
      )
    }
    const { enable, rollback } = deployment.config.deploymentCircuitBreaker ?? {}
    if (enable === true && deployment.failed >= 3 && !shifts(deployment.config)) {
      const earlier = this.facet.deployments.some(({ status }) => status === 'SUCCESSFUL')
      if (rollback === true && earlier)
        this.rollBack(deployment, 'tasks failed to start: the circuit breaker was triggered.')
      else this.#end(deployment, 'STOPPED', 'tasks failed to start: the circuit breaker was triggered.')
      return false
    }
    deployment.due = at + this.#startsIn(deployment)
    return false
  }

  #beforeShift(deployment: SimDeployment, at: number): void {
    if (!this.#pause(deployment, 'PRE_PRODUCTION_TRAFFIC_SHIFT', at)) this.#shift(deployment)
  }

  #pause(deployment: SimDeployment, stage: SimHook['at'], at: number): boolean {
    const hook = hookAt(deployment.config, stage)
    if (hook === undefined) return false
    const { timeoutInMinutes = 1440, action = 'ROLLBACK' } = hook.timeoutConfiguration ?? {}
    const expiresAt = at + timeoutInMinutes * MINUTE
    const number = this.#world.store.next(`ecs hook ${this.#key}`)
    deployment.hook = {
      id: `ecs-pause-${number}`,
      at: stage,
      expiresAt,
      timeoutAction: action,
      status: 'AWAITING_ACTION',
    }
    deployment.stage = stage
    deployment.due = expiresAt
    return true
  }

  #shift(deployment: SimDeployment): void {
    deployment.weight = nextStep(deployment.config, deployment.weight)
    deployment.trafficSince ??= this.#now
    deployment.stage = 'PRODUCTION_TRAFFIC_SHIFT'
    const { canaryConfiguration, linearConfiguration } = deployment.config
    const bake =
      deployment.weight === 100
        ? 0
        : (canaryConfiguration?.canaryBakeTimeInMinutes ?? linearConfiguration?.stepBakeTimeInMinutes ?? 0)
    deployment.due = this.#now + TIMES.shift + bake * MINUTE
  }

  #bake(deployment: SimDeployment): void {
    deployment.stage = 'BAKE_TIME'
    deployment.due = this.#now + (deployment.config.bakeTimeInMinutes ?? 0) * MINUTE
  }

  #end(deployment: SimDeployment, status: string, reason: string | null): void {
    deployment.status = status
    deployment.reason = reason
    deployment.due = null
    deployment.hook = null
    deployment.finishedAt = this.#now
    this.event(status === 'SUCCESSFUL' ? '(deployment completed)' : `(deployment ${status.toLowerCase()})`)
  }

  #up(taskDefinition: string): boolean {
    const deployment = this.newest
    if (deployment === undefined || isOver(deployment)) return taskDefinition === this.taskDefinition
    if (deployment.source?.taskDefinition === taskDefinition) return true
    return (
      deployment.target.taskDefinition === taskDefinition &&
      !['PRE_SCALE_UP', 'SCALE_UP'].includes(deployment.stage) &&
      !deployment.status.startsWith('ROLLBACK')
    )
  }

  #startsIn(deployment: SimDeployment): number {
    return this.#rules.behaviour(this.#image(deployment.target.taskDefinition)).startsIn ?? 30_000
  }

  #live(taskDefinition: string, number: number): SimRevision | null {
    const { newest } = this
    const known = [newest?.target, newest?.source].find((one) => one?.taskDefinition === taskDefinition)
    return known ?? { arn: this.#arn('service-revision', 99 + number), taskDefinition, alternate: false }
  }

  #image(taskDefinition: string): string {
    const record = this.#world.store.get('aws_ecs_task_definition', taskDefinition)
    const containers = JSON.parse(textOf(record?.attributes['container_definitions']) ?? '[]') as {
      image?: string
    }[]
    return containers[0]?.image ?? ''
  }

  #set(change: Record<string, string | number>): void {
    this.#world.store.move('aws_ecs_service', this.#key, change)
  }

  #arn(kind: string, number: number): string {
    return `${this.#base(kind)}/${this.cluster}/${this.name}/${String(number).padStart(12, '0')}`
  }

  /** `arn:aws:ecs:region:account:kind`. */
  #base(kind: string): string {
    return `${this.#key.split(':').slice(0, 5).join(':')}:${kind}`
  }

  get #now(): number {
    return this.#world.clock.now()
  }
}
