import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Database, System } from '../../src/domain/system/system.ts'
import type { ServiceStatus } from '../../src/providers/ports/services.ts'
import { monthly, runningCost } from '../../src/release/running-cost.ts'
import { image, service, shop } from '../world/cloud.ts'

const DATABASE: Database = {
  name: 'db',
  engine: 'postgres',
  version: '16',
  storage: 20 * 2 ** 30,
  names: ['shop'],
  highAvailability: false,
  backupDays: 7,
  protect: true,
}

function on(cloud: 'local' | 'aws' | 'gcp', region: string, changes: Partial<System> = {}): System {
  const environment = { name: 'test', cloud, region, nat: 'none', tags: {} } as const
  return shop({ environment, services: { api: service('api') }, ...changes })
}

function running(desired: number, state: ServiceStatus['state'] = 'running'): ServiceStatus {
  const revision = { id: 'r', release: null, image: image('api', 'v1'), models: [], weight: 100, desired }
  const rest = { running: desired, healthy: true, trouble: null, createdAt: 0 }
  return { service: 'api', state, url: null, revisions: [{ ...revision, ...rest }] }
}

const costOf = (system: System, statuses: readonly ServiceStatus[], stopped: readonly string[] = []) => {
  const cost = runningCost(system, { statuses, stopped })
  if (cost === undefined) throw new Error('no prices')
  return { ...cost, month: monthly(cost.lines.reduce((sum, { hourly }) => sum + hourly, 0)) }
}

test('copies of Fargate are vCPU and memory by the hour, and a paused service costs nothing', () => {
  const aws = on('aws', 'us-east-1')
  expect(costOf(aws, [running(2)]).month).toBeCloseTo(2 * (0.04048 + 0.004445) * 730, 6)
  expect(costOf(aws, [running(2, 'paused')]).lines).toEqual([])
})

test('a server that is switched off costs its disk alone, one with a standby twice', () => {
  const aws = (changes: Partial<Database>) =>
    on('aws', 'us-east-1', { databases: { db: { ...DATABASE, ...changes } } })
  const disk = 20 * 0.115
  expect(costOf(aws({}), []).month).toBeCloseTo(0.016 * 730 + disk, 6)
  expect(costOf(aws({}), [], ['db']).month).toBeCloseTo(disk, 6)
  expect(costOf(aws({ highAvailability: true }), []).month).toBeCloseTo(2 * (0.016 * 730 + disk), 6)
})

test('on Google Cloud a service that scales to nothing keeps no copy, and custom servers are priced by their parts', () => {
  const api = (min: number) => ({ api: service('api', { scale: { min, max: 3 } }) })
  expect(costOf(on('gcp', 'us-central1', { services: api(0) }), [running(1)]).lines).toEqual([])
  expect(costOf(on('gcp', 'us-central1', { services: api(1) }), [running(1)]).month).toBeCloseTo(
    (0.0648 + 0.0072) * 730,
    6,
  )
  const custom = { db: { ...DATABASE, class: 'db-custom-2-8192' } }
  expect(costOf(on('gcp', 'us-central1', { databases: custom }), []).month).toBeCloseTo(
    (2 * 0.0413 + 8 * 0.007) * 730 + 20 * 0.17,
    6,
  )
})

test('what has no price is named, never counted as free', () => {
  const system = on('gcp', 'europe-west1', {
    databases: { db: { ...DATABASE, class: 'db-perf-optimized-N-2' } },
    buckets: { models: { name: 'models', versioned: false, protect: true } },
  })
  expect(costOf(system, []).unpriced).toEqual(['database db', 'buckets'])
  expect(
    costOf(on('aws', 'us-east-1', { databases: { db: { ...DATABASE, class: 'constructor' } } }), []).unpriced,
  ).toEqual(['database db'])
})

test('this machine, and a region without prices, have no estimate', () => {
  const none = { statuses: [running(1)], stopped: [] }
  expect(runningCost(on('local', ''), none)).toBeUndefined()
  expect(runningCost(on('aws', 'eu-south-2'), none)).toBeUndefined()
  expect(runningCost(on('gcp', 'toString'), none)).toBeUndefined()
})

test('more copies never cost less, on either cloud', () => {
  fc.assert(
    fc.property(fc.constantFrom('aws', 'gcp'), fc.nat(50), fc.nat(50), (cloud, a, b) => {
      const system = on(cloud, cloud === 'aws' ? 'us-east-1' : 'us-central1')
      const [less = 0, more = 0] = [a, b].sort((x, y) => x - y)
      return costOf(system, [running(less)]).month <= costOf(system, [running(more)]).month
    }),
  )
})
