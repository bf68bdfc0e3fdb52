import { type EcsRules, TIMES } from './behaviour.ts'
import { hookAt, nextStep, type SimDeployment, type SimHook, shifts } from './deployment.ts'
import type { SimService } from './service.ts'

const MINUTE = 60_000

/** How a deployment of the simulated ECS goes on by itself, and what its answers make of it. */
export class Course {
  readonly #service: SimService
  readonly #rules: EcsRules

  constructor(service: SimService, rules: EcsRules) {
    this.#service = service
    this.#rules = rules
  }

  step(deployment: SimDeployment, at: number): void {
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
          this.end(deployment, 'ROLLBACK_FAILED', 'The previous service revision could not be restored.')
        } else {
          this.#service.set({ task_definition: deployment.source.taskDefinition })
          this.end(deployment, 'ROLLBACK_SUCCESSFUL', deployment.reason)
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
        this.#service.rollBack(deployment, 'The pause timed out.', at)
        return
      case 'PRODUCTION_TRAFFIC_SHIFT':
        if (deployment.weight < 100) this.#beforeShift(deployment, at)
        else if (!this.#pause(deployment, 'POST_PRODUCTION_TRAFFIC_SHIFT', at)) this.bake(deployment)
        return
      case 'BAKE_TIME':
        deployment.stage = 'CLEAN_UP'
        deployment.due = at + TIMES.drain
        return
      case 'CLEAN_UP':
        this.end(deployment, 'SUCCESSFUL', null)
        return
      default:
        throw new Error(`stage ${deployment.stage} is unknown here`)
    }
  }

  /** Do the copies come up? A failure is tried again; the circuit breaker of a rolling deployment counts them. */
  #starts(deployment: SimDeployment, at: number): boolean {
    if (this.#service.desired === 0) return true
    const { taskDefinition } = deployment.target
    const { fails, answers } = this.#rules.behaviour(this.#service.image(taskDefinition))
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
      this.#service.event(
        `(port 8000) is unhealthy in (target-group blue) due to (reason Health checks failed with these codes: [${answers}])`,
      )
    }
    const { enable, rollback } = deployment.config.deploymentCircuitBreaker ?? {}
    if (enable === true && deployment.failed >= 3 && !shifts(deployment.config)) {
      const earlier = this.#service.facet.deployments.some(({ status }) => status === 'SUCCESSFUL')
      if (rollback === true && earlier)
        this.#service.rollBack(deployment, 'tasks failed to start: the circuit breaker was triggered.')
      else this.end(deployment, 'STOPPED', 'tasks failed to start: the circuit breaker was triggered.')
      return false
    }
    deployment.due = at + this.#startsIn(deployment)
    return false
  }

  #beforeShift(deployment: SimDeployment, at: number): void {
    if (!this.#pause(deployment, 'PRE_PRODUCTION_TRAFFIC_SHIFT', at)) this.shift(deployment)
  }

  #pause(deployment: SimDeployment, stage: SimHook['at'], at: number): boolean {
    const hook = hookAt(deployment.config, stage)
    if (hook === undefined) return false
    const { timeoutInMinutes = 1440, action = 'ROLLBACK' } = hook.timeoutConfiguration ?? {}
    const expiresAt = at + timeoutInMinutes * MINUTE
    const number = this.#service.nextHook()
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

  shift(deployment: SimDeployment): void {
    deployment.weight = nextStep(deployment.config, deployment.weight)
    deployment.trafficSince ??= this.#service.now
    deployment.stage = 'PRODUCTION_TRAFFIC_SHIFT'
    const { canaryConfiguration, linearConfiguration } = deployment.config
    const bake =
      deployment.weight === 100
        ? 0
        : (canaryConfiguration?.canaryBakeTimeInMinutes ?? linearConfiguration?.stepBakeTimeInMinutes ?? 0)
    deployment.due = this.#service.now + TIMES.shift + bake * MINUTE
  }

  bake(deployment: SimDeployment): void {
    deployment.stage = 'BAKE_TIME'
    deployment.due = this.#service.now + (deployment.config.bakeTimeInMinutes ?? 0) * MINUTE
  }

  end(deployment: SimDeployment, status: string, reason: string | null): void {
    deployment.status = status
    deployment.reason = reason
    deployment.due = null
    deployment.hook = null
    deployment.finishedAt = this.#service.now
    this.#service.event(
      status === 'SUCCESSFUL' ? '(deployment completed)' : `(deployment ${status.toLowerCase()})`,
    )
  }

  #startsIn(deployment: SimDeployment): number {
    return this.#rules.behaviour(this.#service.image(deployment.target.taskDefinition)).startsIn ?? 30_000
  }
}
