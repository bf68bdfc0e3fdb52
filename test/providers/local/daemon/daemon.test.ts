import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { digestOf } from '../../../../src/domain/digest.ts'
import type { Service, System } from '../../../../src/domain/system/system.ts'
import { DaemonClient } from '../../../../src/providers/local/client.ts'
import { endDaemon, findDaemon, supervisorVariables } from '../../../../src/providers/local/daemon/launch.ts'
import { recordPath } from '../../../../src/providers/local/daemon/record.ts'
import type { ProviderContext } from '../../../../src/providers/provider.ts'
import type { Event } from '../../../../src/runtime/events.ts'
import { nodeRuntime } from '../../../../src/runtime/node/index.ts'
import { identify } from '../../../../src/runtime/process-identity.ts'
import { testImage, testService } from '../services/containers.ts'

const entry = join(import.meta.dirname, 'fixtures/entry.ts')
let state: string
let cloud: string
let events: Event[]

beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'sluice-daemon-'))
  cloud = join(state, 'cloud')
  events = []
})

afterEach(async () => {
  await endDaemon(contextOf().runtime, state)
  await rm(state, { recursive: true, force: true })
})

function contextOf(services: readonly Service[] = [testService()]): ProviderContext {
  const runtime = nodeRuntime(
    { emit: (event) => void events.push(event) },
    { cancelled: new AbortController().signal },
    state,
  )
  const system = {
    name: 'demo',
    environment: { name: 'local', cloud: 'local', nat: 'none', tags: {} },
    services: Object.fromEntries(services.map((service) => [service.name, service])),
    databases: {},
    buckets: {},
    tables: {},
    topics: {},
    caches: {},
  } as unknown as System
  return { runtime, system, root: state, state }
}

const clientOf = (services?: readonly Service[]): DaemonClient =>
  new DaemonClient(contextOf(services), [process.execPath, entry])

async function until(done: () => Promise<boolean>): Promise<void> {
  while (!(await done())) await wait(20)
}

const healthy = (client: DaemonClient, service: string, id: string): Promise<void> =>
  until(async () => {
    const { revisions } = await client.describe(service)
    return revisions.find((revision) => revision.id === id)?.healthy === true
  })

async function live(client: DaemonClient, version: string, service = testService()): Promise<string> {
  const id = await client.stage({
    service,
    image: testImage('good', version),
    models: [],
    release: digestOf(`release ${version}`),
  })
  await healthy(client, service.name, id)
  await client.shift(service.name, id, 100)
  await client.settle(service.name, id)
  return id
}

function ask(
  url: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    httpRequest(url, { agent: false, headers, method }, (incoming) => {
      text(incoming).then((body) => resolve({ status: incoming.statusCode ?? 0, body }), reject)
    })
      .once('error', reject)
      .end()
  })
}

async function urlOf(client: DaemonClient, service = 'api'): Promise<string> {
  return (await client.describe(service)).url ?? ''
}

/** A process that has ended but was not yet collected by its parent is not alive. */
const alive = async (pid: number): Promise<boolean> =>
  (await identify(pid, contextOf().runtime.exec)) !== undefined

/** All processes that were started for this folder. */
async function supervisors(): Promise<number[]> {
  const { exec } = contextOf().runtime
  const { stdout } = await exec.run(['ps', '-eo', 'pid=,stat=,args='])
  const lines = stdout.split('\n').filter((line) => line.endsWith(` ${state}`) && !/^\s*\d+\s+Z/.test(line))
  return lines.map((line) => Number.parseInt(line, 10))
}

test('the first call starts the cloud and says so; a later one attaches to it', async () => {
  const first = await clientOf().attach()
  const second = await clientOf().attach()
  expect(first.started).toBe(true)
  expect(second).toMatchObject({ started: false, pid: first.pid })
  expect(events.filter((event) => event.kind === 'progress').map((event) => event.state)).toEqual([
    'running',
    'done',
  ])
  expect((await stat(recordPath(cloud))).mode & 0o777).toBe(0o600)
})

test('two starts at once give one supervisor', async () => {
  const [a, b, c] = await Promise.all([clientOf().attach(), clientOf().attach(), clientOf().attach()])
  expect(new Set([a.pid, b.pid, c.pid]).size).toBe(1)
  expect([a, b, c].filter((one) => one.started)).toHaveLength(1)
  expect(await readFile(join(cloud, 'engine-starts'), 'utf8')).toBe('x')
  // Who came too late is gone, and does not take over when the one ends.
  expect(await supervisors()).toEqual([a.pid])
})

