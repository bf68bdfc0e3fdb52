import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { apiEngine } from '../../../../src/providers/local/apis/engine.ts'
import type { EmbeddedEngine, EngineEndpoint } from '../../../../src/providers/local/engine.ts'
import { func, open, runtime, write } from '../functions/world.ts'

let root = ''
let engines: readonly EmbeddedEngine[] = []
const routes = { 'GET /videos/{id}': 'echo', 'PUT /upload': 'echo', 'GET /fails': 'fails' }

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'apis-'))
  await write(
    root,
    'echo/index.mjs',
    `export const handler = async (event) => ({
       statusCode: 202, headers: { 'x-seen': event.requestContext.http.method }, cookies: ['s=1'],
       body: JSON.stringify({ id: event.pathParameters?.id, size: event.body?.length }),
     })`,
  )
  await write(
    root,
    'fails/index.mjs',
    'export const handler = async () => { throw new Error("secret detail") }',
  )
})
afterEach(async () => {
  for (const engine of engines) await engine.stop()
  await rm(root, { recursive: true, force: true })
})

async function start(cors: boolean): Promise<EngineEndpoint> {
  const { engine, invoke } = open(root, { echo: func('echo'), fails: func('fails') })
  const api = apiEngine({
    runtime,
    api: { name: 'videos', cors, routes },
    folder: join(root, '.sluice/local/cloud/apis/videos'),
    invoke,
  })
  engines = [engine, api]
  await engine.start()
  return await api.start()
}

test('a request travels to its function and the answer back, headers and cookies with it', async () => {
  const { url, connections } = await start(false)
  expect(connections).toEqual({ videos: { VIDEOS_URL: url } })
  const got = await fetch(`${url}/videos/a%20b?x=1`)
  expect([got.status, got.headers.get('x-seen'), got.headers.get('set-cookie')]).toEqual([202, 'GET', 's=1'])
  expect(await got.json()).toEqual({ id: 'a b' })
  const put = await fetch(`${url}/upload`, { method: 'PUT', body: 'abc' })
  expect(await put.json()).toEqual({ size: 3 })
  expect((await fetch(`${url}/nowhere`)).status).toBe(404)
})

test('a function that fails is a 500 that tells nothing of it', async () => {
  const { url } = await start(false)
  const failed = await fetch(`${url}/fails`)
  expect([failed.status, await failed.text()]).toEqual([500, '{"message":"Internal Server Error"}'])
})

test('a body of more than 10 MB is refused', async () => {
  const { url } = await start(false)
  const answer = await fetch(`${url}/upload`, { method: 'PUT', body: Buffer.alloc(11 * 1024 * 1024) }).then(
    (response) => response.status,
    () => 413, // the connection may close before all of it is sent
  )
  expect(answer).toBe(413)
})

test('browsers of other origins are answered where cors is set, and only there', async () => {
  const ask = async (url: string, method: string): Promise<Response> =>
    fetch(`${url}/videos/1`, {
      method,
      headers: { origin: 'https://films.example', 'access-control-request-method': 'GET' },
    })
  const { url } = await start(true)
  const preflight = await ask(url, 'OPTIONS')
  expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, '*'])
  expect((await ask(url, 'GET')).headers.get('access-control-allow-origin')).toBe('*')
  for (const engine of engines) await engine.stop()
  const closed = await start(false)
  expect((await ask(closed.url, 'GET')).headers.get('access-control-allow-origin')).toBeNull()
  expect((await ask(closed.url, 'OPTIONS')).status).toBe(404)
})

test('a page that reaches it under a name of its own is refused', async () => {
  const { url } = await start(false)
  const { port } = new URL(url)
  const status = await new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path: '/videos/1', headers: { host: 'evil.example' } })
    sent.on('response', (response) => resolve(response.resume().statusCode))
    sent.on('error', reject)
    sent.end()
  })
  expect(status).toBe(403)
})

test('the address is the same after a restart', async () => {
  const { url } = await start(false)
  for (const engine of engines) await engine.stop()
  expect((await start(false)).url).toBe(url)
})
