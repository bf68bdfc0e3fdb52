import { expect, test } from 'vitest'
import type { Request, World } from '../../../src/commands/command.ts'
import { down } from '../../../src/commands/down.ts'
import { type UpOptions, up } from '../../../src/commands/up.ts'
import { digestOf, imageReference } from '../../../src/domain/digest.ts'
import type { Machine } from '../../../src/providers/ports/machine.ts'
import type { ServiceStatus } from '../../../src/providers/ports/services.ts'
import type { Provider } from '../../../src/providers/provider.ts'
import { fakeRuntime } from '../../../src/runtime/fake/index.ts'

const FILE = `
system: demo
environments:
  local: { cloud: local }
images:
  api: { context: api }
services:
  api: { image: api, port: 8000, health: /health, scale: { min: 2, max: 2 } }
databases:
  db: { engine: postgres, version: "18", storage: 20GiB, names: [demo] }
buckets:
  models: {}
`

function serving(trouble: string | null): ServiceStatus {
  const revision = {
    id: 'r1',
    release: digestOf('1'),
    image: imageReference('api', digestOf('i')),
    models: [],
    weight: 100,
    desired: 2,
    running: 2,
    healthy: trouble === null,
    trouble,
    createdAt: 0,
  }
  return { service: 'api', state: 'running', url: 'http://127.0.0.1:8000', revisions: [revision] }
}

/** A machine that remembers what was asked of it, and services that go through these states. */
function world(states: readonly ServiceStatus[] = [serving(null)], running = false) {
  const runtime = fakeRuntime({ files: { '/project/sluice.yml': FILE } })
  const asked: string[] = []
  let looks = 0
  let standing = running
  const machine: Machine = {
    start: async () => {
      asked.push('start')
      const how = standing ? 'running' : 'started'
      standing = true
      return how
    },
    endpoints: async () => [{ url: 's3 at http://127.0.0.1:9000', resource: 'models' }],
    variables: async () => ({
      shared: { AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9000', AWS_SECRET_ACCESS_KEY: 'canary-key' },
      connections: {
        db: { DB_PASSWORD: "it's canary", DATABASE_URL: 'postgres://u:canary@127.0.0.1:5432/demo' },
      },
    }),
    stop: async () => {
      asked.push('stop')
      return standing ? 'stopped' : 'absent'
    },
  }
  const services = {
    describe: async () => {
      const status = states[Math.min(looks, states.length - 1)] ?? serving(null)
      looks += 1
      if (looks > states.length) runtime.cancel()
      return status
    },
  }
  const provider = { machine, services, close: async () => {} } as unknown as Provider
  const request: Request = { file: 'sluice.yml', environment: 'local', dryRun: false }
  return { runtime, request, asked, openProvider: async () => provider } satisfies World &
    Record<string, unknown>
}

const everything = (value: unknown): string => JSON.stringify(value)

test('up shows addresses and variables, stays until it is cancelled, and stops what it started', async () => {
  const here = world([serving(null), serving('exited with code 1'), serving(null)])
  const report = await up(here, {})
  expect(report).toMatchObject({ outcome: 'done', message: 'the cloud is down; its data stay' })
  expect(here.asked).toEqual(['start', 'stop'])
  const shown = everything(here.runtime.events)
  expect(shown).toContain('http://127.0.0.1:8000')
  expect(shown).toContain('AWS_ENDPOINT_URL_S3')
  const progress = here.runtime.events.filter((event) => event.kind === 'progress')
  expect(progress.map(({ state }) => state)).toEqual(['failed', 'done'])
})

test('a cloud that ran before goes on running after up has left it', async () => {
  const here = world([serving(null)], true)
  expect((await up(here, {})).message).toBe('left; the cloud stays up')
  expect(here.asked).toEqual(['start'])
})

test('--detach returns with the cloud up', async () => {
  const here = world()
  expect((await up(here, { detach: true })).message).toBe('the cloud is up')
  expect(here.asked).toEqual(['start'])
})

test('R5 passwords are shown only on request', async () => {
  const shown = async (options: UpOptions): Promise<string> => {
    const here = world()
    const report = await up(here, { detach: true, ...options })
    // A mask is how a door learns what to hide; it is never shown.
    return everything([here.runtime.events.filter(({ kind }) => kind !== 'mask'), report])
  }
  expect(await shown({})).not.toContain('canary')
  expect(await shown({})).toContain('postgres://u:[redacted]@127.0.0.1:5432/demo')
  expect(await shown({ showSecrets: true })).toContain('canary-key')
})

test('--export gives lines that a shell reads back as they are', async () => {
  const { data } = await up(world(), { export: true })
  expect(data['lines']).toEqual([
    'AWS_ENDPOINT_URL_S3=http://127.0.0.1:9000',
    'AWS_SECRET_ACCESS_KEY=canary-key',
    'DATABASE_URL=postgres://u:canary@127.0.0.1:5432/demo',
    "DB_PASSWORD='it'\\''s canary'",
  ])
})

test('--dry-run shows what would run and starts nothing', async () => {
  const here = world()
  const report = await up({ ...here, request: { ...here.request, dryRun: true } }, {})
  expect(here.asked).toEqual([])
  expect(report.data['plan']).toEqual([
    ['service', 'api', '2 processes, any free port'],
    ['database', 'db', 'postgres: demo'],
    ['bucket', 'models', 's3'],
  ])
})

test('down stops what runs, and says so where nothing did', async () => {
  const here = world([], true)
  expect((await down(here, {})).message).toBe('environment local is down; its data stay')
  expect((await down(world(), {})).message).toBe('environment local was not up')
  const dry = world([], true)
  await down({ ...dry, request: { ...dry.request, dryRun: true } }, {})
  expect(dry.asked).toEqual([])
})

test('a cloud elsewhere is neither started nor stopped from here', async () => {
  const elsewhere = world()
  const provider = { services: {}, close: async () => {} } as unknown as Provider
  const there: World = { ...elsewhere, openProvider: async () => provider }
  await expect(up(there, { detach: true })).rejects.toMatchObject({ outcome: 'usage' })
  await expect(down(there, {})).rejects.toMatchObject({ outcome: 'usage' })
})
