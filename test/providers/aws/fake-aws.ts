import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Clock } from '../../../src/runtime/runtime.ts'

/** One request of the JSON protocol (`X-Amz-Target`) or of the Query protocol (`Action=`). */
export interface Asked {
  /** `UpdateService`. */
  readonly action: string
  /** JSON, or the pairs of a form. */
  readonly body: Readonly<Record<string, unknown>>
}

export type Answer =
  | { readonly status?: number; readonly body: object | string }
  | 'hang'
  /** Half of an answer, then the end of the connection. */
  | 'truncated'

export interface FakeAws extends AsyncDisposable {
  readonly endpoint: string
  readonly asked: Asked[]
}

/** What answers for AWS, as a test says it. */
export async function fakeAws(answer: (asked: Asked, number: number) => Answer): Promise<FakeAws> {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    const call = await read(request)
    asked.push(call)
    reply(answer(call, asked.length), response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** As the JSON protocol refuses: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/CommonErrors.html */
export const refusal = (code: string, status = 400): Answer => ({
  status,
  body: { __type: code, message: 'it said no' },
})

async function read(request: IncomingMessage): Promise<Asked> {
  const content = await text(request)
  const target = request.headers['x-amz-target']
  if (typeof target === 'string') {
    return { action: target.split('.').at(-1) ?? '', body: JSON.parse(content) as Asked['body'] }
  }
  const { Action = '', ...body } = Object.fromEntries(new URLSearchParams(content))
  return { action: Action, body }
}

function reply(answer: Answer, response: ServerResponse): void {
  if (answer === 'hang') return
  if (answer === 'truncated') {
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1', 'content-length': '1000' })
    response.write('{"services":[', () => response.destroy())
    return
  }
  const { status = 200, body } = answer
  const json = typeof body === 'object'
  response.writeHead(status, { 'content-type': json ? 'application/x-amz-json-1.1' : 'text/xml' })
  response.end(json ? JSON.stringify(body) : body)
}

/** Time that passes so many times faster than ours. */
export function fastClock(factor: number): Clock {
  const start = Date.now()
  return {
    now: () => start + (Date.now() - start) * factor,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          signal?.removeEventListener('abort', stop)
          resolve()
        }, ms / factor)
        const stop = (): void => {
          clearTimeout(timer)
          reject(signal?.reason as Error)
        }
        if (signal?.aborted) stop()
        else signal?.addEventListener('abort', stop, { once: true })
      }),
  }
}
