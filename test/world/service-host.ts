import { digestOfValue, shortDigest } from '../../src/domain/digest.ts'
import { externalError, SluiceError } from '../../src/domain/error.ts'
import type { ServedModel } from '../../src/domain/models/model.ts'
import type { LogLine, Operations } from '../../src/providers/ports/operations.ts'
import type {
  RevisionSpec,
  RevisionStatus,
  ServiceHost,
  ServiceStatus,
} from '../../src/providers/ports/services.ts'
import type { Clock } from '../../src/runtime/runtime.ts'

/** How an image behaves once it runs. */
export interface Behaviour {
  /** Milliseconds until it is healthy; Infinity: never. */
  readonly startsIn?: number
  /** It ends at once, with this reason. */
  readonly exits?: string
  /** Healthy for this long after its first traffic, then not any more. */
  readonly diesAfter?: number
  /** Models that it reports instead of those it was told. */
  readonly loads?: readonly ServedModel[]
  /** The platform runs another image under the reference. */
  readonly runs?: RevisionSpec['image']
  readonly desired?: number
}

interface Revision {
  readonly id: string
  readonly spec: RevisionSpec
  readonly createdAt: number
  trafficSince: number | null
}

interface Record_ {
  live: string | null
  staged: { id: string; percent: number } | null
  paused: boolean
  readonly revisions: Map<string, Revision>
}

/** A platform for services on virtual time, with the rules that ServiceHost states. */
export class MemoryHost implements ServiceHost, Operations {
  readonly records = new Map<string, Record_>()
  readonly #clock: Clock
  readonly #behaviour: (spec: RevisionSpec) => Behaviour
  /** How often a new revision was really made. */
  made = 0

  constructor(clock: Clock, behaviour: (spec: RevisionSpec) => Behaviour = () => ({})) {
    this.#clock = clock
    this.#behaviour = behaviour
  }

  async describe(service: string): Promise<ServiceStatus> {
    const record = this.records.get(service)
    if (record === undefined || record.revisions.size === 0) {
      return { service, state: 'absent', url: null, revisions: [] }
    }
    const state = record.paused ? 'paused' : record.staged !== null ? 'rolling' : 'running'
    const revisions = [...record.revisions.values()].map((one) => this.#status(record, one))
    return { service, state, url: `http://${service}.test`, revisions }
  }

  async stage(spec: RevisionSpec): Promise<string> {
    const { service, release, image, models } = spec
    const id = `${shortDigest(release)}-${shortDigest(digestOfValue({ image, models, service })).slice(0, 8)}`
    const record = this.records.get(service.name) ?? {
      live: null,
      staged: null,
      paused: false,
      revisions: new Map(),
    }
    this.records.set(service.name, record)
    if (record.live === id || record.staged?.id === id) return id
    if (record.staged !== null) {
      throw new SluiceError('locked', 'user', { what: `${service.name}: ${record.staged.id} is rolling out` })
    }
    record.staged = { id, percent: 0 }
    record.revisions.set(id, { id, spec, createdAt: this.#clock.now(), trafficSince: null })
    this.made++
    return id
  }

  async shift(service: string, revision: string, percent: number): Promise<void> {
    const record = this.#record(service)
    if (record.staged === null && record.live === revision && percent === 100) return
    if (record.staged?.id !== revision) {
      throw new SluiceError('stale', 'user', { what: `${service}: ${revision} is not rolling out` })
    }
    record.staged.percent = percent
    const one = record.revisions.get(revision)
    if (one !== undefined && percent > 0) one.trafficSince ??= this.#clock.now()
  }

  async settle(service: string, revision: string): Promise<void> {
    const record = this.#record(service)
    if (record.staged === null && record.live === revision) return
    if (record.staged?.id !== revision || record.staged.percent !== 100) {
      throw new SluiceError('stale', 'user', { what: `${service}: ${revision} does not stand at 100 %` })
    }
    record.live = revision
    record.staged = null
    for (const id of record.revisions.keys()) if (id !== revision) record.revisions.delete(id)
  }

  async revert(service: string, revision: string): Promise<void> {
    const record = this.records.get(service)
    if (record?.staged?.id !== revision) {
      if (record?.live === revision) {
        throw new SluiceError('usage', 'user', { what: `${service}: ${revision} is live and settled` })
      }
      return
    }
    record.staged = null
    record.revisions.delete(revision)
  }

  async pause(service: string): Promise<void> {
    this.#record(service).paused = true
  }

  async resume(service: string): Promise<void> {
    this.#record(service).paused = false
  }

  async restart(service: string): Promise<void> {
    this.#record(service)
  }

  async *logs(service: string): AsyncIterable<LogLine> {
    for (const revision of this.#record(service).revisions.keys()) {
      yield { at: this.#clock.now(), stream: 'stdout', revision, text: `hello from ${service}` }
    }
  }

  /** What users are served: reference -> percent. */
  traffic(service: string): Record<string, number> {
    const record = this.records.get(service)
    const shares = [...(record?.revisions.values() ?? [])].map(
      (one) => [one.spec.image, this.#weight(record, one.id)] as const,
    )
    return Object.fromEntries(shares.filter(([, weight]) => weight > 0))
  }

  #record(service: string): Record_ {
    const record = this.records.get(service)
    if (record !== undefined) return record
    throw externalError('user', { what: `there is no service ${service}` })
  }

  #weight(record: Record_ | undefined, id: string): number {
    if (record?.staged?.id === id) return record.staged.percent
    return record?.live === id ? 100 - (record.staged?.percent ?? 0) : 0
  }

  #status(record: Record_, { id, spec, createdAt, trafficSince }: Revision): RevisionStatus {
    const how = this.#behaviour(spec)
    const now = this.#clock.now()
    const desired = record.paused ? 0 : (how.desired ?? spec.service.scale.min)
    const started = now - createdAt >= (how.startsIn ?? 1000)
    const died = how.diesAfter !== undefined && trafficSince !== null && now - trafficSince >= how.diesAfter
    const up = started && !died && how.exits === undefined
    return {
      id,
      release: spec.release,
      image: how.runs ?? spec.image,
      models: how.loads ?? spec.models,
      weight: this.#weight(record, id),
      desired,
      running: how.exits === undefined && !died ? desired : 0,
      healthy: desired > 0 && up,
      trouble: how.exits ?? (died ? 'exited with code 137' : up ? null : 'GET /health answered 503'),
      createdAt,
      staged: record.staged?.id === id,
    }
  }
}
