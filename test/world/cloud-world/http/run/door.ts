import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { externalError } from '../../../../../src/domain/error.ts'
import type { Clock, Http, HttpRequest, HttpResponse } from '../../../../../src/runtime/runtime.ts'
import { CloudError, Disconnected } from '../../faults.ts'
import type { CloudWorld } from '../../world.ts'
import type { HttpDoor } from '../sts.ts'
import { type Answer, ok, Refused, refusal } from './answer.ts'
import { RunJobs } from './jobs.ts'
import { Logging } from './logging.ts'
import { Monitoring } from './monitoring.ts'
import { Operations } from './operations.ts'
import type { Programs } from './programs.ts'
import { type Collection, RunResources } from './resources.ts'
import { bytesOf, resourceJson, revisionJson } from './wire.ts'

export interface Incoming {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/** Another API behind the same door; undefined for paths that are not its own. */
export type Api = (request: Incoming, bytes: Uint8Array) => Promise<Answer | undefined> | Answer | undefined

export const BASE = 'https://world.test'

/**
 * Cloud Run's Admin API v2, Cloud Logging and Cloud Monitoring in front of one world. `http` is the port of our runtime, which
 * takes no time but the world's; `serve` speaks real HTTP, for clients of others.
 */
export class RunDoor {
  readonly logging: Logging
  readonly monitoring: Monitoring
  readonly resources: RunResources
  readonly jobs: RunJobs
  readonly operations: Operations
  /** `METHOD path`, in order. */
  readonly seen: string[] = []
  /** Who is inside of the network. @default everybody */
  outside = false
  readonly #world: CloudWorld
  readonly #apis: readonly Api[]
  #requests = 0
  #base = BASE

  constructor(
    world: CloudWorld,
    programs: Programs,
    apis: readonly Api[] = [],
    /** Of operations, logs and jobs; services keep the world's. */
    clock: Clock = world.clock,
  ) {
    this.#world = world
    this.#apis = apis
    this.logging = new Logging(clock, world.project)
    this.monitoring = new Monitoring(clock)
    this.resources = new RunResources(world, programs, this.logging)
    this.operations = new Operations(clock)
    this.jobs = new RunJobs(world, clock, programs, this.logging, this.operations)
  }

  /** Hanging requests end at their time-out, on the world's clock. */
  get http(): Http {
    return {
      request: async (request) => {
        const url = new URL(request.url)
        const bytes = await bytesOfRequest(request)
        const text = Buffer.from(bytes).toString('utf8')
        const given = { method: request.method ?? 'GET', url, headers: lower(request.headers), text }
        const late = this.#world.faults.plan(nameOf(given), this.#world.faults.requests.length + 1)
        if (late?.kind === 'hang') {
          this.#world.faults.requests.push(nameOf(given))
          await this.#world.clock.sleep(request.timeout, request.signal)
          throw externalError('service', { what: `${request.url}: no answer within ${request.timeout} ms` })
        }
        try {
          return response(await this.handle(given, bytes))
        } catch (error) {
          if (error instanceof Disconnected) throw externalError('service', { what: error.message }, error)
          throw error
        }
      },
    }
  }

  async serve(): Promise<HttpDoor> {
    const server = createServer(async (incoming, outgoing) => {
      const bytes = await buffer(incoming)
      const url = new URL(incoming.url ?? '/', BASE)
      const headers = Object.fromEntries(Object.entries(incoming.headers).map(([k, v]) => [k, String(v)]))
      const given = { method: incoming.method ?? 'GET', url, headers, text: bytes.toString('utf8') }
      try {
        const answer = await this.handle(given, bytes)
        outgoing.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers })
        outgoing.end(bytesOf(answer))
      } catch {
        incoming.socket.destroy()
      }
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    this.#base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    return {
      url: this.#base,
      [Symbol.asyncDispose]: () =>
        new Promise((resolve) => {
          server.closeAllConnections()
          server.close(() => resolve())
        }),
    }
  }

  /** @throws Disconnected where the answer is lost. */
  async handle(request: Incoming, bytes: Uint8Array): Promise<Answer> {
    if (request.url.pathname.startsWith('/at/')) return this.#atService(request)
    this.seen.push(`${request.method} ${request.url.pathname}`)
    try {
      return await this.#world.faults.pass(nameOf(request), () => this.#route(request, bytes))
    } catch (error) {
      if (error instanceof Refused) return error.answer
      // The cloud's word for a refusal is one of Google's codes.
      if (error instanceof CloudError) return refusal(error.code, error.message)
      throw error
    }
  }

