import type { Service as EcsService } from '@aws-sdk/client-ecs'
import type { Clock } from '../../../runtime/runtime.ts'
import type { Deployment } from './deployment.ts'
import { type EcsReader, type Sighting, sightingOf } from './reader.ts'
import type { EcsTarget } from './target.ts'
import { complaintOf, hasFailed } from './trouble.ts'

/** Milliseconds after which the service itself is asked what it complains of. */
const AFRESH = 55_000
/** Milliseconds in which a whole look that ended a step is that of whoever looks next. */
const SAME_LOOK = 2_000

/** A deployment that was under way, and nothing wrong with it. */
interface Known {
  readonly sighting: Sighting
  readonly deployment: Deployment
  /** When the service was asked. */
  readonly at: number
  /** The answer to UpdateService, which nobody has been told yet. */
  readonly untold?: true
}

/** A look that ended a step. */
interface Last {
  readonly sighting: Sighting
  readonly at: number
  /** The revision that the step brought serves: nothing newer waited beside it. */
  readonly brought: boolean
}

/**
 * Looks of one request each at a deployment that goes on: what may change is how far it is, and now and then what the service
 * complains of. A deployment that says itself that it was successful, with all copies, ends the wait; whatever else is seen makes
 * it a whole look, so no end is ever told from memory.
 */
export class Glances {
  readonly #reader: EcsReader
  readonly #clock: Pick<Clock, 'now'>
  readonly #known = new Map<string, Known>()
  readonly #last = new Map<string, Last>()

  constructor(reader: EcsReader, clock: Pick<Clock, 'now'>) {
    this.#reader = reader
    this.#clock = clock
  }

  /** A new step begins: the next look is a whole one. */
  forget({ service }: EcsTarget): void {
    this.#known.delete(service)
    this.#last.delete(service)
  }

  /**
   * @param answer of UpdateService, which shows the service as the first look at the new deployment would
   * @param was the service until then
   * @param weight of the new revision; null where ECS replaces copies
   */
  begun(
    target: EcsTarget,
    answer: EcsService | undefined,
    revision: string,
    { was, weight }: { readonly was: EcsService; readonly weight: 0 | null },
  ): void {
    this.forget(target)
    if (answer?.taskDefinition !== revision) return
    const { createdAt, desiredCount = 0 } = copiesOf(answer, revision) ?? {}
    const deployment: Deployment = {
      id: '',
      before: was.currentServiceDeployment ?? '',
      phase: 'pending',
      reason: null,
      createdAt: createdAt?.getTime() ?? 0,
      target: { arn: '', taskDefinition: revision, requested: desiredCount, running: 0, weight },
      sources: [],
      pause: null,
      next: 100,
    }
    const sighting: Sighting = { ...sightingOf(answer, null), deployment }
    if (!isUnfinished(answer, deployment) || isTroubled(sighting, deployment)) return
    this.#known.set(target.service, { sighting, deployment, at: this.#clock.now(), untold: true })
  }

  /** A step is over, and was to bring this revision. */
  ended({ service }: EcsTarget, revision: string): void {
    const last = this.#last.get(service)
    if (last !== undefined) this.#last.set(service, { ...last, brought: last.sighting.serving === revision })
  }

  /** The look with which a step ended a moment ago, once. */
  takeLast({ service }: EcsTarget): Last | undefined {
    const last = this.#last.get(service)
    this.#last.delete(service)
    return last !== undefined && this.#clock.now() - last.at <= SAME_LOOK ? last : undefined
  }

  async glance(target: EcsTarget, signal?: AbortSignal): Promise<Sighting> {
    this.#last.delete(target.service)
    const known = this.#known.get(target.service)
    if (known === undefined) return this.#whole(target, { signal })
    const { untold, ...told } = known
    this.#known.set(target.service, told)
    if (untold && this.#clock.now() - known.at <= SAME_LOOK) return known.sighting
    if (this.#clock.now() - known.at >= AFRESH || known.deployment.id === '') {
      const service = await this.#reader.service(target, signal)
      const goingOn = mayGoOn(service, known.deployment)
      if (goingOn === undefined) return this.#whole(target, { signal, service })
      return this.#keep(target, sightingOf(service, goingOn))
    }
    const deployment = await this.#reader.deployment(target, known.deployment.id, signal)
    if (isComplete(deployment) && deployment.target.taskDefinition === known.sighting.serving) {
      const { requested: desired, running } = deployment.target
      this.#known.delete(target.service)
      return this.#end(target, { ...known.sighting, desired, running, deployment })
    }
    if (!goesOn(deployment) || deployment.target.taskDefinition !== known.sighting.serving)
      return this.#whole(target, { signal, deployment })
    this.#known.set(target.service, { ...told, deployment })
    return { ...known.sighting, deployment }
  }

  async #whole(
    target: EcsTarget,
    asked: { signal?: AbortSignal | undefined; service?: EcsService; deployment?: Deployment },
  ): Promise<Sighting> {
    return this.#keep(target, this.#end(target, await this.#reader.look(target, asked.signal, asked)))
  }

  #end({ service }: EcsTarget, sighting: Sighting): Sighting {
    this.#last.set(service, { sighting, at: this.#clock.now(), brought: false })
    return sighting
  }

  #keep(target: EcsTarget, sighting: Sighting): Sighting {
    const { deployment } = sighting
    if (isFollowed(deployment) && goesOn(deployment) && !isTroubled(sighting, deployment))
      this.#known.set(target.service, { sighting, deployment, at: this.#clock.now() })
    else this.#known.delete(target.service)
    return sighting
  }
}

/** A service deployment, or one of which only the service has told so far. */
function isFollowed(deployment: Deployment | null): deployment is Deployment {
  return deployment !== null && (deployment.id === '' || deployment.id.startsWith('arn:'))
}

function goesOn({ phase, failures = 0 }: Deployment): boolean {
  return (phase === 'pending' || phase === 'in-progress') && failures === 0
}

function isComplete({ phase, target }: Deployment): boolean {
  return phase === 'successful' && target.requested > 0 && target.running === target.requested
}

function isTroubled(sighting: Sighting, { target }: Deployment): boolean {
  return hasFailed(sighting, target.taskDefinition) || complaintOf(sighting) !== undefined
}

/** The deployment, as far as the service tells of it: the same one, and nothing wrong. undefined where a whole look must say. */
function mayGoOn(service: EcsService, known: Deployment): Deployment | undefined {
  const id = service.currentServiceDeployment ?? ''
  const revision = known.target.taskDefinition
  const deployment: Deployment = {
    ...known,
    // Whose the id is that the service names is said by the look that asks for it.
    id: known.id === '' && id !== known.before ? id : known.id,
    target: { ...known.target, running: copiesOf(service, revision)?.runningCount ?? 0 },
  }
  const sighting = sightingOf(service, deployment)
  const same = (known.id === '' || id === known.id) && sighting.serving === revision
  const open = isUnfinished(service, deployment) && !isTroubled(sighting, deployment)
  return same && open ? deployment : undefined
}

/** Copies are missing, so it cannot have come to its next pause; or ECS, which replaces copies, says that it is not done. */
function isUnfinished(service: EcsService, { target }: Deployment): boolean {
  const { runningCount = 0, desiredCount = 0, rolloutState } = copiesOf(service, target.taskDefinition) ?? {}
  return runningCount < desiredCount || (target.weight === null && rolloutState === 'IN_PROGRESS')
}

function copiesOf({ deployments = [] }: EcsService, revision: string) {
  return deployments.find(({ taskDefinition }) => taskDefinition === revision)
}
