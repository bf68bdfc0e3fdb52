import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Choice } from './balancer.ts'
import { requestHeaders } from './headers.ts'

const KEPT: ReadonlySet<string> = new Set(['connection', 'upgrade'])

/**
 * Passes an upgrade (WebSocket and others) through: the request's head is sent on, then both sides see each other's
 * bytes. Whatever the service answers, 101 or a refusal, reaches the client unchanged.
 */
export function passUpgrade(
  request: IncomingMessage,
  client: Duplex,
  head: Buffer,
  choice: Choice | undefined,
): void {
  client.on('error', () => client.destroy())
  if (choice === undefined) {
    client.end('HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
    return
  }
  const server = connect(choice.upstream.port, '127.0.0.1')
  choice.upstream.hold(server)
  server.once('connect', () => {
    server.write(headOf(request))
    server.write(head)
    server.pipe(client).pipe(server)
  })
  server.on('error', () => client.destroy())
  server.once('close', () => client.end())
  client.once('close', () => server.destroy())
}

function headOf(request: IncomingMessage): string {
  const headers = requestHeaders(
    request.rawHeaders,
    {
      address: request.socket.remoteAddress ?? '127.0.0.1',
      host: request.headers.host,
      forwardedFor: request.headers['x-forwarded-for'] as string | undefined,
      connection: request.headers.connection,
    },
    KEPT,
  )
  const lines = [`${request.method} ${request.url} HTTP/1.1`]
  for (let i = 0; i + 1 < headers.length; i += 2) lines.push(`${headers[i]}: ${headers[i + 1]}`)
  return `${lines.join('\r\n')}\r\n\r\n`
}
