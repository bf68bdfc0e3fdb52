import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openProxy, type ServiceProxy } from '../../../../src/providers/local/proxy/proxy.ts'

const NEVER = new Promise<void>(() => {})
let proxy: ServiceProxy
let servers: Server[] = []

beforeEach(async () => {
  proxy = await openProxy(0)
})

afterEach(async () => {
  await proxy.close()
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
  servers = []
})

async function backend(
  id: string,
  listener: RequestListener,
): Promise<{ id: string; port: number; server: Server }> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { id, port: (server.address() as AddressInfo).port, server }
}

interface Sent {
  readonly method?: string
  readonly path?: string
  readonly headers?: Record<string, string>
  readonly body?: string | Buffer
}

function send(options: Sent = {}): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      {
        host: '127.0.0.1',
        port: proxy.port,
        path: options.path ?? '/',
        method: options.method ?? 'GET',
        headers: options.headers ?? {},
        agent: false,
      },
      resolve,
    )
    outgoing.once('error', reject)
    outgoing.end(options.body)
  })
}

const answer = async (options?: Sent): Promise<{ status: number; body: string }> => {
  const incoming = await send(options)
  return { status: incoming.statusCode ?? 0, body: await text(incoming) }
}

test('without a revision the answer is 503 and says why', async () => {
  proxy.route([], 'api is paused')
  const { status, body } = await answer()
  expect(status).toBe(503)
  expect(body).toContain('api is paused')
})

test('bodies pass unchanged in both directions, whatever their framing', async () => {
  const echo = await backend('a', (request, response) => {
    response.writeHead(201, { 'x-method': request.method })
    request.pipe(response)
  })
  proxy.route([{ revision: 'r1', weight: 100, backends: [echo] }], '')
  const big = Buffer.alloc(3_000_000, 'sluice')
  for (const headers of [{ 'transfer-encoding': 'chunked' }, { 'content-length': String(big.length) }]) {
    const incoming = await send({ method: 'POST', headers, body: big })
    expect(incoming.statusCode).toBe(201)
    expect(incoming.headers['x-method']).toBe('POST')
    expect(incoming.headers['x-sluice-revision']).toBe('r1')
    expect((await text(incoming)) === big.toString()).toBe(true)
  }
})

test('hop-by-hop fields stay on their connection; forwarding fields and repeated fields arrive', async () => {
  const seen: IncomingMessage[] = []
  const one = await backend('a', (request, response) => {
    seen.push(request)
    response.writeHead(200, { connection: 'x-private', 'x-private': '1', 'set-cookie': ['a=1', 'b=2'] })
    response.end()
  })
  proxy.route([{ revision: 'r1', weight: 100, backends: [one] }], '')
  const incoming = await send({
    headers: {
      host: 'api.example',
      connection: 'close, x-hop',
      'x-hop': 'secret',
      te: 'trailers',
      'x-forwarded-for': '10.0.0.1',
      'x-forwarded-proto': 'https',
    },
  })
  const { headers } = seen[0] as IncomingMessage
  expect(headers['x-hop']).toBeUndefined()
  expect(headers.te).toBeUndefined()
  expect(headers.host).toBe('api.example')
  expect(headers['x-forwarded-for']).toBe('10.0.0.1, 127.0.0.1')
  expect(headers['x-forwarded-host']).toBe('api.example')
  expect(headers['x-forwarded-proto']).toBe('http')
  expect(incoming.headers['x-private']).toBeUndefined()
  expect(incoming.headers['set-cookie']).toEqual(['a=1', 'b=2'])
})

test('weights are kept exactly, and a request may name a revision at 0 %', async () => {
  const old = await backend('a', (_request, response) => response.end('old'))
  const next = await backend('b', (_request, response) => response.end('new'))
  const routes = (weight: number) => [
    { revision: 'r1', weight: 100 - weight, backends: [old] },
    { revision: 'r2', weight, backends: [next] },
  ]
  proxy.route(routes(0), '')
  expect((await answer({ headers: { 'x-sluice-revision': 'r2' } })).body).toBe('new')
  expect((await answer()).body).toBe('old')
  proxy.route(routes(25), '')
  const bodies: string[] = []
  for (let i = 0; i < 40; i++) bodies.push((await answer()).body)
  expect(bodies.filter((body) => body === 'new')).toHaveLength(10)
})

