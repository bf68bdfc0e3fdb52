import { expect, test } from 'vitest'
import { ComputeEngine } from '../../../world/cloud-world/http/run/compute.ts'
import type { Api } from '../../../world/cloud-world/http/run/door.ts'
import { CloudSql } from '../../../world/cloud-world/http/run/sql.ts'
import { PROJECT, type RunWorld, runWorld } from '../run-world.ts'

const LABELS = { 'sluice-system': 'films', 'sluice-worker': 'embed' }

interface Scene {
  readonly cloud: RunWorld
  readonly sql: CloudSql
  readonly compute: ComputeEngine
  pause(): Promise<readonly string[]>
  resume(): Promise<readonly string[]>
}

function scene(): Scene {
  // The door is opened with them, and they tell the time of its world.
  const late: { sql?: CloudSql } = {}
  const compute = new ComputeEngine(PROJECT)
  const sqlApi: Api = (...asked) => late.sql?.answer(...asked)
  const database = { kind: 'cloud-sql', port: 5432, name: 'films', secret: 's', host: '10.0.0.3' }
  const cloud = runWorld({
    apis: [sqlApi, compute.answer],
    targets: (targets) => ({
      ...targets,
      databases: {
        db: { ...database, id: 'films-test-db' },
        log: { ...database, id: 'films-test-log' },
        foreign: { ...database, kind: 'postgres', id: 'elsewhere' },
      },
      workers: {
        embed: {
          kind: 'gce-worker',
          project: PROJECT,
          location: 'europe-west1',
          template: 't',
          instances: LABELS,
        },
        lost: {
          kind: 'gce-worker',
          project: PROJECT,
          location: 'europe-west1',
          template: 't',
          instances: {},
        },
      },
    }),
  })
  const sql = new CloudSql(cloud.world.clock, PROJECT)
  late.sql = sql
  sql.servers.set('films-test-db', { state: 'RUNNABLE', policy: 'ALWAYS' })
  sql.servers.set('films-test-log', { state: 'RUNNABLE', policy: 'ALWAYS' })
  const { rest } = cloud.provider.operations
  if (rest === undefined) throw new Error('nothing else can be switched')
  return { cloud, sql, compute, pause: () => rest.pause(), resume: () => rest.resume() }
}

const policies = ({ sql }: Scene): readonly string[] => [...sql.servers.values()].map(({ policy }) => policy)

test('R22 the servers of databases are switched off by the setting that plans leave alone, and on again', async () => {
  const one = scene()
  expect(await one.pause()).toEqual(['db stopping', 'log stopping'])
  expect(policies(one)).toEqual(['NEVER', 'NEVER'])
  expect(await one.pause()).toEqual([])
  expect(await one.resume()).toEqual(['db started', 'log started'])
  expect(one.sql.runs('films-test-db')).toBe(true)
  expect(await one.resume()).toEqual([])
})

test('a server that is backing itself up is waited for, and one that begins to in between as well', async () => {
  const one = scene()
  one.sql.begin('films-test-db')
  let interfered = false
  one.cloud.world.faults.plan = (request) => {
    if (!interfered && request.startsWith('PATCH')) {
      interfered = true
      one.sql.begin('films-test-db')
      one.sql.begin('films-test-log')
    }
    return undefined
  }
  await one.pause()
  expect(policies(one)).toEqual(['NEVER', 'NEVER'])
})

test('R28 resume after a kill waits for the start that was begun before', async () => {
  const one = scene()
  await one.pause()
  await one.cloud.world.clock.sleep(10 * 60_000)
  const server = one.sql.servers.get('films-test-db')
  if (server === undefined) throw new Error('no server')
  server.policy = 'ALWAYS'
  one.sql.begin('films-test-db')
  expect(await one.resume()).toEqual(['log started'])
  expect(one.sql.runs('films-test-db')).toBe(true)
})

