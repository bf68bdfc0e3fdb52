import { ok, refusal } from './answer.ts'
import type { Api } from './door.ts'

export interface Machine {
  readonly zone: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  status: string
  /** When it was started, milliseconds since the epoch. @default 0 */
  readonly startedAt?: number
  /** Seconds. */
  readonly maxRunDuration?: number
}

/** Machines a page: https://cloud.google.com/compute/docs/reference/rest/v1/instances/aggregatedList has 500 at most. */
const PAGE = 2

/** Machines of Compute Engine, as far as they are looked for, stopped, started and deleted. */
export class ComputeEngine {
  readonly machines: Machine[] = []
  /** What every request is refused with, where nobody may ask. */
  refusal: string | undefined
  readonly #project: string

  constructor(project: string) {
    this.#project = project
  }

  readonly answer: Api = ({ method, url }) => {
    const root = `/compute/v1/projects/${this.#project}/`
    if (!url.pathname.startsWith(root)) return undefined
    if (this.refusal !== undefined) return refusal('PERMISSION_DENIED', this.refusal)
    const rest = url.pathname.slice(root.length)
    if (method === 'GET' && rest === 'aggregated/instances') return ok(this.#page(url.searchParams))
    const [, zone, name, verb] = /^zones\/([^/]+)\/instances\/([^/]+?)(?:\/(stop|start))?$/.exec(rest) ?? []
    const machine = this.machines.find((one) => one.zone === zone && one.name === name)
    if (machine === undefined) return refusal('NOT_FOUND', `The resource '${rest}' was not found`)
    if (method === 'DELETE') this.machines.splice(this.machines.indexOf(machine), 1)
    else machine.status = verb === 'stop' ? 'STOPPING' : 'STAGING'
    return ok({ kind: 'compute#operation', status: 'RUNNING' })
  }

  #page(query: URLSearchParams): object {
    const wanted = [...(query.get('filter') ?? '').matchAll(/\(labels\.(\S+) = "([^"]*)"\)/g)]
    const all = this.machines.filter(({ labels }) =>
      wanted.every(([, label = '', value]) => labels[label] === value),
    )
    const from = Number(query.get('pageToken') ?? 0)
    const items: Record<string, { instances: object[] }> = { 'zones/europe-west1-z': { instances: [] } }
    for (const { zone, ...machine } of all.slice(from, from + PAGE)) {
      items[`zones/${zone}`] ??= { instances: [] }
      items[`zones/${zone}`]?.instances.push(instanceJson(machine))
    }
    return { items, ...(from + PAGE < all.length ? { nextPageToken: String(from + PAGE) } : {}) }
  }
}

function instanceJson({
  name,
  status,
  labels,
  startedAt = 0,
  maxRunDuration,
}: Omit<Machine, 'zone'>): object {
  const at = new Date(startedAt).toISOString()
  const limit = maxRunDuration === undefined ? {} : { maxRunDuration: { seconds: String(maxRunDuration) } }
  return { name, status, labels, creationTimestamp: at, lastStartTimestamp: at, scheduling: limit }
}
