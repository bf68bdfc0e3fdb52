import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, test } from 'vitest'
import * as catalog from '../../examples/fashion-catalog/apps/catalog/src/refuse-unread.ts'
import * as video from '../../examples/video-processing/apps/web/refuse-unread.ts'

const MIB = 1024 * 1024
const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections()
})

/** A service that refuses everything, and the bytes that it took off its connections. */
async function refusing(
  { refuseUnread }: typeof video,
  lingering?: video.Lingering,
): Promise<{ readonly port: number; taken(): number }> {
  let taken = 0
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => {
      taken += chunk.length
    })
    refuseUnread(request, response, { status: 413, body: { error: 'too large' } }, lingering)
  })
  servers.push(server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { port: (server.address() as AddressInfo).port, taken: () => taken }
}

const head = (bytes: number): string =>
  `POST / HTTP/1.1\r\nhost: a\r\ncontent-type: video/mp4\r\ncontent-length: ${bytes}\r\n\r\n`

// Both systems take uploads, and share no code.
describe.each([
  ['video-processing', video],
  ['fashion-catalog', catalog],
])('%s', (_name, own) => {
  test.each([1, 6, 40])(
    'a client that sends all of its %i MiB, come what may, reads the refusal',
    async (mib) => {
      const { port } = await refusing(own)
      for (let round = 0; round < 5; round += 1) {
        const answer = await fetch(`http://127.0.0.1:${port}/`, {
          method: 'POST',
          body: new Uint8Array(mib * MIB),
        })
        expect([answer.status, await answer.json()]).toEqual([413, { error: 'too large' }])
        expect(answer.headers.get('connection')).toBe('close')
      }
    },
  )

  test('a client that reads only after it has sent everything finds the whole refusal, and the end of it', async () => {
    const { port, taken } = await refusing(own)
    const socket = connect(port, '127.0.0.1').pause()
    socket.write(head(8 * MIB))
    await new Promise((resolve) => socket.write(Buffer.alloc(8 * MIB), resolve))
    const answer = await text(socket)
    expect(answer).toMatch(/^HTTP\/1\.1 413 [\s\S]*connection: close[\s\S]*\r\n\r\n\{"error":"too large"\}$/i)
    expect(taken()).toBe(8 * MIB)
  })

  test('a client that promises 5 GB and sends nothing has the refusal, and is not waited for without end', async () => {
    const { port, taken } = await refusing(own, { bytes: MIB, time: 50 })
    const socket = connect(port, '127.0.0.1')
    socket.write(head(5 * 1024 * MIB))
    expect(await text(socket)).toContain('413 ')
    expect(taken()).toBe(0)
  })

  test('no more is taken than a bound, however much a client sends', async () => {
    const { port, taken } = await refusing(own, { bytes: MIB, time: 200 })
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    socket.write(head(5 * 1024 * MIB))
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(MIB)
      })(),
    )
    endless.pipe(socket)
    await new Promise((resolve) => socket.once('close', resolve))
    endless.destroy()
    expect(taken()).toBeGreaterThan(0)
    // What the connection itself holds comes on top.
    expect(taken()).toBeLessThan(4 * MIB)
  })
})
