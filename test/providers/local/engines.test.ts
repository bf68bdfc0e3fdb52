import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { digestOf } from '../../../src/domain/digest.ts'
import type { System } from '../../../src/domain/system/system.ts'
import type { EmbeddedEngine, EngineEndpoint } from '../../../src/providers/local/engine.ts'
import { enginesFor } from '../../../src/providers/local/engines.ts'
import { openModels } from '../../../src/providers/local/models/index.ts'
import { openObjects } from '../../../src/providers/local/objects/object-store.ts'
import { nodeRuntime } from '../../../src/runtime/node/index.ts'
import { database } from './postgres/database.ts'

const root = join(import.meta.dirname, '../../..')
const runtime = nodeRuntime({ emit: () => {} }, { cancelled: new AbortController().signal })
const buckets = { data: { name: 'data', versioned: true, protect: false } }
let state = ''
let running: readonly EmbeddedEngine[] = []

beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'engines-'))
  await chmod(state, 0o755)
})
afterEach(async () => {
  for (const engine of running) await engine.stop()
  await rm(state, { recursive: true, force: true })
})

function engines(databases: System['databases']): readonly EmbeddedEngine[] {
  const environment = { name: 'local', cloud: 'local', nat: 'none', tags: {} } as const
  const kinds = {
    buckets,
    databases,
    tables: {},
    functions: {},
    apis: {},
    topics: {},
    caches: {},
    workers: {},
  }
  const system = { name: 'filmlens', environment, ...kinds } as unknown as System
  running = enginesFor({ runtime, system, root, state })
  return running
}

test('a system gets its objects, one engine a database, and its models', () => {
  const names = engines({ db: database(), other: database({ name: 'other' }) }).map((engine) => engine.name)
  expect(names).toEqual(['objects', 'database db', 'database other', 'models'])
})

test('a service reads its model by what its environment tells it: MLflow for the place, S3 for the bytes', async () => {
  const folder = join(state, 'cloud')
  const bytes = Buffer.from('{"weights":[1,2]}')
  const source = `s3://data/sluice/models/sentiment/${digestOf(bytes).slice(7)}/model.json`
  const objects = openObjects({
    folder: join(folder, 'objects'),
    fileRoots: [],
    buckets,
    clock: runtime.clock,
  })
  await objects.write(source, bytes)
  const models = openModels({ runtime, folder: join(folder, 'models') })
  await models.register({ name: 'sentiment', digest: digestOf(bytes), source, tags: {} })

  const env = variables(await start())
  const address = `${env['MLFLOW_TRACKING_URI']}/api/2.0/mlflow/model-versions/get?name=sentiment&version=1`
  const headers = { authorization: `Bearer ${env['MLFLOW_TRACKING_TOKEN']}` }
  const { model_version: version } = (await (await fetch(address, { headers })).json()) as {
    model_version: { source: string; tags: { key: string; value: string }[] }
  }
  const [, Bucket = '', Key = ''] = /^s3:\/\/([^/]+)\/(.*)$/.exec(version.source) ?? []
  const s3 = new S3Client({
    endpoint: env['AWS_ENDPOINT_URL_S3'] ?? '',
    region: env['AWS_REGION'] ?? '',
    credentials: {
      accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? '',
    },
  })
  const got = await (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToByteArray()
  s3.destroy()
  expect(version.tags).toContainEqual({ key: 'sluice.digest', value: digestOf(got ?? '') })
})

test('addresses and keys survive a restart, and what an SDK wrote is there in the port', async () => {
  const first = await start()
  const env = variables(first)
  expect(first[0]?.connections['data']).toEqual({ DATA_BUCKET: 'data', DATA_URI: 's3://data' })
  const s3 = new S3Client({
    endpoint: env['AWS_ENDPOINT_URL_S3'] ?? '',
    region: 'us-east-1',
    credentials: {
      accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? '',
    },
  })
  await s3.send(new PutObjectCommand({ Bucket: 'data', Key: 'x', Body: 'written by the SDK' }))
  s3.destroy()
  for (const engine of running) await engine.stop()
  expect(variables(await start())).toEqual(env)
  const objects = openObjects({
    folder: join(state, 'cloud', 'objects'),
    fileRoots: [],
    buckets,
    clock: runtime.clock,
  })
  expect((await objects.read('s3://data/x'))?.info.size).toBe(18)
})

async function start(): Promise<EngineEndpoint[]> {
  const endpoints: EngineEndpoint[] = []
  for (const engine of engines({})) endpoints.push(await engine.start())
  return endpoints
}

function variables(endpoints: readonly EngineEndpoint[]): Record<string, string> {
  return Object.assign({}, ...endpoints.map((endpoint) => endpoint.shared))
}

test('every kind that sluice.yml names gets its engine, and an environment without them starts none', () => {
  const environment = { name: 'local', cloud: 'local', nat: 'none', tags: {} } as const
  const kinds = {
    buckets: {},
    databases: {},
    tables: { t: {} },
    functions: { f: {} },
    apis: { a: { name: 'a', cors: false, routes: {} } },
    topics: { m: {} },
    caches: { c: { name: 'c', engine: 'valkey' } },
    workers: { w: { name: 'w', script: 'boot.sh' } },
  }
  const system = { name: 'filmlens', environment, ...kinds } as unknown as System
  const names = enginesFor({ runtime, system, root, state }).map((engine) => engine.name)
  expect(names).toEqual(['objects', 'tables', 'functions', 'workers', 'api a', 'topics', 'cache c', 'models'])
})
