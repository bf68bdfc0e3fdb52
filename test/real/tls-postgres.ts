import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TLSSocket } from 'node:tls'

/** What a client sends first that wants TLS (https://www.postgresql.org/docs/current/protocol-message-formats.html, SSLRequest). */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])

export interface TlsPostgres extends AsyncDisposable {
  readonly port: number
  /** Clients that came without TLS, and were sent away. */
  refused(): number
}

/** A door before a PostgreSQL that lets TLS in and nothing else, as RDS with `rds.force_ssl`; nobody signed its certificate. */
export async function startTlsPostgres(upstream: { host: string; port: number }): Promise<TlsPostgres> {
  const certificate = selfSigned()
  let refused = 0
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    socket.once('data', (first) => {
      if (!first.equals(SSL_REQUEST)) {
        refused += 1
        socket.destroy()
        return
      }
      socket.write('S')
      const inside = new TLSSocket(socket, { isServer: true, ...certificate })
      const outside = connect(upstream.port, upstream.host)
      inside.pipe(outside).pipe(inside)
      inside.on('error', () => outside.destroy())
      outside.on('error', () => inside.destroy())
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    refused: () => refused,
    [Symbol.asyncDispose]: async () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

function selfSigned(): { readonly key: Buffer; readonly cert: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), 'tls-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc', '-days', '2']
  try {
    const argv = ['req', '-x509', ...kind, '-subj', '/CN=database', '-keyout', key, '-out', cert]
    execFileSync('openssl', argv, { stdio: 'ignore' })
    return { key: readFileSync(key), cert: readFileSync(cert) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
