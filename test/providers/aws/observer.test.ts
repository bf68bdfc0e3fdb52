import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { digestOf } from '../../../src/domain/digest.ts'
import type { Check, RolloutPolicy } from '../../../src/domain/system/rollout-policy.ts'
import type { EcsServices } from '../../../src/providers/aws/services/host.ts'
import type { Observer } from '../../../src/providers/ports/observer.ts'
import { rollOut } from '../../world/client.ts'
import { image, service } from '../../world/cloud.ts'
import { BALANCER, type EcsWorld, ecsShop, openEcsWorld, targetGroup } from '../../world/ecs-world.ts'

const ALARM: Check = { kind: 'alarm', alarm: 'web-5xx' }
const ERRORS: Check = { kind: 'error-rate', margin: 0.02, minRequests: 50, alpha: 0.05 }
const LATENCY: Check = { kind: 'latency', p95: 400, minRequests: 50 }
const V1 = image('web', 'v1')
const V2 = image('web', 'v2')

let world: EcsWorld
afterEach(() => world[Symbol.asyncDispose]())

const metric = (name: string, colour: 'blue' | 'green') => ({
  namespace: 'AWS/ApplicationELB',
  name,
  dimensions: { TargetGroup: targetGroup('web', colour), LoadBalancer: BALANCER },
})

describe('what CloudWatch says', () => {
  let services: EcsServices
  let observer: Observer
  beforeEach(async () => {
    world = await openEcsWorld()
    services = world.services()
    observer = world.observer(services)
  })

  const staged = async (version: string): Promise<string> =>
    services.stage({
      service: world.system.services['web'] ?? service('web'),
      image: image('web', version),
      models: [],
      release: digestOf(version),
    })
  const live = async (version: string): Promise<string> => {
    const id = await staged(version)
    await services.shift('web', id, 100)
    await services.settle('web', id)
    return id
  }
  const minute = (): Promise<void> => world.loopback.sleep(60_000)

  test('R31 an alarm is silent, raised, or has nothing to say, and is asked by the name that apply gave it', async () => {
    expect(await observer.alarm('web-5xx')).toBeUndefined()
    world.watch.alarm('shop-test-web-5xx', 'INSUFFICIENT_DATA')
    expect(await observer.alarm('web-5xx')).toBe('insufficient-data')
    world.watch.alarm('shop-test-web-5xx', 'OK')
    expect(await observer.alarm('web-5xx')).toBe('ok')
    world.watch.alarm('shop-test-web-5xx', 'ALARM')
    expect(await observer.alarm('web-5xx')).toBe('alarm')
    world.watch.alarm('of-the-team', 'OK')
    expect(await observer.alarm('of-the-team')).toBe('ok')
    expect(await observer.alarm('unheard-of')).toBeUndefined()
  })

  test('R31 requests are those of one revision since then, its errors those with 5xx and those that it did not take', async () => {
    const first = await live('v1')
    const second = await staged('v2')
    const since = world.loopback.now()
    expect(await observer.requests('web', second, since)).toBeUndefined()
    await minute()
    const serving = world.door.api.service('shop-test-web').newest?.source?.alternate ? 'green' : 'blue'
    const next = serving === 'green' ? 'blue' : 'green'
    world.watch.count(metric('RequestCount', serving), 900)
    world.watch.count(metric('RequestCount', next), 100)
    world.watch.count(metric('HTTPCode_Target_5XX_Count', next), 7)
    await minute()
    world.watch.count(metric('RequestCount', next), 20)
    world.watch.count(metric('TargetConnectionErrorCount', next), 3)
    await minute()
    expect(await observer.requests('web', second, since)).toEqual({ requests: 120, errors: 10 })
    expect(await observer.requests('web', first, since)).toEqual({ requests: 900, errors: 0 })
  })

  test('R31 how long requests took is that of one revision, over the whole time that CloudWatch tells as one', async () => {
    await live('v1')
    const second = await staged('v2')
    await world.loopback.sleep(240_000 - (world.loopback.now() % 240_000))
    const since = world.loopback.now()
    expect(await observer.latency('web', second, since)).toBeUndefined()
    const serving = world.door.api.service('shop-test-web').newest?.source?.alternate ? 'green' : 'blue'
    const next = serving === 'green' ? 'blue' : 'green'
    for (let i = 0; i < 4; i++) {
      for (let n = 0; n < 25; n++) world.watch.count(metric('TargetResponseTime', serving), 3)
      // Slow ones come in one minute alone: no minute's own percentile is that of all.
      for (let n = 0; n < 25; n++) {
        world.watch.count(metric('TargetResponseTime', next), i === 3 && n < 6 ? 0.9 : 0.2)
      }
      await minute()
    }
    expect(await observer.latency('web', second, since)).toEqual({ requests: 100, p95: 900 })
    expect(await observer.latency('web', 'arn:of-somebody-else', since)).toBeUndefined()
  })

  test('R31 every page of the counts is read', async () => {
    const id = await live('v1')
    const since = world.loopback.now()
    world.watch.page = 2
    for (let i = 0; i < 5; i++) {
      world.watch.count(metric('RequestCount', 'green'), 10)
      await minute()
    }
    expect(await observer.requests('web', id, since)).toEqual({ requests: 50, errors: 0 })
  })

  test.each(['InternalError', 'Forbidden', 'SomethingNew'])(
    'R31 counts of which CloudWatch says %s are no counts',
    async (status) => {
      const id = await live('v1')
      world.watch.count(metric('RequestCount', 'green'), 10)
      await minute()
      world.watch.status = status
      await expect(observer.requests('web', id, 0)).rejects.toMatchObject({ outcome: 'external' })
    },
  )

  test('R31 who may not look gets no answer that could be taken for silence', async () => {
    world.watch.faults = () => ({ kind: 'answer', status: 403, code: 'AccessDeniedException' })
    await expect(observer.alarm('web-5xx')).rejects.toMatchObject({
      outcome: 'cannot-observe',
      remedy: expect.stringContaining('cloudwatch:DescribeAlarms'),
    })
    const id = await live('v1')
    await expect(observer.requests('web', id, 0)).rejects.toMatchObject({
      outcome: 'cannot-observe',
      remedy: expect.stringContaining('cloudwatch:GetMetricData'),
    })
  })

  test('R31 a revision that nobody knows, and one inside of the cluster, have no counts', async () => {
    await live('v1')
    expect(await observer.requests('web', 'arn:of-somebody-else', 0)).toBeUndefined()
    expect(world.watch.requests).toEqual([])
  })
})