test('the door opens only to the token, on its own host name, by POST', async () => {
  const { url, token } = await clientOf().attach()
  const authorization = `Bearer ${token}`
  const services = `${url}/v1/services`
  expect((await ask(services, {}, 'POST')).status).toBe(401)
  expect((await ask(services, { authorization: `Bearer ${token}x` }, 'POST')).status).toBe(401)
  expect((await ask(services, { authorization, host: 'evil.example' }, 'POST')).status).toBe(403)
  expect((await ask(services, { authorization })).status).toBe(405)
  const malformed = await ask(`${url}/v1/describe`, { authorization }, 'POST')
  expect(malformed.status).toBe(409)
  expect(JSON.parse(malformed.body)).toMatchObject({ error: { outcome: 'usage' } })
})

test('kill -9 of the supervisor loses nothing: weights, pauses, addresses and answers come back', async () => {
  const services = [testService(), testService({ name: 'query-api' })]
  const client = clientOf(services)
  const first = await live(client, '1')
  const second = await client.stage({
    service: testService(),
    image: testImage('good', '2'),
    models: [],
    release: digestOf('2'),
  })
  await healthy(client, 'api', second)
  await client.shift('api', second, 25)
  await live(client, '7', testService({ name: 'query-api' }))
  await client.pause('query-api')
  const url = await urlOf(client)
  const before = await client.services()
  const pid = Number((await ask(`${url}/pid`)).body)
  const { pid: supervisor } = await client.attach()
  process.kill(supervisor, 'SIGKILL')
  await until(async () => !(await alive(supervisor)))

  const again = clientOf(services)
  await Promise.all([first, second].map((id) => healthy(again, 'api', id)))
  const after = await again.services()
  const lasting = (list: typeof before) =>
    list.map(({ service, state, url, revisions }) => ({
      service,
      state,
      url,
      revisions: revisions.map(({ id, weight, desired }) => ({ id, weight, desired })),
    }))
  expect(lasting(after)).toEqual(lasting(before))
  expect(await alive(pid)).toBe(false)
  const bodies: string[] = []
  for (let i = 0; i < 20; i++) bodies.push((await ask(`${url}/`)).body)
  expect(bodies.filter((body) => body === '2')).toHaveLength(5)
  expect(bodies.filter((body) => body === '1')).toHaveLength(15)
  await again.resume('query-api')
})

test('R28 a call whose supervisor died in between starts it again and goes on', async () => {
  const client = clientOf()
  const id = await live(client, '1')
  const { pid } = await client.attach()
  process.kill(pid, 'SIGKILL')
  await until(async () => !(await alive(pid)))
  expect((await client.describe('api')).revisions[0]?.id).toBe(id)
})

test('kill -9 of a service process: it is started again', async () => {
  const client = clientOf()
  const id = await live(client, '1')
  const url = await urlOf(client)
  const pid = Number((await ask(`${url}/pid`)).body)
  process.kill(pid, 'SIGKILL')
  await until(async () => {
    const { status, body } = await ask(`${url}/pid`)
    return status === 200 && Number(body) !== pid
  })
  await healthy(client, 'api', id)
})

test('an engine that dies is started again', async () => {
  const client = clientOf()
  const { shared, connections } = await client.variables()
  expect(connections['mortal']).toEqual({ MORTAL_URL: shared['ENGINE_URL'] })
  expect(connections['api']).toEqual({ API_URL: await urlOf(client) })
  await ask(`${shared['ENGINE_URL']}/die`)
  await until(async () => (await readFile(join(cloud, 'engine-starts'), 'utf8')) === 'xx')
  await until(() =>
    ask(`${shared['ENGINE_URL']}/`).then(
      ({ body }) => body === 'engine',
      () => false,
    ),
  )
})

