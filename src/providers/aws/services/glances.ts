import type { Service as EcsService } from '@aws-sdk/client-ecs'
import type { Clock } from '../../../runtime/runtime.ts'
import type { Deployment } from './deployment.ts'
import { type EcsReader, type Sighting, sightingOf } from './reader.ts'
import type { EcsTarget } from './target.ts'
import { complaintOf, hasFailed } from './trouble.ts'

/** Milliseconds after which the service itself is asked what it complains of. */
const AFRESH = 45_000

/** A deployment that was under way, and nothing wrong with it. */
interface Known {
  readonly sighting: Sighting
  readonly deployment: Deployment
  /** When the service was asked. */
  readonly at: number
}

/**
 * Looks of one request each at a deployment that goes on: what may change is how far it is, and now and then what the service
 * complains of. Whatever else is seen makes it a whole look, so no end is ever told from memory.
 */
export class Glances {
  readonly #reader: EcsReader
  readonly #clock: Pick<Clock, 'now'>
  readonly #known = new Map<string, Known>()

  constructor(reader: EcsReader, clock: Pick<Clock, 'now'>) {
    this.#reader = reader
    this.#clock = clock
  }

  /** A new step begins: the next look is a whole one. */
  forget({ service }: EcsTarget): void {
    this.#known.delete(service)
  }

  async glance(target: EcsTarget, signal?: AbortSignal): Promise<Sighting> {
    const known = this.#known.get(target.service)
    if (known === undefined) return this.#whole(target, signal)
    if (this.#clock.now() - known.at >= AFRESH) {
      const service = await this.#reader.service(target, signal)
      if (!mayGoOn(service, known.deployment)) return this.#whole(target, signal, service)
      return this.#keep(target, sightingOf(service, known.deployment))
    }
    const deployment = await this.#reader.deployment(target, known.deployment.id, signal)
    if (!goesOn(deployment)) return this.#whole(target, signal)
    this.#known.set(target.service, { ...known, deployment })
    return { ...known.sighting, deployment }
  }

  async #whole(target: EcsTarget, signal?: AbortSignal, asked?: EcsService): Promise<Sighting> {
    return this.#keep(target, await this.#reader.look(target, signal, asked))
  }

  #keep(target: EcsTarget, sighting: Sighting): Sighting {
    const { deployment } = sighting
    if (deployment?.id.startsWith('arn:') && goesOn(deployment) && !isTroubled(sighting, deployment))
      this.#known.set(target.service, { sighting, deployment, at: this.#clock.now() })
    else this.forget(target)
    return sighting
  }
}

function goesOn({ phase, failures = 0 }: Deployment): boolean {
  return (phase === 'pending' || phase === 'in-progress') && failures === 0
}

function isTroubled(sighting: Sighting, { target }: Deployment): boolean {
  return hasFailed(sighting, target.taskDefinition) || complaintOf(sighting) !== undefined
}

/** The same deployment, nothing wrong, and copies still missing: it cannot have come to its next pause. */
function mayGoOn(service: EcsService, deployment: Deployment): boolean {
  const ours = service.deployments?.find((one) => one.taskDefinition === deployment.target.taskDefinition)
  const sighting = sightingOf(service, deployment)
  return (
    service.currentServiceDeployment === deployment.id &&
    sighting.serving === deployment.target.taskDefinition &&
    !isTroubled(sighting, deployment) &&
    ours !== undefined &&
    (ours.runningCount ?? 0) < (ours.desiredCount ?? 0)
  )
}
