import type { ServerResponse } from 'node:http'

/** What happens to one request of an HTTP door, beside what the cloud itself refuses. */
export type HttpFault =
  /** An answer in the words of AWS: `{ status: 400, code: 'ThrottlingException' }`. Nothing is done. */
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly code: string
      readonly message?: string
      /** Seconds. */
      readonly retryAfter?: number
    }
  /** The effect is made, then the connection breaks. */
  | { readonly kind: 'lost' }
  /** Nothing is ever said. */
  | { readonly kind: 'hang' }
  /** The head, and then a byte of the body now and then, for ever. */
  | { readonly kind: 'drip' }
  /** 200 with half of the body. */
  | { readonly kind: 'truncated' }
  /** 200 with this body in place of the answer. */
  | { readonly kind: 'body'; readonly body: string }

export type HttpFaultPlan = (request: string, number: number) => HttpFault | undefined

/** Sends an answer with its fault. `stuck` is told when nothing more will come of it. */
export function send(
  response: ServerResponse,
  answer: {
    readonly status: number
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
  },
  fault: HttpFault | undefined,
  stuck: () => void,
): void {
  const { status, headers, body } = answer
  switch (fault?.kind) {
    case 'hang':
      stuck()
      return
    case 'lost':
      response.destroy()
      return
    case 'drip': {
      response.writeHead(200, { ...headers, 'content-length': '100000' })
      response.write('{')
      const timer = setInterval(() => response.write(' '), 5)
      response.once('close', () => clearInterval(timer))
      stuck()
      return
    }
    case 'truncated':
      response.writeHead(200, headers)
      response.end(body.slice(0, Math.floor(body.length / 2)))
      return
    case 'body':
      response.writeHead(200, headers)
      response.end(fault.body)
      return
    case undefined:
    case 'answer':
      response.writeHead(status, headers)
      response.end(body)
      return
    default:
      fault satisfies never
  }
}
