import type { Readable } from 'node:stream'

/** Milliseconds. Nothing waits for ever, and a blob may take as long as it moves. */
export interface Timeouts {
  readonly connect: number
  /** From the last byte of a request to the first of its answer. */
  readonly headers: number
  /** Between two pieces of a body. */
  readonly idle: number
  /** As `headers`, where a registry puts a whole blob together before it answers. */
  readonly commit: number
}

export const TIMEOUTS: Timeouts = { connect: 10_000, headers: 60_000, idle: 60_000, commit: 300_000 }

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface WireRequest {
  readonly method: Method
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array | AsyncIterable<Uint8Array>
  /** `document`: nothing is sent but the question, and all of the answer is taken in at once. */
  readonly kind: 'document' | 'stream'
  readonly patience: 'headers' | 'commit'
  readonly signal: AbortSignal
}

export interface WireAnswer {
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readable
}

/** One exchange: no redirects, no retries. Rejects with whatever broke it. */
export interface Wire {
  exchange(request: WireRequest): Promise<WireAnswer>
  close(): Promise<void>
}

/** One text for each name. */
export function flatHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  const all: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) all[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return all
}

/** Why an exchange broke, in words. */
export function brokenBy(cause: unknown, timeouts: Timeouts): string {
  const { code, message } = cause as { code?: string; message?: string }
  switch (code) {
    case 'UND_ERR_CONNECT_TIMEOUT':
      return `no connection within ${timeouts.connect} ms`
    case 'UND_ERR_HEADERS_TIMEOUT':
      return 'no answer in time'
    case 'UND_ERR_BODY_TIMEOUT':
      return `nothing more came for ${timeouts.idle} ms`
    case 'UND_ERR_SOCKET':
      return `the connection was cut (${message ?? code})`
    default:
      return message === undefined || message === '' ? (code ?? String(cause)) : message
  }
}
