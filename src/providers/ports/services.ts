import type { Digest, ImageReference } from '../../domain/digest.ts'
import type { ServedModel } from '../../domain/models/model.ts'
import type { Service } from '../../domain/system/system.ts'

/** One revision of a service as the platform reports it. */
export interface RevisionStatus {
  /** The platform's id of the revision. */
  readonly id: string
  /** Digest of the release that made it, where one did. */
  readonly release: Digest | null
  readonly image: ImageReference
  readonly models: readonly ServedModel[]
  /** Share of the traffic, percent. */
  readonly weight: number
  readonly desired: number
  readonly running: number
  readonly healthy: boolean
  /** Why it is not healthy: exit codes, last lines of output. */
  readonly trouble: string | null
  readonly createdAt: number
  /** Reaches exactly this revision whatever its weight, where the platform has such an address. */
  readonly url?: string | null
  /** What a request to `url` must carry to reach exactly this revision. */
  readonly headers?: Readonly<Record<string, string>>
  /** On its way, whatever its share: staged, and neither settled nor reverted. */
  readonly staged?: boolean
  /** Registered and not started: the platform has no place beside what serves and starts it with its traffic. */
  readonly held?: boolean
}

export interface ServiceStatus {
  readonly service: string
  readonly state: 'absent' | 'paused' | 'running' | 'rolling'
  readonly url: string | null
  readonly revisions: readonly RevisionStatus[]
}

/** What a new revision shall run. */
export interface RevisionSpec {
  readonly service: Service
  readonly image: ImageReference
  readonly models: readonly ServedModel[]
  readonly release: Digest
  /** Image of each container beside the main one; absent: those of the last build. */
  readonly sidecars?: Readonly<Record<string, ImageReference>>
}

/** Milliseconds. */
export interface HostPace {
  /** Between two looks at a service. */
  readonly every: number
  /** Until a service has settled or gone back, drains included. */
  readonly patience: number
  /** Few looks matter more than an early answer. */
  readonly frugal?: boolean
}

/**
 * Runs services and moves traffic between their revisions. Every method may be repeated after a lost answer or a kill
 * and then does nothing more (promise R28): `stage` with the same release and spec gives the same revision.
 */
export interface ServiceHost {
  /** How it wants to be watched; absent: it is as quick as this machine. */
  readonly pace?: HostPace
  /** @param awaited id of a revision that alone matters: a host may leave out the others, to ask its platform less. */
  describe(service: string, awaited?: string): Promise<ServiceStatus>
  /**
   * A new revision at 0 %. Returns its id as soon as the platform has accepted it; it may not be healthy yet.
   *
   * @param given aborted when nobody waits for it any more: a host that waits for its platform begins nothing from then on
   */
  stage(spec: RevisionSpec, given?: AbortSignal): Promise<string>
  /**
   * Gives the revision this share of the traffic; the rest goes to the one that was live before.
   *
   * @param usual how long this took before, milliseconds: when a host that waits for its platform should look
   */
  shift(service: string, revision: string, percent: number, usual?: readonly number[]): Promise<void>
  /** Ends a rollout that stands at 100 %: what has no traffic is drained and stopped. */
  settle(service: string, revision: string): Promise<void>
  /** All traffic back to the revision that was live before; the staged one is drained and stopped. */
  revert(service: string, revision: string): Promise<void>
}