test('a revision without a healthy process is passed over', async () => {
  const old = await backend('a', (_request, response) => response.end('old'))
  proxy.route(
    [
      { revision: 'r1', weight: 1, backends: [old] },
      { revision: 'r2', weight: 99, backends: [] },
    ],
    '',
  )
  expect((await answer()).body).toBe('old')
})

test('a process that refuses connections costs nothing where another one serves, POST bodies included', async () => {
  const gone = await backend('gone', () => {})
  await new Promise((resolve) => gone.server.close(resolve))
  const echo = await backend('a', (request, response) => void request.pipe(response))
  proxy.route([{ revision: 'r1', weight: 100, backends: [gone, echo] }], '')
  for (let i = 0; i < 4; i++) {
    expect(await answer({ method: 'POST', body: `body ${i}` })).toEqual({ status: 200, body: `body ${i}` })
  }
})

test('a service that breaks off gives 502, or a cut answer where it had begun', async () => {
  const bad = await backend('a', (request, response) => {
    if (request.url === '/begun') response.write('half', () => response.destroy())
    else request.socket.destroy()
  })
  proxy.route([{ revision: 'r1', weight: 100, backends: [bad] }], '')
  const refused = await answer({ method: 'POST', body: 'x' })
  expect(refused.status).toBe(502)
  expect(refused.body).toContain('r1')
  await expect(answer({ path: '/begun' })).rejects.toThrow('aborted')
})

test('R4 an answer that does not wait for the body arrives whole, and no request comes behind what was not read', async () => {
  const refusing = await backend('a', (_request, response) => {
    response.writeHead(413, { 'content-type': 'text/plain' }).end('too much')
  })
  proxy.route([{ revision: 'r1', weight: 100, backends: [refusing] }], '')
  const head = `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${2 ** 24}\r\n\r\n`
  const client = connect(proxy.port, '127.0.0.1')
  client.write(`${head}${'x'.repeat(2 ** 16)}`)
  let seen = ''
  for await (const chunk of client) {
    seen += chunk
    if (seen.includes('too much')) break
  }
  expect(seen).toMatch(/^HTTP\/1\.1 413 /)
  expect(seen).toMatch(/\r\nconnection: close\r\n/i)
  expect(seen).toContain('too much')
})

test('a client that goes away ends its request at the service', async () => {
  const ended = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<void>()
  const slow = await backend('a', (request) => {
    begun.resolve()
    request.socket.once('close', () => ended.resolve())
  })
  proxy.route([{ revision: 'r1', weight: 100, backends: [slow] }], '')
  const outgoing = httpRequest({ host: '127.0.0.1', port: proxy.port, agent: false })
  outgoing.on('error', () => {})
  outgoing.end()
  await begun.promise
  outgoing.destroy()
  await ended.promise
})

test('draining waits for requests in flight, and nothing new arrives meanwhile', async () => {
  const release = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<void>()
  const old = await backend('a', (_request, response) => {
    begun.resolve()
    void release.promise.then(() => response.end('old'))
  })
  const next = await backend('b', (_request, response) => response.end('new'))
  proxy.route([{ revision: 'r1', weight: 100, backends: [old] }], '')
  const inFlight = answer()
  await begun.promise
  proxy.route([{ revision: 'r2', weight: 100, backends: [next] }], '')
  let drained = false
  const draining = proxy.drain('a', NEVER).then((cut) => {
    drained = true
    return cut
  })
  expect((await answer()).body).toBe('new')
  expect(drained).toBe(false)
  release.resolve()
  expect(await draining).toBe(0)
  expect((await inFlight).body).toBe('old')
})

