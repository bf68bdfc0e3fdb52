import { timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Secret } from '../../../../domain/secret.ts'
import { message } from '../../../../runtime/events.ts'
import type { Clock, Log } from '../../../../runtime/runtime.ts'
import { type Loopback, listenOnLoopback } from '../../loopback.ts'
import { getArtifact, listArtifacts, putArtifact, removeArtifact } from './artifacts.ts'
import { invalid, MlflowProblem } from './error.ts'
import { experimentHandlers } from './experiment-handlers.ts'
import type { Parameters } from './parameters.ts'
import { registryHandlers } from './registry-handlers.ts'
import { runHandlers } from './run-handlers.ts'

export interface MlflowServerOptions {
  /** Absolute path of models/. */
  readonly folder: string
  readonly clock: Clock
  readonly log: Log
  /** 0: any free one. */
  readonly port: number
  /** Where given, every call must carry it as bearer token (MLFLOW_TRACKING_TOKEN). */
  readonly token?: Secret
}

export type MlflowServer = Loopback

const HANDLERS = { ...experimentHandlers, ...runHandlers, ...registryHandlers }
const API = /^\/(?:api|ajax-api)\/2\.0\/mlflow\/(.+)$/
const ARTIFACTS = /^\/(?:api|ajax-api)\/2\.0\/mlflow-artifacts\/artifacts(?:\/(.*))?$/
const BODY_LIMIT = 16 * 1024 * 1024
/** The API that this speaks; clients ask for it. */
const VERSION = '3.4.0'

/** The part of MLflow's REST API 2.0 that tracking clients and the model registry use, on 127.0.0.1, over plain files. */
export async function startMlflow(options: MlflowServerOptions): Promise<MlflowServer> {
  const server = createServer({ requestTimeout: 0, headersTimeout: 60_000 }, (incoming, outgoing) => {
    void serve(incoming, outgoing, options).catch((error: unknown) => {
      options.log.emit(message('debug', `models: ${incoming.method} ${incoming.url}: ${String(error)}`))
      outgoing.destroy()
    })
  })
  return listenOnLoopback(server, options.port)
}

async function serve(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  options: MlflowServerOptions,
): Promise<void> {
  try {
    checkHost(incoming)
    const url = new URL(incoming.url ?? '/', 'http://127.0.0.1')
    if (url.pathname === '/health') return text(outgoing, 'OK')
    if (url.pathname === '/version') return text(outgoing, VERSION)
    checkToken(incoming, options.token)
    const artifact = ARTIFACTS.exec(url.pathname)
    if (artifact !== null) return await serveArtifact(incoming, outgoing, url, artifact[1] ?? '', options)
    const name = API.exec(url.pathname)?.[1] ?? ''
    const key = `${incoming.method} ${name}`
    if (!Object.hasOwn(HANDLERS, key)) {
      throw new MlflowProblem('ENDPOINT_NOT_FOUND', `No API found for '${incoming.method} ${url.pathname}'`)
    }
    const context = { folder: options.folder, now: () => options.clock.now() }
    json(outgoing, 200, (await HANDLERS[key]?.(await parametersOf(incoming, url), context)) ?? {})
  } catch (error) {
    if (incoming.destroyed && !incoming.complete) throw error
    const known = error instanceof MlflowProblem
    if (!known) options.log.emit(message('warning', `models: ${incoming.method} ${incoming.url}: ${error}`))
    const problem = known ? error : new MlflowProblem('INTERNAL_ERROR', String(error))
    outgoing.setHeader('connection', 'close')
    json(outgoing, problem.status, { error_code: problem.code, message: problem.message })
    incoming.resume()
  }
}

async function serveArtifact(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  url: URL,
  encoded: string,
  { folder }: MlflowServerOptions,
): Promise<void> {
  const root = join(folder, 'artifacts')
  const path = decodePath(encoded)
  switch (incoming.method) {
    case 'PUT':
      await putArtifact(root, path, incoming)
      return json(outgoing, 200, {})
    case 'DELETE':
      await removeArtifact(root, path)
      return json(outgoing, 200, {})
    case 'GET': {
      if (path === '') {
        return json(outgoing, 200, { files: await listArtifacts(root, url.searchParams.get('path') ?? '') })
      }
      const { size, body } = await getArtifact(root, path)
      outgoing.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': size })
      return await pipeline(body, outgoing)
    }
    default:
      throw new MlflowProblem('ENDPOINT_NOT_FOUND', `No API found for ${incoming.method} of an artifact`)
  }
}

/** A page in a browser that reaches us under a name of its own (DNS rebinding) says so in Host. */
function checkHost(incoming: IncomingMessage): void {
  const port = incoming.socket.localPort
  if ([`127.0.0.1:${port}`, `localhost:${port}`].includes(incoming.headers.host ?? '')) return
  throw new MlflowProblem('PERMISSION_DENIED', `This server answers 127.0.0.1:${port} only`)
}

function checkToken(incoming: IncomingMessage, token: Secret | undefined): void {
  if (token === undefined) return
  const given = Buffer.from(incoming.headers.authorization ?? '')
  const wanted = Buffer.from(`Bearer ${token.reveal()}`)
  if (given.length === wanted.length && timingSafeEqual(given, wanted)) return
  throw new MlflowProblem('UNAUTHENTICATED', 'MLFLOW_TRACKING_TOKEN is missing or wrong')
}

async function parametersOf(incoming: IncomingMessage, url: URL): Promise<Parameters> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > BODY_LIMIT) throw invalid(`The request is longer than ${BODY_LIMIT} bytes`)
    chunks.push(chunk)
  }
  if (size === 0) return Object.fromEntries(url.searchParams)
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'))
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Parameters
  } catch {
    // Said below.
  }
  throw new MlflowProblem('BAD_REQUEST', 'The body is no JSON object')
}

function decodePath(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw invalid(`Invalid path: ${text}`)
  }
}

function json(outgoing: ServerResponse, status: number, body: object): void {
  outgoing.writeHead(status, { 'content-type': 'application/json' })
  outgoing.end(JSON.stringify(body))
}

function text(outgoing: ServerResponse, body: string): void {
  outgoing.writeHead(200, { 'content-type': 'text/plain' })
  outgoing.end(body)
}
