import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { connectionVariable } from '../../../domain/system/connections.ts'
import type { Api } from '../../../domain/system/system.ts'
import { message } from '../../../runtime/events.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import { listenAgain, openEndpointFile } from '../endpoint-file.ts'
import type { EmbeddedEngine } from '../engine.ts'
import type { Invoke } from '../functions/engine.ts'
import { type Loopback, listenOnLoopback } from '../loopback.ts'
import { type ApiAnswer, answerOf, eventOf, problem } from './payload.ts'
import { matchRoute, parseRoute, type Route } from './route.ts'

export interface ApiEngineOptions {
  readonly runtime: Runtime
  readonly api: Api
  /** Absolute path of apis/<name>. */
  readonly folder: string
  readonly invoke: Invoke
}

/** Of a request, as API Gateway: 10 MB. A function takes 6. */
const LARGEST = 10 * 1024 * 1024
/** As API Gateway: what takes longer is answered 503. */
const INTEGRATION_TIMEOUT = 30_000

/** One HTTP API: its routes lead to functions, by payload format 2.0. */
export function apiEngine({ runtime, api, folder, invoke }: ApiEngineOptions): EmbeddedEngine {
  const routes = Object.entries(api.routes).map(([key, func]) => parseRoute(key, func))
  let server: Loopback | undefined
  return {
    name: `api ${api.name}`,
    died: new Promise(() => {}),
    async start() {
      const path = join(folder, 'endpoint.json')
      const opened = await listenAgain(runtime, path, await openEndpointFile(runtime, path), (port) =>
        listen(port, (incoming) => answerTo(runtime, { api, routes, invoke }, incoming)),
      )
      server = opened
      return {
        url: opened.url,
        resource: api.name,
        shared: {},
        connections: { [api.name]: { [connectionVariable('apis', api.name, 'URL')]: opened.url } },
      }
    },
    async stop() {
      await server?.close()
      server = undefined
    },
  }
}

async function listen(
  port: number,
  answer: (incoming: IncomingMessage) => Promise<ApiAnswer>,
): Promise<Loopback> {
  const server = createServer({ requestTimeout: 0, headersTimeout: 60_000 }, (incoming, outgoing) => {
    void answer(incoming).then(
      (value) => send(outgoing, value, incoming.complete),
      () => outgoing.destroy(),
    )
  })
  return listenOnLoopback(server, port)
}

interface Site {
  readonly api: Api
  readonly routes: readonly Route[]
  readonly invoke: Invoke
}

async function answerTo(runtime: Runtime, site: Site, incoming: IncomingMessage): Promise<ApiAnswer> {
  const { host = '' } = incoming.headers
  const port = incoming.socket.localPort
  // A page in a browser that reaches us under a name of its own (DNS rebinding) says so in Host.
  if (host !== `127.0.0.1:${port}` && host !== `localhost:${port}`) return problem(403, 'Forbidden')
  const isCross = site.api.cors && incoming.headers.origin !== undefined
  if (isCross && incoming.method === 'OPTIONS' && incoming.headers['access-control-request-method']) {
    return { status: 204, headers: CORS, cookies: [], body: Buffer.alloc(0) }
  }
  const answer = await routed(runtime, site, incoming, host)
  return isCross ? { ...answer, headers: { ...answer.headers, ...CORS } } : answer
}

/** What `cors: true` is on AWS. */
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': '*',
  'access-control-allow-headers': '*',
  'access-control-max-age': '600',
} as const

async function routed(
  runtime: Runtime,
  { api, routes, invoke }: Site,
  incoming: IncomingMessage,
  host: string,
): Promise<ApiAnswer> {
  const { method = 'GET', url = '/' } = incoming
  const [path = '/', query = ''] = url.split(/\?(.*)/s)
  const match = matchRoute(routes, method, path)
  if (match === undefined) return problem(404, 'Not Found')
  const body = await bodyOf(incoming)
  if (body === undefined) return problem(413, 'Request Entity Too Large')
  const headers = Object.fromEntries(
    Object.entries(incoming.headersDistinct).map(([name, values]) => [name, values ?? []]),
  )
  const request = {
    id: randomUUID(),
    api: api.name,
    at: runtime.clock.now(),
    method,
    path,
    query,
    host,
    sourceIp: '127.0.0.1',
    headers,
    body,
  }
  const event = Buffer.from(JSON.stringify(eventOf(request, match)))
  return await integrated(runtime, invoke, match.route, event)
}

async function integrated(
  runtime: Runtime,
  invoke: Invoke,
  { key, func }: Route,
  event: Buffer,
): Promise<ApiAnswer> {
  const answered = new AbortController()
  const late = runtime.clock.sleep(INTEGRATION_TIMEOUT, answered.signal).then(
    () => 'late' as const,
    () => 'late' as const,
  )
  try {
    const outcome = await Promise.race([invoke(func, event), late])
    if (outcome === 'late') return problem(503, 'Service Unavailable')
    if (outcome === 'busy') return problem(429, 'Too Many Requests')
    if (outcome?.kind === 'done') {
      return answerOf(outcome.payload) ?? problem(500, 'Internal Server Error')
    }
    const why = outcome === undefined ? `there is no function ${func}` : outcome.error.errorMessage
    runtime.log.emit(message('warning', `${key}: ${why}`))
  } catch (error) {
    runtime.log.emit(message('warning', `${key}: ${(error as Error).message}`))
  } finally {
    answered.abort(new Error('answered'))
  }
  return problem(500, 'Internal Server Error')
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > LARGEST) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function send(outgoing: ServerResponse, answer: ApiAnswer, complete: boolean): void {
  if (outgoing.destroyed) return
  const { 'content-length': _, 'transfer-encoding': __, ...headers } = answer.headers
  outgoing.writeHead(answer.status, {
    ...headers,
    ...(answer.cookies.length === 0 ? {} : { 'set-cookie': [...answer.cookies] }),
    // What is left of the body was not read.
    ...(complete ? {} : { connection: 'close' }),
    ...(answer.status === 204 ? {} : { 'content-length': answer.body.length }),
  })
  outgoing.end(answer.body)
}
