import { mkdtemp, rm } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { targetsSchema } from '../../../../src/domain/stacks/targets.ts'
import type { System } from '../../../../src/domain/system/system.ts'
import { type ClientParts, composeCloud, localTargets } from '../../../../src/providers/local/cloud.ts'
import type { Provider } from '../../../../src/providers/provider.ts'
import { nodeRuntime } from '../../../../src/runtime/node/index.ts'
import {
  type OperatedHost,
  operationsContract,
  probedHostContract,
  serviceHostContract,
} from '../../../contract/service-host.ts'
import { testImage, testService } from '../services/containers.ts'

const entry = join(import.meta.dirname, 'fixtures/entry.ts')

const system = {
  name: 'demo',
  environment: { name: 'local', cloud: 'local', nat: 'none', tags: {} },
  images: { api: {} },
  services: { api: testService() },
  databases: { db: {} },
  buckets: { models: {} },
  functions: {},
  apis: {},
  workers: {},
  tables: {},
  topics: {},
  caches: {},
} as unknown as System

async function openCloud(state: string): Promise<Provider> {
  const runtime = nodeRuntime({ emit: () => {} }, { cancelled: new AbortController().signal }, state)
  const noParts = async () => ({}) as ClientParts
  return composeCloud({ runtime, system, root: state, state }, noParts, [process.execPath, entry])
}

const open = async (): Promise<OperatedHost> => {
  const state = await mkdtemp(join(tmpdir(), 'sluice-cloud-'))
  const cloud = await openCloud(state)
  return {
    services: cloud.services,
    operations: cloud.operations,
    image: async (behaviour, version) => testImage(behaviour, version),
    service: testService,
    request: async (service) => {
      const { url } = await cloud.services.describe(service)
      return ask(`${url}/`)
    },
    pause: () => wait(20),
    close: async () => {
      await cloud.machine?.stop()
      await rm(state, { recursive: true, force: true })
    },
  }
}

serviceHostContract('cloud local through its supervisor', open)
probedHostContract('cloud local through its supervisor', open)
operationsContract('cloud local through its supervisor', open)

test('the machine is started once, shows what runs, and is stopped once', async () => {
  const state = await mkdtemp(join(tmpdir(), 'sluice-cloud-'))
  const { machine, targets } = await openCloud(state)
  expect((await targets()).services['api']).toEqual({ kind: 'local-process', service: 'api' })
  expect(await machine?.stop()).toBe('absent')
  expect(await machine?.start()).toBe('started')
  const second = await openCloud(state)
  expect(await second.machine?.start()).toBe('running')
  expect(await second.machine?.endpoints()).toMatchObject([{ resource: 'mortal' }])
  expect((await second.targets()).services['api']).toMatchObject({
    url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:/),
  })
  expect(await second.machine?.stop()).toBe('stopped')
  expect(await machine?.stop()).toBe('absent')
  await rm(state, { recursive: true, force: true })
})

test('targets hold addresses and no password', () => {
  const connections = {
    db: { DB_HOST: '127.0.0.1', DB_PORT: '5433', DB_DATABASE: 'demo', DB_PASSWORD: 'canary' },
  }
  const targets = targetsSchema.parse(localTargets(system, '/c', { api: 'http://127.0.0.1:1' }, connections))
  expect(targets.databases['db']).toMatchObject({ host: '127.0.0.1', port: 5433, name: 'demo' })
  expect(targets.buckets).toEqual({ models: 's3://models' })
  expect(targets.ledger).toBe('file:///c/ledger')
  expect(JSON.stringify(targets)).not.toContain('canary')
})

function ask(url: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    httpRequest(url, { agent: false }, (incoming) => {
      text(incoming).then((body) => resolve({ status: incoming.statusCode ?? 0, body }), reject)
    })
      .once('error', reject)
      .end()
  })
}