test('a server that failed, or is gone, is named with what to do', async () => {
  const one = scene()
  one.sql.servers.set('films-test-db', { state: 'FAILED', policy: 'ALWAYS' })
  await expect(one.pause()).rejects.toMatchObject({
    message: expect.stringContaining('database db is FAILED'),
  })
  one.sql.servers.delete('films-test-db')
  await expect(one.pause()).rejects.toMatchObject({ remedy: expect.stringContaining('sluice apply') })
})

test('R32 status shows the machines of each worker, those that cost for no reason with what is wrong, and no others', async () => {
  const one = scene()
  const zone = 'europe-west1-b'
  const { machines } = one.compute
  const { clock } = one.cloud.world
  await clock.sleep(3 * 3_600_000)
  const now = clock.now()
  const { rest } = one.cloud.provider.operations
  expect(await rest?.machines?.()).toEqual([
    { worker: 'embed', state: 'absent', machine: null, runs: 'nothing', since: null, trouble: null },
  ])
  const young = { zone, labels: LABELS, startedAt: now - 60_000, maxRunDuration: 3600 }
  machines.push({ ...young, name: 'a', status: 'RUNNING' })
  machines.push({ ...young, name: 'b', status: 'STAGING' })
  machines.push({ ...young, name: 'c', status: 'RUNNING', startedAt: now - 7_200_000 })
  machines.push({ zone: 'europe-west1-c', name: 'd', labels: LABELS, status: 'RUNNING', startedAt: now })
  machines.push({ ...young, name: 'e', status: 'TERMINATED' })
  machines.push({ ...young, name: 'f', status: 'SUSPENDED' })
  machines.push({ ...young, name: 'foreign', labels: { 'sluice-system': 'films' }, status: 'RUNNING' })
  const found = (await rest?.machines?.()) ?? []
  expect(found.map(({ machine, state, trouble }) => [machine, state, trouble])).toEqual([
    ['a', 'running', null],
    ['b', 'running', 'it boots'],
    ['c', 'running', 'it is older than it may become'],
    ['d', 'running', 'nothing ends it'],
    ['e', 'stopped', null],
    ['f', 'stopped', 'Compute Engine says SUSPENDED'],
  ])
  expect(found[0]).toMatchObject({
    worker: 'embed',
    runs: 'its script',
    since: now - 60_000,
    shell: `gcloud compute ssh a --project ${PROJECT} --zone ${zone} --tunnel-through-iap`,
  })
  expect(found[1]).not.toHaveProperty('shell')
})

test('machines of workers are stopped and started by their labels, and no others', async () => {
  const one = scene()
  const zone = 'europe-west1-b'
  const { machines } = one.compute
  for (const name of ['a', 'b', 'c']) machines.push({ zone, name, labels: LABELS, status: 'RUNNING' })
  machines.push({ zone: 'europe-west1-c', name: 'd', labels: LABELS, status: 'TERMINATED' })
  machines.push({ zone, name: 'foreign', labels: { 'sluice-system': 'films' }, status: 'RUNNING' })
  expect(await one.pause()).toEqual([
    ...['a', 'b', 'c'].map((name) => `embed ${name} stopping`),
    'db stopping',
    'log stopping',
  ])
  expect(machines.map(({ status }) => status)).toEqual([
    'STOPPING',
    'STOPPING',
    'STOPPING',
    'TERMINATED',
    'RUNNING',
  ])
  for (const machine of machines.slice(0, 3)) machine.status = 'TERMINATED'
  expect((await one.resume()).filter((text) => text.startsWith('embed'))).toHaveLength(4)
  expect(machines.map(({ status }) => status)).toEqual([...Array<string>(4).fill('STAGING'), 'RUNNING'])
})

test('R24 who may not switch is told so', async () => {
  const one = scene()
  one.cloud.world.faults.plan = (request) =>
    request.startsWith('PATCH')
      ? { kind: 'refuse', code: 'PERMISSION_DENIED', message: 'cloudsql.instances.update denied' }
      : undefined
  await expect(one.pause()).rejects.toMatchObject({ outcome: 'cannot-observe' })
})
