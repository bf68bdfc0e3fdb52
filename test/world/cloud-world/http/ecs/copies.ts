import { digestOf, hexOf, parseImageReference } from '../../../../../src/domain/digest.ts'
import type { EcsRules } from './behaviour.ts'
import { isOver, type SimDeployment, type SimRevision, type SimStopped, shifts } from './deployment.ts'
import type { SimService } from './service.ts'

export interface SimTask {
  readonly arn: string
  readonly taskDefinition: string
  readonly digest: string | undefined
  readonly image: string
  readonly unhealthy: boolean
  readonly startedAt: number
}

/** What of a service of the simulated ECS runs, has ended, and gets requests. */
export class Copies {
  readonly #service: SimService
  readonly #rules: EcsRules

  constructor(service: SimService, rules: EcsRules) {
    this.#service = service
    this.#rules = rules
  }

  /** Copies of a revision that run now. */
  running({ taskDefinition }: SimRevision): readonly SimTask[] {
    const deployment = this.#service.newest
    const image = this.#service.image(taskDefinition)
    const behaviour = this.#rules.behaviour(image)
    const dead = deployment?.target.taskDefinition === taskDefinition && this.hasDied(deployment)
    const bad = behaviour.fails !== undefined || behaviour.answers !== undefined || dead
    if (bad || image.endsWith(':template') || !this.#up(taskDefinition)) return []
    return Array.from({ length: this.#service.desired }, (_, index) => ({
      arn: `${this.#service.base('task')}/${this.#service.cluster}/${hexOf(digestOf(`${taskDefinition} ${index}`)).slice(0, 32)}`,
      taskDefinition,
      image,
      digest: behaviour.runs ?? parseImageReference(image)?.digest,
      unhealthy: behaviour.unhealthy === true,
      startedAt: deployment?.createdAt ?? 0,
    }))
  }

  /** Have its copies ended after they had their first traffic? */
  hasDied({ target, trafficSince }: SimDeployment): boolean {
    const { diesAfter } = this.#rules.behaviour(this.#service.image(target.taskDefinition))
    return diesAfter !== undefined && trafficSince !== null && this.#service.now - trafficSince >= diesAfter
  }

  /** Copies that have ended lately. */
  stopped(): readonly SimStopped[] {
    const { newest } = this.#service
    if (newest === undefined) return []
    const { taskDefinition } = newest.target
    const died: SimStopped = {
      taskDefinition,
      at: this.#service.now,
      code: 'EssentialContainerExited',
      reason: 'Essential container in task exited',
      exitCode: 137,
    }
    return [...newest.stopped, ...(this.hasDied(newest) ? [died] : [])]
  }

  /** Where a request of a user goes: task definition -> percent. */
  traffic(): Readonly<Record<string, number>> {
    const deployment = this.#service.newest
    if (this.#service.desired === 0) return {}
    if (deployment === undefined || isOver(deployment) || deployment.source === null) {
      return { [this.#service.taskDefinition]: 100 }
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
    const deployment = this.#service.newest
    if (deployment === undefined)
      return [
        {
          arn: this.#service.arn('service-revision', 100),
          taskDefinition: this.#service.taskDefinition,
          alternate: false,
        },
      ]
    const both = [deployment.target, ...(deployment.source === null ? [] : [deployment.source])]
    return isOver(deployment)
      ? both.filter(({ taskDefinition }) => taskDefinition === this.#service.taskDefinition)
      : both
  }

  #up(taskDefinition: string): boolean {
    const deployment = this.#service.newest
    if (deployment === undefined || isOver(deployment)) return taskDefinition === this.#service.taskDefinition
    if (deployment.source?.taskDefinition === taskDefinition) return true
    return (
      deployment.target.taskDefinition === taskDefinition &&
      !['PRE_SCALE_UP', 'SCALE_UP'].includes(deployment.stage) &&
      !deployment.status.startsWith('ROLLBACK')
    )
  }
}
