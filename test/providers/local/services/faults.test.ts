import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { digestOf } from '../../../../src/domain/digest.ts'
import type { Service } from '../../../../src/domain/system/system.ts'
import { LocalServices } from '../../../../src/providers/local/services/host.ts'
import { readLog } from '../../../../src/providers/local/services/log-file.ts'
import type { RevisionStatus } from '../../../../src/providers/ports/services.ts'
import { nodeFiles } from '../../../../src/runtime/node/files.ts'
import { nodeRuntime } from '../../../../src/runtime/node/index.ts'
import { identify } from '../../../../src/runtime/process-identity.ts'
import type { Files, Runtime } from '../../../../src/runtime/runtime.ts'
import { testContainers, testImage, testService } from './containers.ts'

let folder: string
let host: LocalServices
let full = false

/** The disk of this machine, which can be full. */
const files: Files = {
  ...nodeFiles,
  write: async (path, content, options) => {
    if (full) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    await nodeFiles.write(path, content, options)
  },
}

const runtime = (): Runtime => ({
  ...nodeRuntime({ emit: () => {} }, { cancelled: new AbortController().signal }, folder),
  files,
})

async function open(): Promise<LocalServices> {
  return LocalServices.open({
    runtime: runtime(),
    folder,
    services: [testService()],
    containers: testContainers,
    endpoints: () => [],
  })
}

beforeEach(async () => {
  full = false
  folder = await mkdtemp(join(tmpdir(), 'sluice-faults-'))
  host = await open()
})

afterEach(async () => {
  full = false
  await host.close()
  await rm(folder, { recursive: true, force: true })
})

const stage = (behaviour: string, service: Partial<Service> = {}): Promise<string> =>
  host.stage({
    service: testService(service),
    image: testImage(behaviour, '1'),
    models: [],
    release: digestOf(behaviour),
  })

async function when(id: string, done: (revision: RevisionStatus) => boolean): Promise<RevisionStatus> {
  for (;;) {
    const found = (await host.describe('api')).revisions.find((revision) => revision.id === id)
    if (found !== undefined && done(found)) return found
    await wait(20)
  }
}

const environmentOf = async (id: string): Promise<Record<string, string>> => {
  const { url } = await when(id, ({ healthy }) => healthy)
  return (await (await fetch(`${url}/env`)).json()) as Record<string, string>
}

test('a process that exits at once: exit code and last lines are told, and it is started again', async () => {
  const id = await stage('exits')
  const { trouble, healthy } = await when(id, (one) => /2 times in a row/.test(one.trouble ?? ''))
  expect(healthy).toBe(false)
  expect(trouble).toContain('exited with code 3')
  expect(trouble).toContain('no configuration found')
})

test('a health path that never answers: the trouble says so while the process runs', async () => {
  const id = await stage('silent')
  const { trouble, running } = await when(id, (one) => /within 5000 ms/.test(one.trouble ?? ''))
  expect(running).toBe(1)
  expect(trouble).toContain('GET /health got no answer')
})

test('a process that wants a port of its own which is taken: the trouble names the cause', async () => {
  const { url } = await host.describe('api')
  const id = await stage('taken', { env: { TAKEN_PORT: new URL(url ?? '').port } })
  const { trouble } = await when(id, (one) => /is taken/.test(one.trouble ?? ''))
  expect(trouble).toContain('listen EADDRINUSE: address already in use')
})

test('a process that ignores SIGTERM is killed after its stop time-out', async () => {
  const id = await stage('stubborn', { stopTimeout: 300 })
  const { url } = await when(id, ({ healthy }) => healthy)
  const pid = Number(await (await fetch(`${url}/pid`)).text())
  await host.revert('api', id)
  expect(await identify(pid, runtime().exec)).toBeUndefined()
  const lines: string[] = []
  const log = readLog(join(folder, 'logs/api'), { follow: false, tail: 50 }, runtime().clock)
  for await (const { text } of log) lines.push(text)
  expect(lines).toContain('SIGTERM ignored')
})

