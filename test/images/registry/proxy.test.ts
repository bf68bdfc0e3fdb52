import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer, getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { proxyOf } from '../../../src/images/registry/proxy.ts'
import { putImage } from '../../world/registry/images.ts'
import { startFakeRegistry } from '../../world/registry/server.ts'
import { client, errorOf } from './client.ts'

const HOST = 'registry.test'
const TIMEOUTS = { connect: 500, headers: 500, idle: 500, commit: 500 }

const trusted = getCACertificates('default')
const folder = mkdtempSync(join(tmpdir(), 'sluice-proxy-'))
let key = ''
let certificate = ''

beforeAll(() => {
  const argv = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'certificate.pem')]
  const name = ['-days', '2', '-subj', `/CN=${HOST}`, '-addext', `subjectAltName=DNS:${HOST}`]
  execFileSync('openssl', [...argv, ...files, ...name], { stdio: 'ignore' })
  key = readFileSync(join(folder, 'key.pem'), 'utf8')
  certificate = readFileSync(join(folder, 'certificate.pem'), 'utf8')
  setDefaultCACertificates([...trusted, certificate])
})

afterAll(() => {
  setDefaultCACertificates(trusted)
  rmSync(folder, { recursive: true })
})

interface Listening extends AsyncDisposable {
  readonly port: number
}

/** HTTPS in front of a registry that speaks HTTP. */
async function secured(target: string): Promise<Listening> {
  const sockets = new Set<Socket>()
  const server = createTlsServer({ key, cert: certificate }, (socket) => {
    const [host, port] = target.split(':')
    joined(sockets, socket, connect(Number(port), host))
  })
  return listening(server, sockets)
}

/** A proxy that makes tunnels to one port, whatever host is asked for, and writes down which. */
async function tunnels(port: number, answer: 'login' | 'tunnel' | 'silence' = 'tunnel') {
  const sockets = new Set<Socket>()
  const seen: { readonly host: string | undefined; readonly login: string | undefined }[] = []
  const server = createServer((_, outgoing) => outgoing.writeHead(405).end())
  server.on('connect', ({ url, headers }, socket: Socket) => {
    seen.push({ host: url, login: headers['proxy-authorization'] })
    sockets.add(socket)
    if (answer === 'silence') return
    if (answer === 'login') socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
    else {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      joined(sockets, socket, connect(port, '127.0.0.1'))
    }
  })
  return Object.assign(await listening(server, sockets), { seen })
}

function joined(sockets: Set<Socket>, near: Socket, far: Socket): void {
  for (const [one, other] of [
    [near, far],
    [far, near],
  ] as const) {
    sockets.add(one)
    one.on('error', () => other.destroy())
    one.pipe(other)
  }
}

async function listening(
  server: { listen(port: number, host: string, then: () => void): void; address(): unknown; close(): void },
  sockets: Set<Socket>,
): Promise<Listening> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

describe('a registry behind a proxy', () => {
  test('an image is read, copied and tagged through a tunnel, with the login of the proxy', async () => {
    await using registry = await startFakeRegistry()
    await using front = await secured(registry.host)
    await using proxy = await tunnels(front.port)
    await using via = client(
      { timeouts: TIMEOUTS },
      { env: { HTTPS_PROXY: `http://user:p%40ss@127.0.0.1:${proxy.port}`, NO_PROXY: 'other.test' } },
    )
    const { digest } = putImage(registry.store, 'app', { tag: 'v1' })
    expect(await via.head(`${HOST}/app:v1`)).toMatchObject({ digest })
    expect((await via.copy(`${HOST}/app:v1`, `${HOST}/shop/app`)).digest).toBe(digest)
    await via.tag(`${HOST}/shop/app@${digest}`, 'f-1')
    expect(await via.head(`${HOST}/shop/app:f-1`)).toMatchObject({ digest })
    const login = `Basic ${Buffer.from('user:p@ss').toString('base64')}`
    expect(proxy.seen.length).toBeGreaterThan(0)
    expect(new Set(proxy.seen.map((one) => JSON.stringify(one)))).toEqual(
      new Set([JSON.stringify({ host: `${HOST}:443`, login })]),
    )
  })

  test('this machine, and what NO_PROXY names, are reached without it', async () => {
    await using registry = await startFakeRegistry()
    await using proxy = await tunnels(0)
    const env = { https_proxy: `http://127.0.0.1:${proxy.port}`, no_proxy: '.invalid' }
    await using via = client({ timeouts: TIMEOUTS }, { env })
    const { digest } = putImage(registry.store, 'app', { tag: 'v1' })
    expect(await via.head(`${registry.host}/app:v1`)).toMatchObject({ digest })
    // A name of the kind that no resolver knows: the connection was tried from here.
    expect((await errorOf(via.head('registry.invalid/app:v1'))).message).toMatch(/ENOTFOUND|EAI_AGAIN/)
    expect(proxy.seen).toEqual([])
  })

  test.each([
    ['login', /407/],
    ['silence', /registry\.test/],
  ] as const)(
    'R5 a proxy that answers with %s ends in an error without its password',
    async (answer, says) => {
      await using proxy = await tunnels(0, answer)
      const env = { HTTPS_PROXY: `http://user:hunter2@127.0.0.1:${proxy.port}` }
      await using via = client({ timeouts: TIMEOUTS }, { env })
      const error = await errorOf(via.head(`${HOST}/app:v1`))
      expect(error).toMatchObject({ outcome: 'external', whose: 'service' })
      expect(error.message).toMatch(says)
      expect(JSON.stringify([error.message, via.runtime.events])).not.toContain('hunter2')
    },
  )

  test('a certificate of another name is refused, tunnel or not', async () => {
    await using registry = await startFakeRegistry()
    await using front = await secured(registry.host)
    await using proxy = await tunnels(front.port)
    await using via = client(
      { timeouts: TIMEOUTS },
      { env: { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` } },
    )
    expect((await errorOf(via.head('elsewhere.test/app:v1'))).message).toMatch(/altnames|does not match/)
  })
})

test.each<[Record<string, string>, string | undefined]>([
  [{}, undefined],
  [{ HTTP_PROXY: 'http://proxy.test:3128' }, undefined],
  [{ HTTPS_PROXY: '' }, undefined],
  [{ HTTPS_PROXY: 'http://proxy.test:3128', NO_PROXY: ' * ' }, undefined],
  [{ HTTPS_PROXY: 'proxy.test:3128' }, 'http://proxy.test:3128/'],
  [{ HTTPS_PROXY: 'http://large.test', https_proxy: 'https://small.test' }, 'https://small.test/'],
])('the proxy of %j is %s', (env, expected) => {
  expect(proxyOf(env)?.url.href).toBe(expected)
})

test.each(['socks5://user:hunter2@proxy.test', 'http://', 'ftp://hunter2'])(
  'R5 a proxy that is none is refused without showing its address: %j',
  (address) => {
    expect(() => proxyOf({ HTTPS_PROXY: address })).toThrow(/HTTPS_PROXY names no proxy/)
    expect(() => proxyOf({ HTTPS_PROXY: address })).not.toThrow(/hunter2/)
  },
)
