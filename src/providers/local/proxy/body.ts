import type { IncomingMessage } from 'node:http'
import { PassThrough, type Readable } from 'node:stream'

/** What of a body that its service did not want is still taken off the connection, in bytes and milliseconds. */
const LINGERING = { bytes: 16 * 1024 * 1024, time: 2000 }

/**
 * The body of a request as a stream of its own; null where it has none. undici destroys a body that it did not send to its end, and with
 * a request its connection would go, and the answer on it.
 */
export function bodyOf(request: IncomingMessage): Readable | null {
  if (!hasBody(request)) return null
  // Whoever sends it on hears of an error itself; when nobody does any more, it is nobody's.
  const body = new PassThrough().on('error', () => {})
  const cut = (): void => void (request.complete || body.destroy(new Error('the client broke off')))
  request.once('close', cut).pipe(body)
  body.once('close', () => request.off('close', cut).unpipe(body))
  return body
}

/** A request has a body if it says how long it is or how it is framed: RFC 9112, section 6. */
function hasBody(request: IncomingMessage): boolean {
  const length = request.headers['content-length']
  return (length !== undefined && length !== '0') || request.headers['transfer-encoding'] !== undefined
}

/**
 * After an answer: what the client still sends is dropped, up to a number of bytes and for a while, before the connection may end.
 * One that is closed over unread bytes is reset, and the reset may overtake the answer
 * (https://www.rfc-editor.org/rfc/rfc9112#section-9.6).
 */
export function dropRest(request: IncomingMessage, done: () => void): void {
  if (request.complete || request.destroyed) {
    done()
    return
  }
  let dropped = 0
  const end = (): void => {
    clearTimeout(patience)
    request.off('data', drop).off('end', end).off('close', end)
    done()
  }
  const drop = (chunk: Buffer): void => {
    dropped += chunk.length
    if (dropped > LINGERING.bytes) request.pause()
  }
  const patience = setTimeout(end, LINGERING.time)
  request.unpipe().on('data', drop).once('end', end).once('close', end).resume()
}
