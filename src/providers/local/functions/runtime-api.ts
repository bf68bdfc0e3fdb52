import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Deferred, deferred } from '../../../runtime/deferred.ts'

/** An answer of a handler, or why there is none. */
export type Outcome =
  | { readonly kind: 'done'; readonly payload: Buffer }
  | { readonly kind: 'failed'; readonly error: { readonly errorType: string; readonly errorMessage: string } }

export interface Invocation {
  readonly id: string
  readonly payload: Uint8Array
  /** Milliseconds since the epoch. */
  readonly deadline: number
  readonly arn: string
}

/** As Lambda: 6 MB, of a request and of an answer. */
export const PAYLOAD_LIMIT = 6 * 1024 * 1024

const BASE = '/2018-06-01/runtime'

/** The Lambda Runtime API of one process: it asks for the next invocation and hands in the answer. */
export class RuntimeApi {
  /** `127.0.0.1:port/token`: nobody else on this machine can take an invocation away. */
  readonly address: string
  /** Settles when the handler is loaded and the process asks for work. */
  readonly ready: Promise<void>
  readonly #asked = deferred<void>()
  readonly #server: ReturnType<typeof createServer>
  readonly #asking: ServerResponse[] = []
  #waiting: { readonly invocation: Invocation; readonly outcome: Deferred<Outcome> } | undefined
  #handed: { readonly id: string; readonly outcome: Deferred<Outcome> } | undefined
  /** Why the handler could not be loaded. */
  initError: { readonly errorType: string; readonly errorMessage: string } | undefined

  private constructor(server: ReturnType<typeof createServer>, token: string) {
    this.#server = server
    this.ready = this.#asked.promise
    const { port } = server.address() as AddressInfo
    this.address = `127.0.0.1:${port}/${token}`
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      void this.#serve(request, response, `/${token}${BASE}`).catch(() => response.destroy())
    })
  }

  static async open(token: string): Promise<RuntimeApi> {
    const server = createServer({ requestTimeout: 0, headersTimeout: 60_000 })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, '127.0.0.1', resolve)
    })
    return new RuntimeApi(server, token)
  }

  /** Hands one invocation out; the process works on one at a time. */
  invoke(invocation: Invocation): Promise<Outcome> {
    const outcome = deferred<Outcome>()
    this.#waiting = { invocation, outcome }
    this.#hand()
    return outcome.promise
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }

  #hand(): void {
    const waiting = this.#waiting
    const asking = waiting && this.#asking.shift()
    if (waiting === undefined || asking === undefined) return
    this.#waiting = undefined
    const { id, payload, deadline, arn } = waiting.invocation
    this.#handed = { id, outcome: waiting.outcome }
    asking.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': id,
      'lambda-runtime-deadline-ms': String(deadline),
      'lambda-runtime-invoked-function-arn': arn,
    })
    asking.end(payload)
  }

  async #serve(request: IncomingMessage, response: ServerResponse, base: string): Promise<void> {
    const url = request.url ?? ''
    if (!url.startsWith(base)) return end(response, 403)
    const path = url.slice(base.length)
    if (request.method === 'GET' && path === '/invocation/next') {
      this.#asking.push(response)
      this.#asked.resolve()
      response.on('close', () => {
        const at = this.#asking.indexOf(response)
        if (at >= 0) this.#asking.splice(at, 1)
      })
      this.#hand()
      return
    }
    if (request.method !== 'POST') return end(response, 404)
    const body = await bodyOf(request)
    if (path === '/init/error') {
      this.initError = errorOf(body)
      return end(response, 202)
    }
    const [, id, what] = /^\/invocation\/([^/]+)\/(response|error)$/.exec(path) ?? []
    const handed = this.#handed
    if (handed === undefined || id !== handed.id) return end(response, 400)
    this.#handed = undefined
    if (body === undefined) {
      handed.outcome.resolve(tooLarge())
      return end(response, 413)
    }
    handed.outcome.resolve(
      what === 'error' ? { kind: 'failed', error: errorOf(body) } : { kind: 'done', payload: body },
    )
    end(response, 202)
  }
}

/** undefined where it is larger than an answer may be. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= PAYLOAD_LIMIT) chunks.push(chunk)
  }
  return size > PAYLOAD_LIMIT ? undefined : Buffer.concat(chunks)
}

function errorOf(body: Buffer | undefined): { errorType: string; errorMessage: string } {
  try {
    const value = JSON.parse(body?.toString('utf8') ?? '') as Record<string, unknown>
    return { ...value, errorType: String(value['errorType']), errorMessage: String(value['errorMessage']) }
  } catch {
    return { errorType: 'Runtime.Unknown', errorMessage: 'the runtime did not say why' }
  }
}

function tooLarge(): Outcome {
  const errorMessage = `Response payload size exceeded maximum allowed payload size (${PAYLOAD_LIMIT} bytes).`
  return { kind: 'failed', error: { errorType: 'Function.ResponseSizeTooLarge', errorMessage } }
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end('{}')
}
