import { expect, test } from 'vitest'
import { digestOf } from '../../../src/domain/digest.ts'
import type { Observer } from '../../../src/providers/ports/observer.ts'
import { aService, type RunWorld, runWorld } from './run-world.ts'

const POLICY = 'projects/films-1/alertPolicies/4711'

function observed(): { readonly world: RunWorld; readonly observer: Observer } {
  const world = runWorld({ targets: (targets) => ({ ...targets, alarms: { 'api-5xx': POLICY } }) })
  const { observer } = world.provider
  if (observer === undefined) throw new Error('Google Cloud measures nothing')
  return { world, observer }
}

test('R31 an alarm is silent, raised, or has nothing to say', async () => {
  const { world, observer } = observed()
  const { monitoring } = world.door
  expect(await observer.alarm('api-5xx')).toBeUndefined()
  monitoring.policies.set(POLICY, { enabled: true })
  expect(await observer.alarm('api-5xx')).toBe('ok')
  monitoring.ringing.add('projects/films-1/alertPolicies/1')
  expect(await observer.alarm('api-5xx')).toBe('ok')
  monitoring.ringing.add(POLICY)
  expect(await observer.alarm('api-5xx')).toBe('alarm')
  monitoring.policies.set(POLICY, { enabled: false })
  expect(await observer.alarm('api-5xx')).toBe('insufficient-data')
  expect(await observer.alarm('unheard-of')).toBeUndefined()
})

test('R31 requests are those of one revision since then, its errors those with 5xx', async () => {
  const { world, observer } = observed()
  const { clock } = world.world
  const { monitoring } = world.door
  const image = world.image('1', {})
  const spec = { service: aService(), image, models: [], release: digestOf('1') }
  const id = await world.provider.services.stage(spec)
  monitoring.count(id, '2xx', 1000)
  await clock.sleep(10 * 60_000)
  const since = clock.now()
  expect(await observer.requests('api', id, since)).toBeUndefined()
  await clock.sleep(60_000)
  monitoring.count(id, '2xx', 90)
  monitoring.count(id, '5xx', 10)
  monitoring.count('films-test-api-other', '5xx', 50)
  await clock.sleep(60_000)
  expect(await observer.requests('api', id, since)).toEqual({ requests: 100, errors: 10 })
})

test('R31 how long requests took is that of one revision since then', async () => {
  const { world, observer } = observed()
  const { clock } = world.world
  const { monitoring } = world.door
  const spec = { service: aService(), image: world.image('1', {}), models: [], release: digestOf('1') }
  const id = await world.provider.services.stage(spec)
  for (let i = 0; i < 100; i++) monitoring.time(id, 9000)
  await clock.sleep(10 * 60_000)
  const since = clock.now()
  expect(await observer.latency('api', id, since)).toBeUndefined()
  await clock.sleep(60_000)
  for (let i = 0; i < 90; i++) monitoring.time(id, 100)
  for (let i = 0; i < 10; i++) monitoring.time(id, 800)
  for (let i = 0; i < 50; i++) monitoring.time('films-test-api-other', 5000)
  await clock.sleep(60_000)
  const found = await observer.latency('api', id, since)
  expect(found?.requests).toBe(100)
  // Between the bounds around 800 ms: 1.4 ** 19 and 1.4 ** 20.
  expect(found?.p95).toBeGreaterThan(597)
  expect(found?.p95).toBeLessThan(837)
})

test('R31 who may not look gets no answer that could be taken for silence', async () => {
  const { world, observer } = observed()
  world.door.monitoring.policies.set(POLICY, { enabled: true })
  world.world.faults.plan = () => ({
    kind: 'refuse',
    code: 'PERMISSION_DENIED',
    message: 'monitoring.alerts.list denied',
  })
  await expect(observer.alarm('api-5xx')).rejects.toMatchObject({ outcome: 'cannot-observe' })
})