test('draining ends when patience does, and says how many requests it cut', async () => {
  const begun = Promise.withResolvers<void>()
  const stuck = await backend('a', () => begun.resolve())
  proxy.route([{ revision: 'r1', weight: 100, backends: [stuck] }], '')
  const inFlight = answer()
  await begun.promise
  proxy.route([], 'gone')
  expect(await proxy.drain('a', Promise.resolve())).toBe(1)
  expect((await inFlight).status).toBe(502)
})

test('an upgraded connection passes bytes both ways and counts as in flight', async () => {
  const one = await backend('a', () => {})
  one.server.on('upgrade', (request, socket) => {
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: ${request.headers.upgrade}\r\n\r\n`,
    )
    socket.pipe(socket)
  })
  proxy.route([{ revision: 'r1', weight: 100, backends: [one] }], '')
  const client = connect(proxy.port, '127.0.0.1')
  client.write('GET /ws HTTP/1.1\r\nhost: a\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n')
  let received = ''
  const until = async (part: string): Promise<void> => {
    while (!received.includes(part)) received += await new Promise((resolve) => client.once('data', resolve))
  }
  await until('\r\n\r\n')
  expect(received).toContain('101 Switching Protocols')
  client.write('hello')
  await until('hello')
  proxy.route([], '')
  expect(await proxy.drain('a', Promise.resolve())).toBe(1)
  await new Promise((resolve) => client.once('close', resolve))
})

test('a target that no service could be asked for is refused, and the proxy goes on', async () => {
  const one = await backend('a', (_request, response) => response.end('fine'))
  proxy.route([{ revision: 'r1', weight: 100, backends: [one] }], '')
  expect((await answer({ method: 'OPTIONS', path: '*' })).status).toBe(400)
  expect((await answer({ path: 'http://elsewhere.example/x?y=1' })).body).toBe('fine')
})

test('a second proxy on the same port is told that it is taken', async () => {
  await expect(openProxy(proxy.port)).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

/** Sends bytes as they are and reads until the proxy ends the connection. */
async function sendRaw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(bytes)
  return await text(socket)
}

test.each([
  ['both framings', 'Content-Length: 5\r\nTransfer-Encoding: chunked'],
  ['two lengths', 'Content-Length: 5\r\nContent-Length: 40'],
  ['a length that is no number', 'Content-Length: +5'],
  ['chunked not last', 'Transfer-Encoding: chunked, identity'],
  ['a disguised framing', 'Transfer-Encoding : chunked'],
  ['a folded field', 'X-A: b\r\n Transfer-Encoding: chunked'],
  ['a bare line feed in a head', 'X-A: b\nTransfer-Encoding: chunked'],
])('R4 a request with %s is refused and never becomes two', async (_, fields) => {
  const seen: string[] = []
  const one = await backend('one', (request, response) => {
    seen.push(request.url ?? '')
    response.end('ok')
  })
  proxy.route([{ revision: 'a', weight: 100, backends: [one] }], '')
  const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
  const answer = await sendRaw(
    proxy.port,
    `POST /first HTTP/1.1\r\nHost: x\r\n${fields}\r\n\r\n0\r\n\r\n${smuggled}`,
  )
  expect(answer).toMatch(/^HTTP\/1\.1 400 /)
  expect(seen).not.toContain('/smuggled')
})

test('R4 a Connection field that names the framing cannot take it away', async () => {
  const seen: string[] = []
  const one = await backend('one', (request, response) => {
    void text(request).then((body) => {
      seen.push(`${request.url} ${body}`)
      response.end('ok')
    })
  })
  proxy.route([{ revision: 'a', weight: 100, backends: [one] }], '')
  const body = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n'
  const head = `POST /first HTTP/1.1\r\nHost: x\r\nConnection: close, content-length\r\nContent-Length: ${body.length}`
  expect(await sendRaw(proxy.port, `${head}\r\n\r\n${body}`)).toMatch(/^HTTP\/1\.1 200 /)
  expect(seen).toEqual([`/first ${body}`])
})

test('R4 a client that never ends its head does not keep its connection', async () => {
  const short = await openProxy(0, 50)
  try {
    expect(await sendRaw(short.port, 'GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ')).toMatch(/^HTTP\/1\.1 408 /)
  } finally {
    await short.close()
  }
})
