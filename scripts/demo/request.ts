/** One question to a service over HTTP. */
import { request as httpRequest } from 'node:http'

export interface Question {
  /** @default 'GET', or 'POST' with a body */
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  /** Bytes as they are; anything else as JSON. */
  readonly body?: unknown
}

export interface Answered {
  readonly status: number
  readonly bytes: Buffer
  /** The body as JSON; throws where it is something else. */
  json(): unknown
}

const PATIENCE_MS = 30_000

/** Throws unless the answer is 2xx. The connection is not kept: a rollout ends the process behind it. */
export function request(base: string, { path, body, headers, ...question }: Question): Promise<Answered> {
  const method = question.method ?? (body === undefined ? 'GET' : 'POST')
  const raw = Buffer.isBuffer(body)
  const type = raw ? 'application/octet-stream' : 'application/json'
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      new URL(path, base),
      { method, timeout: PATIENCE_MS, headers: { 'content-type': type, connection: 'close', ...headers } },
      (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.once('error', reject)
        answer.once('end', () => {
          const bytes = Buffer.concat(chunks)
          const status = answer.statusCode ?? 0
          if (status >= 200 && status < 300)
            resolve({ status, bytes, json: () => JSON.parse(bytes.toString('utf8')) })
          else reject(new Error(`${method} ${path} answered ${status}: ${bytes.toString('utf8', 0, 200)}`))
        })
      },
    )
    outgoing.once('timeout', () =>
      outgoing.destroy(new Error(`${method} ${path}: no answer within ${PATIENCE_MS / 1000} s`)),
    )
    outgoing.once('error', reject)
    outgoing.end(body === undefined ? undefined : raw ? body : JSON.stringify(body))
  })
}