describe('checks of CloudWatch while baking', () => {
  const open = async (check: Check, policy: Partial<RolloutPolicy> = {}) => {
    const { rollout } = ecsShop()
    const checks = { checks: [check], bake: 300_000, timeout: 3_600_000 }
    world = await openEcsWorld({ system: ecsShop({ rollout: { ...rollout, ...checks, ...policy } }) })
  }
  const roll = async (content: string) =>
    (await rollOut(world, { system: world.system, content: { web: content }, commit: content })).report

  /** Users who ask so often a second, and get an error so often of each image. */
  const users = (perSecond: number, errors: Readonly<Record<string, number>>): void => {
    let last = world.loopback.now()
    world.door.faults = () => {
      const now = world.loopback.now()
      const asked = Math.floor((perSecond * (now - last)) / 1000)
      if (asked === 0) return undefined
      last = now
      const { newest } = world.door.api.service('shop-test-web')
      const shares = Object.entries(world.door.api.service('shop-test-web').copies.traffic())
      for (const [taskDefinition, weight] of shares) {
        const part = [newest?.target, newest?.source].find((one) => one?.taskDefinition === taskDefinition)
        const colour = part?.alternate ? 'green' : 'blue'
        const count = Math.round((asked * weight) / 100)
        const failed = Math.round(count * (errors[world.imageOf(taskDefinition)] ?? 0))
        world.watch.count(metric('RequestCount', colour), count)
        if (failed > 0) world.watch.count(metric('HTTPCode_Target_5XX_Count', colour), failed)
      }
      return undefined
    }
  }

  /** Users whose requests take so long of each image, seconds. */
  const waiting = (perSecond: number, takes: Readonly<Record<string, number>>): void => {
    let last = world.loopback.now()
    world.door.faults = () => {
      const now = world.loopback.now()
      const asked = Math.floor((perSecond * (now - last)) / 1000)
      if (asked === 0) return undefined
      last = now
      const { newest, copies } = world.door.api.service('shop-test-web')
      for (const [taskDefinition, weight] of Object.entries(copies.traffic())) {
        const part = [newest?.target, newest?.source].find((one) => one?.taskDefinition === taskDefinition)
        const took = takes[world.imageOf(taskDefinition)] ?? 0
        for (let n = 0; n < Math.round((asked * weight) / 100); n++) {
          world.watch.count(metric('TargetResponseTime', part?.alternate ? 'green' : 'blue'), took)
        }
      }
      return undefined
    }
  }

  test.each([
    [0.3, 'done', /live/],
    [0.6, 'rolled-back', /latency.*failed.*p95 600 ms of \d+ requests, 400 ms allowed/s],
  ] as const)('R31 a release whose real requests take %s s ends as %s', async (seconds, outcome, message) => {
    await open(LATENCY)
    waiting(4, { [V1]: 0.2, [V2]: seconds })
    expect(await roll('v1')).toMatchObject({ outcome: 'done' })
    expect(await roll('v2')).toMatchObject({ outcome, message: expect.stringMatching(message) })
    expect(world.serves()).toBe(outcome === 'done' ? V2 : V1)
  })

  test('R31 too few requests were timed to say how long they take, and that goes back', async () => {
    await open(LATENCY)
    waiting(4, { [V1]: 0.2 })
    expect(await roll('v1')).toMatchObject({ outcome: 'done' })
    waiting(0.05, { [V2]: 0.1 })
    expect(await roll('v2')).toMatchObject({
      outcome: 'rolled-back',
      message: expect.stringMatching(/latency.*inconclusive/s),
    })
    expect(world.serves()).toBe(V1)
  })

  test('R31 a release that fails no more often than the one before goes live', async () => {
    await open(ERRORS)
    users(40, { [V1]: 0.01, [V2]: 0.01 })
    expect(await roll('v1')).toMatchObject({ outcome: 'done' })
    expect(await roll('v2')).toMatchObject({ outcome: 'done' })
    expect(world.serves()).toBe(V2)
  })

  test('R31 a release that fails more often goes back, with both rates', async () => {
    await open(ERRORS)
    users(40, { [V1]: 0.01, [V2]: 0.15 })
    expect(await roll('v1')).toMatchObject({ outcome: 'done' })
    expect(await roll('v2')).toMatchObject({
      outcome: 'rolled-back',
      message: expect.stringMatching(/error-rate.*failed.*errors 1[3-7]\.\d+ % against [01]\.\d+ %/s),
    })
    expect(world.serves()).toBe(V1)
  })

  test('R31 too few requests are inconclusive, and inconclusive goes back', async () => {
    await open(ERRORS)
    users(40, {})
    expect(await roll('v1')).toMatchObject({ outcome: 'done' })
    users(0.05, {})
    expect(await roll('v2')).toMatchObject({
      outcome: 'rolled-back',
      message: expect.stringMatching(/inconclusive.*requests/s),
    })
    expect(world.serves()).toBe(V1)
  })

  test.each([
    ['OK', 'done', /live/],
    ['ALARM', 'rolled-back', /"alarm web-5xx" failed/],
    ['INSUFFICIENT_DATA', 'rolled-back', /"alarm web-5xx" is inconclusive/],
  ] as const)('R31 an alarm that is %s ends a rollout as %s', async (state, outcome, message) => {
    await open(ALARM)
    world.watch.alarm('shop-test-web-5xx', 'OK')
    expect(await roll('v1')).toMatchObject({ outcome: 'done' })
    world.watch.alarm('shop-test-web-5xx', state)
    const report = await roll('v2')
    expect(report).toMatchObject({ outcome, message: expect.stringMatching(message) })
    expect(world.serves()).toBe(outcome === 'done' ? V2 : V1)
  })

  test('R31 an alarm that nobody made is inconclusive', async () => {
    await open({ kind: 'alarm', alarm: 'of-nobody' })
    expect((await roll('v1')).message).toMatch(/inconclusive/)
  })

  test('R31 CloudWatch that cannot be asked any more is cannot-observe, and never a pass', async () => {
    await open(ALARM)
    world.watch.alarm('shop-test-web-5xx', 'OK')
    expect(await roll('v1')).toMatchObject({ outcome: 'done' })
    world.watch.faults = () => ({ kind: 'answer', status: 400, code: 'ExpiredTokenException' })
    expect(await roll('v2')).toMatchObject({ outcome: 'cannot-observe' })
    expect(world.serves()).toBe(V1)
  })
})
