import type { Clock } from '../../../../../src/runtime/runtime.ts'
import { ok, refusal } from './answer.ts'
import type { Api } from './door.ts'

/** Virtual milliseconds until an operation on a server is done. */
const LASTS = 90_000

export interface SqlServer {
  state: string
  policy: string
}

interface SqlOperation {
  readonly name: string
  readonly instance: string
  readonly endsAt: number
  readonly effect: () => void
  done: boolean
}

/**
 * The servers of Cloud SQL, as far as they are switched: https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1/instances. A
 * change is an operation that takes its time; while one runs, the next is refused with 409. A stopped server is RUNNABLE too.
 */
export class CloudSql {
  readonly servers = new Map<string, SqlServer>()
  readonly operations: SqlOperation[] = []
  readonly #clock: Clock
  readonly #project: string

  constructor(clock: Clock, project: string) {
    this.#clock = clock
    this.#project = project
  }

  /** Whether it takes connections. */
  runs(id: string): boolean {
    this.#settle()
    const server = this.servers.get(id)
    return server?.state === 'RUNNABLE' && server.policy === 'ALWAYS' && !this.#busy(id)
  }

  /** Something of Google's own, such as a backup. */
  begin(instance: string, effect: () => void = () => {}): SqlOperation {
    const name = `op-${this.operations.length + 1}`
    const one = { name, instance, endsAt: this.#clock.now() + LASTS, effect, done: false }
    this.operations.unshift(one)
    return one
  }

  readonly answer: Api = ({ method, url, text }) => {
    const root = `/v1/projects/${this.#project}/`
    if (!url.pathname.startsWith(root)) return undefined
    this.#settle()
    const [collection, id = ''] = url.pathname.slice(root.length).split('/')
    if (collection === 'operations' && method === 'GET') {
      const wanted = url.searchParams.get('instance')
      const items = this.operations
        .filter(({ instance }) => instance === wanted)
        .slice(0, Number(url.searchParams.get('maxResults') ?? 100))
      return ok({ items: items.map((one) => operationJson(one)) })
    }
    if (collection !== 'instances') return undefined
    const server = this.servers.get(id)
    if (server === undefined) return refusal('NOT_FOUND', 'The Cloud SQL instance does not exist.')
    if (method === 'GET')
      return ok({ name: id, state: server.state, settings: { activationPolicy: server.policy } })
    if (this.#busy(id)) {
      return refusal('ABORTED', 'Operation failed because another operation was already in progress.')
    }
    const { settings } = JSON.parse(text) as { settings: { activationPolicy: string } }
    server.policy = settings.activationPolicy
    return ok(operationJson(this.begin(id)))
  }

  #busy(id: string): boolean {
    return this.operations.some(({ instance, done }) => instance === id && !done)
  }

  #settle(): void {
    for (const one of this.operations) {
      if (one.done || this.#clock.now() < one.endsAt) continue
      one.done = true
      one.effect()
    }
  }
}

const operationJson = ({ name, done }: SqlOperation) => ({ name, status: done ? 'DONE' : 'RUNNING' })
