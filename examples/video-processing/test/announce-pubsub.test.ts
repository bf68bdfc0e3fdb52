import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { openAnnounce } from '../apps/shared/announce.ts'

const TOPIC = 'projects/p/topics/uploaded'
const opened: (() => void)[] = []
afterEach(() => {
  for (const close of opened.splice(0)) close()
})

/** A Pub/Sub that answers with this, and what it was told. */
async function pubsub(status: number): Promise<{ readonly host: string; readonly told: string[] }> {
  const told: string[] = []
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString('utf8')
    told.push(`${request.method} ${request.url} ${body}`)
    response.writeHead(status).end('{"error": "of the service"}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  opened.push(() => server.close())
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, told }
}

test('an announcement is one message that names the video', async () => {
  const { host, told } = await pubsub(200)
  const announce = await openAnnounce(TOPIC, { PUBSUB_EMULATOR_HOST: host })
  await announce('v1')
  const data = Buffer.from('{"video":"v1"}').toString('base64')
  expect(told).toEqual([`POST /v1/${TOPIC}:publish {"messages":[{"data":"${data}"}]}`])
})

test('a refused announcement says what the topic said', async () => {
  const { host } = await pubsub(404)
  const announce = await openAnnounce(TOPIC, { PUBSUB_EMULATOR_HOST: host })
  await expect(announce('v1')).rejects.toThrow(`${TOPIC}: 404 {"error": "of the service"}`)
})
