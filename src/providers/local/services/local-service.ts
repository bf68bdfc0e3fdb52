import { randomUUID } from 'node:crypto'
import { externalError } from '../../../domain/error.ts'
import type { Clock } from '../../../runtime/runtime.ts'
import type { RevisionStatus, ServiceStatus } from '../../ports/services.ts'
import type { Backend, Route } from '../proxy/balancer.ts'
import type { ServiceProxy } from '../proxy/proxy.ts'
import { Replica, type ReplicaOptions } from './replica.ts'
import { desiredCount, type Revision, type ServiceRecord, weightOf } from './state.ts'

/** Time for the requests in flight at a process that is going away. */
const DRAIN_TIMEOUT = 15_000

export interface LocalServiceOptions {
  readonly name: string
  readonly proxy: ServiceProxy | null
  readonly clock: Clock
  /** What a process of this revision needs to run, beside its id and the report of its changes. */
  readonly replicaOf: (revision: Revision) => Omit<ReplicaOptions, 'id' | 'changed'>
}

/** One service: the processes of its revisions behind its proxy. It makes true what the record says. */
export class LocalService {
  readonly #options: LocalServiceOptions
  #record: ServiceRecord
  /** By revision; a replica that is leaving is in no list any more. */
  readonly #replicas = new Map<string, Replica[]>()
  readonly #leaving = new Set<Promise<void>>()

  constructor(options: LocalServiceOptions, record: ServiceRecord) {
    this.#options = options
    this.#record = record
  }

  /** Starts what is missing and moves traffic at once; resolves when what had to go has drained and stopped. */
  async apply(record: ServiceRecord): Promise<void> {
    this.#record = record
    const gone: Replica[] = []
    for (const revision of Object.values(record.revisions)) {
      const replicas = this.#replicas.get(revision.id) ?? []
      const count = desiredCount(record, revision)
      gone.push(...replicas.splice(count))
      while (replicas.length < count) replicas.push(this.#start(revision))
      this.#replicas.set(revision.id, replicas)
    }
    for (const [id, replicas] of this.#replicas) {
      if (record.revisions[id] !== undefined) continue
      gone.push(...replicas)
      this.#replicas.delete(id)
    }
    this.#route()
    await this.#leave(gone)
  }

  /**
   * Replaces every process by a new one of the same revision, without a gap: the old ones serve until the new ones are
   * healthy.
   *
   * @throws SluiceError external where the new ones do not become healthy; the old ones stay then.
   */
  async restart(timeout: number): Promise<void> {
    const { clock, name } = this.#options
    const revisions = Object.values(this.#record.revisions)
    const fresh = new Map(
      revisions.map((revision) => [
        revision.id,
        Array.from({ length: desiredCount(this.#record, revision) }, () => this.#start(revision)),
      ]),
    )
    const all = [...fresh.values()].flat()
    const end = clock.now() + timeout
    while (!all.every((replica) => replica.ready)) {
      if (clock.now() > end) {
        const trouble = all.find((replica) => !replica.ready)?.trouble
        await Promise.all(all.map((replica) => replica.stop()))
        throw externalError('user', {
          what: `new processes of service ${name} did not become healthy: ${trouble}`,
          remedy: 'the old ones still serve; see sluice operate logs',
        })
      }
      await clock.sleep(50)
    }
    const old: Replica[] = []
    for (const [revision, replicas] of fresh) {
      // A rollout may have ended meanwhile, and the revision with it.
      if (this.#record.revisions[revision] === undefined || this.#record.paused) old.push(...replicas)
      else {
        old.push(...(this.#replicas.get(revision) ?? []))
        this.#replicas.set(revision, replicas)
      }
    }
    this.#route()
    await this.#leave(old)
  }

  status(): ServiceStatus {
    const record = this.#record
    const revisions = Object.values(record.revisions).map((revision) => this.#revisionStatus(revision))
    const state =
      revisions.length === 0
        ? 'absent'
        : record.paused
          ? 'paused'
          : record.staged !== null
            ? 'rolling'
            : 'running'
    return {
      service: this.#options.name,
      state,
      url: record.port === null ? null : `http://127.0.0.1:${record.port}`,
      revisions,
    }
  }

  /** Stops listening, drains and stops everything; the record stays as it is. */
  async close(): Promise<void> {
    const all = [...this.#replicas.values()].flat()
    this.#replicas.clear()
    this.#route()
    await Promise.all([this.#leave(all), ...this.#leaving])
    await this.#options.proxy?.close()
  }

  #start(revision: Revision): Replica {
    return new Replica({
      ...this.#options.replicaOf(revision),
      id: `${revision.id}/${randomUUID()}`,
      changed: () => this.#route(),
    })
  }

  #route(): void {
    const routes: Route[] = Object.keys(this.#record.revisions).map((revision) => ({
      revision,
      weight: weightOf(this.#record, revision),
      backends: (this.#replicas.get(revision) ?? []).map(backendOf).filter((one) => one !== undefined),
    }))
    this.#options.proxy?.route(routes, this.#reason())
  }

  /** What clients are told while nothing can take their requests. */
  #reason(): string {
    const { name } = this.#options
    if (Object.keys(this.#record.revisions).length === 0)
      return `nothing of service ${name} was rolled out yet`
    if (this.#record.paused)
      return `service ${name} is paused; resume it with: sluice operate resume --service ${name}`
    const trouble = [...this.#replicas.values()].flat().find((replica) => replica.trouble !== null)?.trouble
    return `service ${name} is not healthy: ${trouble ?? 'it is starting or stopping'}`
  }

  #leave(replicas: readonly Replica[]): Promise<void> {
    if (replicas.length === 0) return Promise.resolve()
    const work = Promise.all(replicas.map((replica) => this.#end(replica))).then(() => {})
    this.#leaving.add(work)
    return work.finally(() => this.#leaving.delete(work))
  }

  /** No new request can reach it any more: it is in no route. */
  async #end(replica: Replica): Promise<void> {
    const patience = new AbortController()
    const limit = this.#options.clock.sleep(DRAIN_TIMEOUT, patience.signal).catch(() => {})
    await this.#options.proxy?.drain(replica.id, limit)
    patience.abort(new Error('drained'))
    await replica.stop()
  }

  #revisionStatus(revision: Revision): RevisionStatus {
    const replicas = this.#replicas.get(revision.id) ?? []
    const desired = desiredCount(this.#record, revision)
    const ready = replicas.filter((replica) => replica.ready)
    const port = ready.find((replica) => replica.readyPort !== undefined)?.readyPort
    return {
      id: revision.id,
      release: revision.release,
      image: revision.image,
      models: revision.models,
      weight: weightOf(this.#record, revision.id),
      desired,
      running: replicas.filter((replica) => replica.running).length,
      healthy: desired > 0 && ready.length >= desired,
      trouble: this.#record.paused ? null : (replicas.find((one) => !one.ready)?.trouble ?? null),
      createdAt: revision.createdAt,
      staged: this.#record.staged?.id === revision.id,
      url: port === undefined ? null : `http://127.0.0.1:${port}`,
    }
  }
}

function backendOf(replica: Replica): Backend | undefined {
  const port = replica.readyPort
  return port === undefined ? undefined : { id: replica.id, port }
}
