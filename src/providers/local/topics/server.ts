import { createServer, type IncomingMessage } from 'node:http'
import { message } from '../../../runtime/events.ts'
import type { Log } from '../../../runtime/runtime.ts'
import { type Loopback, listenOnLoopback } from '../loopback.ts'
import { answerTo, failed, type PubSub, type WireAnswer } from './wire.ts'

/** As Pub/Sub: 10 MB a request. */
const LARGEST = 10 * 1024 * 1024

export async function listen(port: number, log: Log, pubsub: PubSub): Promise<Loopback> {
  const server = createServer({ requestTimeout: 0, headersTimeout: 60_000 }, (incoming, outgoing) => {
    const left = new AbortController()
    outgoing.on('close', () => left.abort(new Error('the caller has left')))
    const answer = serve(incoming, pubsub, left.signal).catch((error: unknown) => {
      log.emit(message('warning', `topics: ${(error as Error).message}`))
      return failed(500, 'INTERNAL', 'the local endpoint failed; its log says why')
    })
    void answer.then(({ status, value }) => {
      if (outgoing.destroyed) return
      const text = JSON.stringify(value)
      outgoing.writeHead(status, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
        // What is left of the body was not read.
        ...(incoming.complete ? {} : { connection: 'close' }),
      })
      outgoing.end(text)
    })
  })
  return listenOnLoopback(server, port)
}

async function serve(incoming: IncomingMessage, pubsub: PubSub, signal: AbortSignal): Promise<WireAnswer> {
  const { host, origin } = incoming.headers
  const port = incoming.socket.localPort
  // No page in a browser has business here, whatever name it reaches us under.
  if ((host !== `127.0.0.1:${port}` && host !== `localhost:${port}`) || origin !== undefined) {
    return failed(403, 'PERMISSION_DENIED', `this endpoint serves 127.0.0.1:${port}, and no pages`)
  }
  const [path = '/'] = (incoming.url ?? '/').split('?')
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > LARGEST) return failed(413, 'INVALID_ARGUMENT', `a request has at most ${LARGEST} bytes`)
    chunks.push(chunk)
  }
  let body: unknown
  try {
    body = chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    return failed(400, 'INVALID_ARGUMENT', 'the body is no JSON')
  }
  return answerTo(pubsub, incoming.method ?? 'GET', decoded(path), body, signal)
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