test('stopping ends every process cleanly; a later start brings the services back', async () => {
  const client = clientOf()
  await live(client, '1')
  const url = await urlOf(client)
  const pid = Number((await ask(`${url}/pid`)).body)
  expect(await endDaemon(contextOf().runtime, state)).toBe(true)
  expect(await alive(pid)).toBe(false)
  expect(await findDaemon(contextOf().runtime, state)).toBeUndefined()
  expect(await endDaemon(contextOf().runtime, state)).toBe(false)
  await expect(ask(url)).rejects.toThrow('ECONNREFUSED')
  const again = clientOf()
  await until(async () => (await again.describe('api')).revisions[0]?.healthy === true)
  expect((await ask(`${url}/`)).body).toBe('1')
})

test('a taken port is an error that names it and who holds it', async () => {
  const squatter = createServer()
  await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve))
  const { port } = squatter.address() as AddressInfo
  const client = clientOf([testService({ local: { port } })])
  const failure = client.services()
  await expect(failure).rejects.toMatchObject({ outcome: 'usage' })
  await expect(failure).rejects.toThrow(`port ${port} of service api is taken by process ${process.pid}`)
  await new Promise((resolve) => squatter.close(resolve))
  expect(await urlOf(client)).toBe(`http://127.0.0.1:${port}`)
})

test('a state file that was torn is kept aside and its second copy is used', async () => {
  const client = clientOf()
  const id = await live(client, '1')
  await endDaemon(contextOf().runtime, state)
  const folder = join(cloud, 'services')
  const whole = await readFile(join(folder, 'state.json'), 'utf8')
  await writeFile(join(folder, 'state.json'), whole.slice(0, 100))
  await healthy(clientOf(), 'api', id)
  const aside = (await readdir(folder)).find((name) => name.startsWith('state.json.unreadable-'))
  expect(await readFile(join(folder, aside ?? ''), 'utf8')).toBe(whole.slice(0, 100))
})

test('where both copies cannot be read nothing starts, and both stay as they are', async () => {
  const client = clientOf()
  await live(client, '1')
  await endDaemon(contextOf().runtime, state)
  for (const name of ['state.json', 'state.copy.json']) await writeFile(join(cloud, 'services', name), '{')
  const failure = clientOf().services()
  await expect(failure).rejects.toMatchObject({ outcome: 'cannot-observe' })
  await expect(failure).rejects.toThrow('state.json and its second copy cannot be read')
  expect(await readFile(join(cloud, 'services/state.json'), 'utf8')).toBe('{')
})

test('a supervisor that cannot start at all gives the end of its log', async () => {
  const broken = new DaemonClient(contextOf(), [process.execPath, join(state, 'no-such-file.ts')])
  await expect(broken.services()).rejects.toThrow('Cannot find module')
})

test('another fixed port in sluice.yml starts the cloud again, and the service moves there', async () => {
  const client = clientOf()
  await live(client, '1')
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  const moved = clientOf([testService({ local: { port } })])
  await until(async () => (await moved.describe('api')).revisions[0]?.healthy === true)
  expect((await ask(`http://127.0.0.1:${port}/`)).body).toBe('1')
})

test('R5 the supervisor is not given credentials of the command, save those that a service asks for', () => {
  const other = {
    GITHUB_TOKEN: 'a',
    INPUT_X: 'b',
    GH_PAT: 'e',
    DATABASE_URL: 'f',
    STRIPE_KEY: 'g',
    npm_config__auth: 'h',
  }
  const env = { PATH: '/bin', TMDB_TOKEN: 'c', npm_config_registry: 'd', ...other }
  const { services } = contextOf([testService({ secrets: { TMDB_TOKEN: 'filmlens/tmdb' } })]).system
  expect(supervisorVariables(env, { services, workers: {} })).toEqual({
    PATH: '/bin',
    TMDB_TOKEN: 'c',
    npm_config_registry: 'd',
  })
})

test('R5 what a cloud holds is closed to other accounts of the machine', async () => {
  await mkdir(cloud, { recursive: true })
  await writeFile(join(cloud, 'secrets.json'), '{}', { mode: 0o644 })
  await live(clientOf(), '1')
  const modeOf = async (path: string) => (await stat(join(cloud, path))).mode & 0o077
  expect(await modeOf('.')).toBe(0o011)
  for (const name of ['jobs', 'logs', 'models', 'objects', 'services'])
    expect(await modeOf(name), name).toBe(0)
  for (const name of ['daemon.json', 'system.json', 'secrets.json', 'logs/daemon.log'])
    expect(await modeOf(name), name).toBe(0)
})