test('a full disk: a rollout step is refused with what to do, and traffic stays where it is', async () => {
  const first = await stage('good')
  await when(first, ({ healthy }) => healthy)
  await host.shift('api', first, 100)
  await host.settle('api', first)
  full = true
  const refused = host.stage({
    service: testService(),
    image: testImage('good', '2'),
    models: [],
    release: digestOf('2'),
  })
  await expect(refused).rejects.toThrow('no space is left on the disk')
  await expect(refused).rejects.toMatchObject({ remedy: expect.stringContaining('free some space') })
  await expect(host.pause('api')).rejects.toMatchObject({ outcome: 'external' })
  const status = await host.describe('api')
  expect(status.state).toBe('running')
  expect(status.revisions).toMatchObject([{ id: first, weight: 100, healthy: true }])
})

test('a supervisor that ends between the promise and the deed is made good by the next', async () => {
  const first = await stage('good')
  await when(first, ({ healthy }) => healthy)
  await host.shift('api', first, 100)
  // What is on disk is ahead of what runs: settled and paused, as after a kill right behind the write.
  await host.close()
  const path = join(folder, 'services/state.json')
  const state = JSON.parse(await readFile(path, 'utf8')) as { services: { api: Record<string, unknown> } }
  Object.assign(state.services.api, { live: first, staged: null, paused: true })
  await writeFile(path, JSON.stringify(state))
  host = await open()
  expect(await host.describe('api')).toMatchObject({
    state: 'paused',
    revisions: [{ running: 0, weight: 100 }],
  })
  await host.resume('api')
  await when(first, ({ healthy }) => healthy)
})

test('the environment of a process holds its PORT, its image, its own and its secrets, not the machine', async () => {
  await writeFile(join(folder, 'secrets.json'), JSON.stringify({ 'film/token': 'canary-token-1' }))
  const id = await stage('good', { env: { OWN: '1' }, secrets: { TOKEN: 'film/token' } })
  const env = await environmentOf(id)
  expect(env).toMatchObject({ FROM_IMAGE: 'yes', OWN: '1', TOKEN: 'canary-token-1', SLUICE_CLOUD: folder })
  expect(Number(env['PORT'])).toBeGreaterThan(0)
  expect(env['VITEST']).toBeUndefined()
})

test('R5 a secret that a service prints is not in its log', async () => {
  await writeFile(join(folder, 'secrets.json'), JSON.stringify({ v: 'canary-9f2c' }))
  const id = await stage('good', { secrets: { VERSION: 'v' } })
  await when(id, ({ healthy }) => healthy)
  await host.close()
  const log = await readFile(join(folder, 'logs/api/00000001.log'), 'utf8')
  expect(log).toContain('version [redacted]')
  expect(log).not.toContain('canary')
})

test('a secret without a value stops the stage before anything changes', async () => {
  await expect(stage('good', { secrets: { TOKEN: 'film/token' } })).rejects.toThrow('film/token')
  expect((await host.describe('api')).state).toBe('absent')
})

test('sidecars and a model without a health path are refused by name', async () => {
  const sidecars = { proxy: { image: 'x', env: {}, secrets: {} } }
  await expect(stage('good', { sidecars })).rejects.toThrow('sidecars (proxy)')
  const { health: _none, ...bare } = testService()
  const models = [{ name: 'sentiment', version: '1', digest: digestOf('m') }]
  const staged = host.stage({ service: bare, image: testImage('good', '1'), models, release: digestOf('x') })
  await expect(staged).rejects.toThrow('loads model sentiment and has no health path')
})

test('several processes of a revision take turns, and one that dies costs no answer', async () => {
  const id = await stage('good', { scale: { min: 2, max: 2 } })
  await host.shift('api', id, 100)
  await when(id, ({ healthy }) => healthy)
  const { url } = await host.describe('api')
  const pid = async (): Promise<number> => Number(await (await fetch(`${url}/pid`)).text())
  const pids = new Set([await pid(), await pid(), await pid(), await pid()])
  expect(pids.size).toBe(2)
  const [victim = 0] = pids
  process.kill(victim, 'SIGKILL')
  for (let i = 0; i < 20; i++) expect((await fetch(`${url}/`)).status).toBe(200)
  await when(id, ({ healthy }) => healthy)
})
