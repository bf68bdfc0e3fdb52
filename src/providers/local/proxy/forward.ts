import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { Choice } from './balancer.ts'
import { bodyOf, dropRest } from './body.ts'
import { requestHeaders, responseHeaders } from './headers.ts'
import type { Upstream } from './upstream.ts'

/** Says which revision answered, and in a request which one shall (checks of a revision at 0 %). */
export const REVISION_HEADER = 'x-sluice-revision'

/** Where a request goes when the process it was meant for took no connection. */
export type Another = (except: Upstream) => Choice | undefined

/** Passes one request to a process and its answer back, both streamed. */
export function forward(
  request: IncomingMessage,
  response: ServerResponse,
  choice: Choice,
  another: Another,
): void {
  const headers = requestHeaders(request.rawHeaders, {
    address: request.socket.remoteAddress ?? '127.0.0.1',
    host: request.headers.host,
    forwardedFor: request.headers['x-forwarded-for'] as string | undefined,
    connection: request.headers.connection,
  })
  new Exchange(request, response, headers, another).send(choice)
}

class Exchange implements Dispatcher.DispatchHandler {
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #headers: string[]
  readonly #body: Readable | null
  readonly #another: Another
  #choice: Choice | undefined
  #controller: Dispatcher.DispatchController | undefined
  #tries = 0

  constructor(request: IncomingMessage, response: ServerResponse, headers: string[], another: Another) {
    this.#request = request
    this.#response = response
    this.#headers = headers
    this.#body = bodyOf(request)
    this.#another = another
    response.on('close', () => {
      if (!response.writableFinished) this.#controller?.abort(new Error('the client went away'))
    })
    response.on('drain', () => this.#controller?.resume())
  }

  send(choice: Choice): void {
    this.#choice = choice
    this.#tries += 1
    choice.upstream.begin()
    choice.upstream.pool.dispatch(
      {
        path: originForm(this.#request.url ?? '/'),
        method: this.#request.method ?? 'GET',
        headers: this.#headers,
        body: this.#body,
      },
      this,
    )
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#response.destroyed) controller.abort(new Error('the client went away'))
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
    text?: string,
  ): void {
    if (status < 200) return
    const passed = responseHeaders(headers)
    passed[REVISION_HEADER] = this.#choice?.revision ?? ''
    // What the client still sends may never be read: the next request must not come behind it.
    if (!this.#request.complete) passed['connection'] = 'close'
    this.#response.writeHead(status, text, passed)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#response.write(chunk)) controller.pause()
  }

  onResponseEnd(): void {
    this.#choice?.upstream.end()
    dropRest(this.#request, () => this.#response.end())
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const from = this.#choice?.upstream
    from?.end()
    const response = this.#response
    if (response.destroyed) return
    // Half an answer cannot be taken back: the client must see that it was cut.
    if (response.headersSent) {
      response.destroy()
      return
    }
    const code = (error as NodeJS.ErrnoException).code ?? ''
    const next = from === undefined || !this.#mayRepeat(code) ? undefined : this.#another(from)
    if (next !== undefined) this.send(next)
    else refuse(response, failureOf(code), `${this.#choice?.revision}: ${error.message}`)
  }

  /** Nothing has reached a process that refused the connection; what only reads may be asked twice. */
  #mayRepeat(code: string): boolean {
    if (this.#tries > 2) return false
    if (code === 'ECONNREFUSED' || code === 'UND_ERR_CONNECT_TIMEOUT') return true
    const reads = this.#request.method === 'GET' || this.#request.method === 'HEAD'
    return reads && this.#body === null && (code === 'ECONNRESET' || code === 'UND_ERR_SOCKET')
  }
}

function failureOf(code: string): 400 | 502 | 504 {
  switch (code) {
    case 'UND_ERR_HEADERS_TIMEOUT':
      return 504
    case 'UND_ERR_INVALID_ARG':
    case 'UND_ERR_NOT_SUPPORTED':
    case 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH':
      return 400
    default:
      return 502
  }
}

const MEANING = {
  400: 'the request cannot be passed on',
  502: 'the service broke off before it answered',
  503: 'no revision of the service can take requests',
  504: 'the service did not answer in time',
} as const

/** An answer of the proxy itself: plain text, for people. */
export function refuse(response: ServerResponse, status: keyof typeof MEANING, why: string): void {
  const text = `sluice: ${MEANING[status]}\n${why}\n`
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    ...(status === 503 ? { 'retry-after': '1' } : {}),
    // The request's body may not have been read to its end.
    connection: 'close',
  })
  response.end(text)
}

/** `http://host/path` -> `/path`: RFC 9112, section 3.2.2. */
function originForm(target: string): string {
  if (target.startsWith('/')) return target
  const url = URL.canParse(target) ? new URL(target) : undefined
  return url === undefined ? target : `${url.pathname}${url.search}`
}
