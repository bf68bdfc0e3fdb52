import { ok, refusal } from './answer.ts'
import type { Api } from './door.ts'

export interface Machine {
  readonly zone: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  status: string
}

/** Machines a page: https://cloud.google.com/compute/docs/reference/rest/v1/instances/aggregatedList has 500 at most. */
const PAGE = 2

/** Machines of Compute Engine, as far as they are looked for, stopped and started. */
export class ComputeEngine {
  readonly machines: Machine[] = []
  readonly #project: string

  constructor(project: string) {
    this.#project = project
  }

  readonly answer: Api = ({ method, url }) => {
    const root = `/compute/v1/projects/${this.#project}/`
    if (!url.pathname.startsWith(root)) return undefined
    const rest = url.pathname.slice(root.length)
    if (method === 'GET' && rest === 'aggregated/instances') return ok(this.#page(url.searchParams))
    const [, zone, name, verb] = /^zones\/([^/]+)\/instances\/([^/]+)\/(stop|start)$/.exec(rest) ?? []
    const machine = this.machines.find((one) => one.zone === zone && one.name === name)
    if (machine === undefined) return refusal('NOT_FOUND', `The resource '${rest}' was not found`)
    machine.status = verb === 'stop' ? 'STOPPING' : 'STAGING'
    return ok({ kind: 'compute#operation', status: 'RUNNING' })
  }

  #page(query: URLSearchParams): object {
    const wanted = [...(query.get('filter') ?? '').matchAll(/\(labels\.(\S+) = "([^"]*)"\)/g)]
    const all = this.machines.filter(({ labels }) =>
      wanted.every(([, label = '', value]) => labels[label] === value),
    )
    const from = Number(query.get('pageToken') ?? 0)
    const items: Record<string, { instances: object[] }> = { 'zones/europe-west1-z': { instances: [] } }
    for (const { zone, name, status } of all.slice(from, from + PAGE)) {
      items[`zones/${zone}`] ??= { instances: [] }
      items[`zones/${zone}`]?.instances.push({ name, status })
    }
    return { items, ...(from + PAGE < all.length ? { nextPageToken: String(from + PAGE) } : {}) }
  }
}
