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
  /** The authority that signed its certificate, PEM. */
  readonly ca: string
  /** Clients that came without TLS, and were sent away. */
  refused(): number
}

/** A door before a PostgreSQL that lets TLS in and nothing else, as RDS with `rds.force_ssl`. Its certificate is for this name alone, signed by an authority of its own. */
export async function startTlsPostgres(
  upstream: { host: string; port: number },
  name = 'IP:127.0.0.1',
): Promise<TlsPostgres> {
  const { ca, ...certificate } = signed(name)
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
      // A client that does not trust the certificate is gone before a byte is passed on.
      inside.on('close', () => outside.destroy())
      outside.on('error', () => inside.destroy())
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    ca,
    refused: () => refused,
    [Symbol.asyncDispose]: async () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

function signed(name: string): { readonly key: Buffer; readonly cert: Buffer; readonly ca: string } {
  const folder = mkdtempSync(join(tmpdir(), 'tls-'))
  const at = (file: string): string => join(folder, file)
  const openssl = (...argv: string[]): unknown => execFileSync('openssl', argv, { stdio: 'ignore' })
  const fresh = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc', '-days', '2']
  const authority = ['-subj', '/CN=authority', '-keyout', at('ca.key'), '-out', at('ca.pem')]
  const own = ['-subj', '/CN=database', '-addext', `subjectAltName=${name}`]
  const by = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-addext', 'basicConstraints=critical,CA:FALSE']
  try {
    openssl('req', '-x509', ...fresh, ...authority)
    openssl('req', '-x509', ...fresh, ...own, ...by, '-keyout', at('key.pem'), '-out', at('cert.pem'))
    return {
      key: readFileSync(at('key.pem')),
      cert: readFileSync(at('cert.pem')),
      ca: readFileSync(at('ca.pem'), 'utf8'),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
