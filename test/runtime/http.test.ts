import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { afterEach, expect, test } from 'vitest'
import { nodeHttp } from '../../src/runtime/node/http.ts'

let server: Server | undefined

afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  response.setHeader('X-Seen', `${request.method} ${request.headers['transfer-encoding'] ?? 'sized'}`)
  response.end(Buffer.concat(chunks))
}

test.each(['POST', 'PUT', 'PATCH', 'DELETE'])(
  'a %s carries its body, and the next request is its own',
  async (method) => {
    const url = await serve((request, response) => void echo(request, response))
    for (const body of ['{"name":"höhe"}', 'second']) {
      const answer = await nodeHttp.request({ method, url, body, timeout: 5000 })
      expect([answer.status, await answer.text(), answer.headers['x-seen']]).toEqual([
        200,
        body,
        `${method} sized`,
      ])
    }
  },
)

test('a stream is sent in chunks, or with the length that the caller knows', async () => {
  const url = await serve((request, response) => void echo(request, response))
  const send = (headers?: Record<string, string>) =>
    nodeHttp.request({
      method: 'PUT',
      url,
      body: Readable.from([Buffer.from('abc'), Buffer.from('def')]),
      timeout: 5000,
      ...(headers === undefined ? {} : { headers }),
    })
  const chunked = await send()
  expect([await chunked.text(), chunked.headers['x-seen']]).toEqual(['abcdef', 'PUT chunked'])
  const sized = await send({ 'content-length': '6' })
  expect([await sized.text(), sized.headers['x-seen']]).toEqual(['abcdef', 'PUT sized'])
})

test('R25 a server that drips bytes is cut at the deadline', async () => {
  const url = await serve((_request, response) => {
    response.write('a')
    const drip = setInterval(() => response.write('a'), 20)
    response.on('close', () => clearInterval(drip))
  })
  const answer = await nodeHttp.request({ url, timeout: 200 })
  await expect(answer.text()).rejects.toThrow('no answer within 200 ms')
})

test('a body beyond the limit, a refused connection and a cancelled request are errors that name the address', async () => {
  const url = await serve((_request, response) => response.end('x'.repeat(1000)))
  const answer = await nodeHttp.request({ url: `${url}/path?token=secret`, timeout: 5000 })
  await expect(answer.bytes(10)).rejects.toThrow(`GET ${url}/path: the answer is longer than 10 bytes`)
  await expect(nodeHttp.request({ url: 'http://127.0.0.1:1/', timeout: 5000 })).rejects.toThrow(
    'ECONNREFUSED',
  )
  const cancel = AbortSignal.abort(new Error('cancelled by the user'))
  await expect(nodeHttp.request({ url, timeout: 5000, signal: cancel })).rejects.toThrow(
    'cancelled by the user',
  )
})
