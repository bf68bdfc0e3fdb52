import type { IncomingMessage, ServerResponse } from 'node:http'

/** What of a refused body is still taken off the connection, and for how long, in bytes and milliseconds. */
export interface Lingering {
  readonly bytes: number
  readonly time: number
}

const LINGERING: Lingering = { bytes: 16 * 1024 * 1024, time: 2000 }

export interface Refusal {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** Becomes JSON. */
  readonly body: object
}

/**
 * Answers a request whose body nobody wants. The answer goes out whole at once, and the connection ends after it; but only when
 * the client has ended its side, or after a while: a connection that is closed over unread bytes is reset, and a reset
 * may overtake the answer (https://www.rfc-editor.org/rfc/rfc9112#section-9.6). What comes meanwhile is dropped up to a
 * number of bytes; then the client is left waiting.
 */
export function refuseUnread(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, body }: Refusal,
  lingering: Lingering = LINGERING,
): void {
  const text = Buffer.from(JSON.stringify(body))
  response.writeHead(status, {
    ...headers,
    'content-type': 'application/json; charset=utf-8',
    'content-length': text.length,
    connection: 'close',
  })
  response.write(text)
  let dropped = 0
  const close = (): void => {
    clearTimeout(patience)
    request.off('data', drop).off('end', close).off('close', close)
    response.end()
  }
  const drop = (chunk: Buffer): void => {
    dropped += chunk.length
    if (dropped > lingering.bytes) request.pause()
  }
  const patience = setTimeout(close, lingering.time)
  request.on('error', close).on('data', drop).once('end', close).once('close', close)
  request.resume()
}
