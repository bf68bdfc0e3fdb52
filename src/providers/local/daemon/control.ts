import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { usageError } from '../../../domain/error.ts'
import { type DaemonApi, isMethod, METHODS } from './api.ts'
import { toWire } from './wire.ts'

const BODY_LIMIT = 1024 * 1024
export const CONTROL_PREFIX = '/v1/'

export interface ControlServer {
  readonly url: string
  close(): Promise<void>
}

/**
 * The door of the supervisor: `POST /v1/<method>` with a JSON array of arguments, on 127.0.0.1. Only who can read the
 * token from daemon.json is heard; the Host check keeps web pages out that point a name of theirs at 127.0.0.1.
 */
export async function openControl(api: DaemonApi, token: string): Promise<ControlServer> {
  const server = createServer((request, response) => {
    const { port } = server.address() as AddressInfo
    const refusal = refusalOf(request, `127.0.0.1:${port}`, token)
    if (refusal !== undefined) return answer(response, refusal, { error: 'refused' })
    void call(api, request).then(
      (value) => answer(response, 200, { value: value ?? null }),
      (error: unknown) => answer(response, 409, { error: toWire(error) }),
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeIdleConnections()
      await closed
    },
  }
}

/** The status to refuse with; undefined where the request may come in. */
export function refusalOf(
  request: Pick<IncomingMessage, 'headers' | 'method'>,
  host: string,
  token: string,
): 401 | 403 | 405 | undefined {
  if (request.headers.host !== host) return 403
  const given = request.headers.authorization ?? ''
  if (!sameText(given, `Bearer ${token}`)) return 401
  return request.method === 'POST' ? undefined : 405
}

/** Takes the same time wherever the texts differ. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

async function call(api: DaemonApi, request: IncomingMessage): Promise<unknown> {
  const method = (request.url ?? '').slice(CONTROL_PREFIX.length)
  if (!isMethod(method)) throw usageError({ what: `the supervisor has no method ${JSON.stringify(method)}` })
  const parsed = METHODS[method].safeParse(await body(request))
  if (!parsed.success) {
    throw usageError({
      what: `${method}: ${parsed.error.issues[0]?.message ?? 'arguments of another shape'}`,
    })
  }
  const act = api[method] as (...args: readonly unknown[]) => Promise<unknown>
  return act(...parsed.data)
}

async function body(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > BODY_LIMIT) throw usageError({ what: `a request of more than ${BODY_LIMIT} bytes` })
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    return undefined
  }
}

function answer(response: ServerResponse, status: number, value: unknown): void {
  if (response.destroyed) return
  const text = JSON.stringify(value)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}
