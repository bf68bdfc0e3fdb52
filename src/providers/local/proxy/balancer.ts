import { Upstream } from './upstream.ts'
import { SmoothWeights } from './weights.ts'

/** A process that can take requests. */
export interface Backend {
  readonly id: string
  /** On 127.0.0.1. */
  readonly port: number
}

export interface Route {
  readonly revision: string
  /** Percent. */
  readonly weight: number
  /** The processes that are healthy. */
  readonly backends: readonly Backend[]
}

interface Lane {
  readonly id: string
  readonly weight: number
  readonly upstreams: readonly Upstream[]
}

export interface Choice {
  readonly revision: string
  readonly upstream: Upstream
}

/**
 * Chooses where a request goes: the revision by weight, the process within it by turns. A revision without a healthy
 * process is passed over, so that one bad revision does not turn its share of the requests into errors.
 */
export class Balancer {
  /** Revisions that have a process to go to. */
  #open: readonly Lane[] = []
  readonly #upstreams = new Map<string, Upstream>()
  readonly #weights = new SmoothWeights()
  readonly #turns = new Map<string, number>()

  /** Replaces all routes at once. Requests in flight stay where they are. */
  route(routes: readonly Route[]): void {
    this.#open = routes
      .filter(({ backends }) => backends.length > 0)
      .map(({ revision, weight, backends }) => ({
        id: revision,
        weight,
        upstreams: backends.map((backend) => this.#upstream(backend)),
      }))
    const known = new Set(this.#open.map((lane) => lane.id))
    for (const id of this.#turns.keys()) if (!known.has(id)) this.#turns.delete(id)
    this.#weights.reset()
    for (const upstream of this.#upstreams.values()) {
      if (!this.#routed(upstream)) void this.#retire(upstream)
    }
  }

  /** With `revision`, that one whatever its weight; with `except`, another process than this one. */
  choose(revision?: string, except?: Upstream): Choice | undefined {
    const open = except === undefined ? this.#open : without(this.#open, except)
    const lane =
      revision === undefined
        ? this.#weights.choose(open)
        : open.find((candidate) => candidate.id === revision)
    if (lane === undefined) return undefined
    const turn = (this.#turns.get(lane.id) ?? -1) + 1
    this.#turns.set(lane.id, turn)
    const upstream = lane.upstreams[turn % lane.upstreams.length]
    return upstream === undefined ? undefined : { revision: lane.id, upstream }
  }

  /**
   * Waits until nothing is in flight at a process that is no longer routed to, then ends its connections.
   * Returns how many requests were cut because `limit` (a promise that ends the patience) came first.
   */
  async drain(backend: string, limit: Promise<void>): Promise<number> {
    const upstream = this.#upstreams.get(backend)
    if (upstream === undefined) return 0
    await Promise.race([upstream.drained(), limit])
    const cut = upstream.inFlight
    await this.#drop(upstream)
    return cut
  }

  async destroy(): Promise<void> {
    await Promise.all([...this.#upstreams.values()].map((upstream) => this.#drop(upstream)))
  }

  #upstream({ id, port }: Backend): Upstream {
    const known = this.#upstreams.get(id)
    if (known !== undefined && known.port === port) return known
    if (known !== undefined) void this.#drop(known)
    const upstream = new Upstream(id, port)
    this.#upstreams.set(id, upstream)
    return upstream
  }

  #routed(upstream: Upstream): boolean {
    return this.#open.some((lane) => lane.upstreams.includes(upstream))
  }

  /** Ends the connections to a process once nothing is in flight there, unless it was routed to again. */
  async #retire(upstream: Upstream): Promise<void> {
    await upstream.drained()
    if (!this.#routed(upstream)) await this.#drop(upstream)
  }

  async #drop(upstream: Upstream): Promise<void> {
    if (this.#upstreams.get(upstream.id) === upstream) this.#upstreams.delete(upstream.id)
    await upstream.destroy()
  }
}

function without(lanes: readonly Lane[], except: Upstream): readonly Lane[] {
  return lanes
    .map((lane) => ({ ...lane, upstreams: lane.upstreams.filter((upstream) => upstream !== except) }))
    .filter((lane) => lane.upstreams.length > 0)
}