  #route(request: Incoming, bytes: Uint8Array): Promise<Answer> | Answer {
    const { method, url, text } = request
    const path = decodeURIComponent(url.pathname)
    const json = (): Record<string, unknown> => (text === '' ? {} : JSON.parse(text))
    if (request.headers['authorization'] === undefined) return refusal('UNAUTHENTICATED', 'no credentials')
    if (path === '/v2/entries:list') return ok(this.logging.list(json()))
    const metrics = this.monitoring.answer(method, url)
    if (metrics !== undefined) return metrics
    const operation = /^\/v2\/(projects\/[^/]+\/locations\/[^/]+\/operations\/[^/:]+)(:wait)?$/.exec(path)
    if (operation !== null) return ok(this.operations.get(operation[1] ?? ''))
    const jobs = this.jobs.answer(method, path, url, json)
    if (jobs !== undefined) return jobs
    const one =
      /^\/v2\/(projects\/[^/]+\/locations\/[^/]+\/(services|workerPools)\/[^/]+)(?:\/revisions(?:\/(.+))?)?$/.exec(
        path,
      )
    if (one !== null) {
      const [, name = '', collection = 'services', revision] = one
      return this.#resource(
        request,
        collection as Collection,
        name,
        path.includes('/revisions'),
        revision,
        json,
      )
    }
    return this.#other(request, bytes)
  }

  async #other(request: Incoming, bytes: Uint8Array): Promise<Answer> {
    for (const api of this.#apis) {
      const answer = await api(request, bytes)
      if (answer !== undefined) return answer
    }
    return refusal('NOT_FOUND', `this world has no ${request.method} ${request.url.pathname}`)
  }

  #resource(
    { method, url }: Incoming,
    collection: Collection,
    name: string,
    ofRevisions: boolean,
    revision: string | undefined,
    json: () => Record<string, unknown>,
  ): Answer {
    const { state } = this.resources.require(collection, name)
    if (ofRevisions) {
      if (revision === undefined) {
        const all = Object.values(state.revisions).map((one) => revisionJson(this.resources, name, one))
        return ok({ revisions: all })
      }
      const found = state.revisions[revision]
      if (found === undefined) return refusal('NOT_FOUND', `Revision ${revision} does not exist.`)
      return ok(revisionJson(this.resources, name, found))
    }
    if (method === 'GET') return ok(resourceJson(this.resources, collection, name, this.#base))
    if (method !== 'PATCH') return refusal('INVALID_ARGUMENT', `no ${method} here`)
    const mask = (url.searchParams.get('updateMask') ?? '').split(',').filter((field) => field !== '')
    const { failedBy } = this.resources.patch(collection, name, mask, json())
    const result = () => resourceJson(this.resources, collection, name, this.#base)
    return ok(
      this.operations.start(name, collection === 'services' ? 'Service' : 'WorkerPool', result, { failedBy }),
    )
  }

  /** What users of a service get, and what a staged revision answers at its tag. */
  #atService({ url }: Incoming): Answer {
    const [, name = '', tag, rest = ''] =
      /^\/at\/(projects\/[^/]+\/locations\/[^/]+\/services\/[^/@]+)(?:@([^/]+))?(\/.*)?$/.exec(
        url.pathname,
      ) ?? []
    const { record } = this.resources.require('services', name)
    if (this.outside && record.attributes['ingress'] !== 'INGRESS_TRAFFIC_ALL')
      return { status: 404, body: 'Page not found' }
    return this.resources.request(name, tag, rest, this.#requests++)
  }
}

/** What fault plans call a request: `GET services/films-web`, `PATCH services/films-web`. */
function nameOf({ method, url }: Incoming): string {
  return `${method} ${url.pathname.replace(/^\/v2\/projects\/[^/]+\/locations\/[^/]+\//, '').replace(/^\//, '')}`
}

async function bytesOfRequest({ body }: HttpRequest): Promise<Uint8Array> {
  if (body === undefined) return new Uint8Array()
  if (typeof body === 'string') return Buffer.from(body)
  return body instanceof Uint8Array ? body : buffer(body)
}

const lower = (headers: HttpRequest['headers'] = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))

function response(answer: Answer): HttpResponse {
  const bytes = bytesOf(answer)
  return {
    status: answer.status,
    headers: { 'content-length': String(bytes.length), ...answer.headers },
    bytes: async () => bytes,
    text: async () => bytes.toString('utf8'),
    body: Readable.from([bytes]),
  }
}
