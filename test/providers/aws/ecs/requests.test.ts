import { afterEach, describe, expect, test } from 'vitest'
import { SluiceError } from '../../../../src/domain/error.ts'
import { rollOut, start } from '../../../world/client.ts'
import { image } from '../../../world/cloud.ts'
import { type EcsWorld, ecsShop, openEcsWorld } from '../../../world/ecs-world.ts'

let world: EcsWorld
afterEach(() => world[Symbol.asyncDispose]())

const V1 = image('web', 'v1')

/** A shop on ECS with v1 live. */
async function live(): Promise<void> {
  const { rollout } = ecsShop()
  world = await openEcsWorld({
    system: ecsShop({ rollout: { ...rollout, startTimeout: 900_000, timeout: 1_800_000 } }),
  })
  expect((await roll('v1')).outcome).toBe('done')
  world.door.requests.length = 0
}

/** How a rollout ends, whether it got as far as a report or not. */
async function roll(content: string) {
  try {
    const { report } = await rollOut(world, {
      system: world.system,
      content: { web: content },
      commit: content,
    })
    return report
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error
    const { outcome, message, remedy } = error
    return { outcome, message, remedy }
  }
}

const refuse = (code: string, status = 400) => ({ kind: 'answer', status, code }) as const
const ecs = () => world.door.api.service('shop-test-web')
const minutes = (n: number): number => n * 60_000

describe('what ECS refuses', () => {
  test.each([1, 15, 50])(
    'R24 a permission that is missing from poll %s on ends the wait at once',
    async (from) => {
      await live()
      world.door.faults = (_, n) => (n >= from ? refuse('AccessDeniedException') : undefined)
      const report = await roll('v2')
      expect(report.outcome).toBe('cannot-observe')
      expect(report.message).toMatch(/AccessDenied/)
      expect(report.remedy).toMatch(/permission|operate status/)
      // What is left of the requests is the way back, which is refused as well.
      expect(world.door.requests.length).toBeLessThanOrEqual(from + 4)
    },
  )

  test.each(['ExpiredTokenException', 'UnrecognizedClientException', 'InvalidSignatureException'])(
    'R24 %s in the middle of the wait is cannot-observe, and never success',
    async (code) => {
      await live()
      world.door.faults = (_, n) => (n >= 12 ? refuse(code) : undefined)
      expect(await roll('v2')).toMatchObject({ outcome: 'cannot-observe' })
    },
  )

  test('R24 after a login the same command goes on with the deployment that was left', async () => {
    await live()
    world.door.faults = (_, n) => (n >= 14 ? refuse('ExpiredTokenException') : undefined)
    expect((await roll('v2')).outcome).toBe('cannot-observe')
    expect(ecs().newest?.finishedAt).toBeNull()
    world.door.faults = () => undefined
    expect((await roll('v2')).outcome).toBe('done')
    expect(world.deployments()).toBe(2)
    expect(world.registered()).toHaveLength(2)
  })

  test('R24 one expired request is asked again with the credentials of then', async () => {
    await live()
    world.door.faults = (_, n) => (n === 14 ? refuse('ExpiredTokenException') : undefined)
    expect((await roll('v2')).outcome).toBe('done')
  })

  test.each([
    ['ClusterNotFoundException', /sluice apply/],
    ['ServiceNotFoundException', /sluice apply/],
    ['InvalidParameterException', /objects to/],
  ])('R24 %s is told with what to do', async (code, remedy) => {
    await live()
    world.door.faults = () => refuse(code)
    const report = await world
      .services()
      .describe('web')
      .catch((error: unknown) => error)
    expect(report).toMatchObject({ outcome: 'cannot-observe', remedy: expect.stringMatching(remedy) })
  })

  test('R24 a service without a target is told before anything is asked', async () => {
    await live()
    await expect(world.services().describe('ghost')).rejects.toMatchObject({ outcome: 'usage' })
    expect(world.door.requests).toHaveLength(0)
  })
})

describe('answers that say nothing', () => {
  const body = (value: object) => ({ kind: 'body', body: JSON.stringify(value) }) as const
  const described = (change: object) => ({
    services: [
      {
        status: 'ACTIVE',
        desiredCount: 2,
        runningCount: 2,
        taskDefinition: ecs().taskDefinition,
        ...change,
      },
    ],
  })
  const deployment = (rest: object) => ({
    status: 'PRIMARY',
    taskDefinition: ecs().taskDefinition,
    desiredCount: 2,
    runningCount: 2,
    rolloutState: 'COMPLETED',
    ...rest,
  })

  test.each<[string, () => object]>([
    ['services: []', () => ({ services: [], failures: [{ reason: 'MISSING' }] })],
    ['an empty object', () => ({})],
    ['a service that is DRAINING', () => described({ status: 'DRAINING' })],
    ['two services', () => ({ services: [...described({}).services, ...described({}).services] })],
    ['two PRIMARY deployments', () => described({ deployments: [deployment({}), deployment({})] })],
    ['an unknown rollout state', () => described({ deployments: [deployment({ rolloutState: 'HAPPY' })] })],
  ])('R23 %s is cannot-observe', async (_, answer) => {
    await live()
    const said = answer()
    world.door.faults = (name) => (name === 'DescribeServices' ? body(said) : undefined)
    await expect(world.services().describe('web')).rejects.toMatchObject({ outcome: 'cannot-observe' })
  })

  test('R23 a status of a deployment that this version does not know is never success', async () => {
    await live()
    const newest = ecs().newest
    if (newest !== undefined) newest.status = 'SUCCESSFUL_MOSTLY'
    await expect(world.services().describe('web')).rejects.toMatchObject({ outcome: 'cannot-observe' })
    await expect(world.services().shift('web', ecs().taskDefinition, 100)).rejects.toMatchObject({
      outcome: 'cannot-observe',
    })
  })

  test('R23 a rollout state of COMPLETED with nothing running is not deployed', async () => {
    await live()
    const said = described({ runningCount: 0, deployments: [deployment({ runningCount: 0 })] })
    world.door.faults = (name) => (name === 'DescribeServices' ? body(said) : undefined)
    const status = await world.services().describe('web')
    expect(status.state).toBe('rolling')
    expect(status.revisions[0]?.healthy).toBe(false)
  })
})

describe('a server that fails', () => {
  test('R25 half of an answer with status 200 is asked for again', async () => {
    await live()
    world.door.faults = (name, n) =>
      n % 5 === 0 && /^(Describe|List)/.test(name) ? { kind: 'truncated' } : undefined
    expect((await roll('v2')).outcome).toBe('done')
    expect(world.deployments()).toBe(2)
  })

  test('R25 an error 500 now and then is borne', async () => {
    await live()
    world.door.faults = (_, n) => (n % 6 === 0 ? refuse('ServerException', 500) : undefined)
    expect((await roll('v2')).outcome).toBe('done')
    expect(world.deployments()).toBe(2)
  })

  test.each(['hang', 'drip'] as const)(
    'R25 a server that begins to %s ends the wait at the deadline, not later',
    async (kind) => {
      await live()
      const begin = world.loopback.now()
      world.door.faults = (_, n) => (n >= 12 ? { kind } : undefined)
      const report = await roll('v2')
      expect(['timed-out', 'rollback-failed', 'cannot-observe']).toContain(report.outcome)
      const { timeout } = world.system.rollout
      const patience = world.services().pace?.patience ?? 0
      expect(world.loopback.now() - begin).toBeLessThan(timeout + 2 * patience)
      expect(report.outcome).not.toBe('done')
    },
  )

  test('R25 one request that hangs is given up after 30 s and made again', async () => {
    await live()
    world.door.faults = (name, n) => (n >= 10 && name === 'DescribeServices' && !hung ? hang() : undefined)
    let hung = false
    const hang = () => {
      hung = true
      return { kind: 'hang' } as const
    }
    expect((await roll('v2')).outcome).toBe('done')
    expect(hung).toBe(true)
  })
})

describe('throttling', () => {
  /** The most requests of any window of this many milliseconds. */
  const peak = (window: number): number => {
    const times = world.door.requests.map(({ at }) => at)
    return Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + window).length))
  }

  test.each([1, 8, 20, 40])(
    'R26 ten minutes of nothing but throttling from request %s on are survived, and the requests stay few',
    async (from) => {
      await live()
      let begin = Number.POSITIVE_INFINITY
      world.door.faults = (_, n) => {
        if (n === from) begin = world.loopback.now()
        return n >= from && world.loopback.now() < begin + minutes(10)
          ? refuse('ThrottlingException')
          : undefined
      }
      expect((await roll('v2')).outcome).toBe('done')
      const during = world.door.requests.filter(({ at }) => at >= begin && at < begin + minutes(10))
      expect(during.length).toBeGreaterThan(10)
      expect(during.length).toBeLessThan(120)
      expect(peak(1_000)).toBeLessThanOrEqual(40 + 10)
      expect(world.serves()).not.toBe(V1)
    },
  )

  test('R26 the pauses between refused requests are drawn from the whole range', async () => {
    await live()
    const until = world.loopback.now() + minutes(10)
    world.door.faults = () => (world.loopback.now() < until ? refuse('ThrottlingException') : undefined)
    await world.services().describe('web')
    const times = world.door.requests.filter(({ at }) => at < until).map(({ at }) => at)
    const pauses = times.slice(1).map((at, index) => at - (times[index] ?? at))
    expect(Math.max(...pauses)).toBeLessThanOrEqual(20_000)
    expect(pauses.filter((pause) => pause < 5_000).length).toBeGreaterThan(3)
    expect(pauses.filter((pause) => pause > 12_000).length).toBeGreaterThan(3)
  })

  test('R26 Retry-After is obeyed', async () => {
    await live()
    world.door.faults = (_, n) =>
      n === 1 ? { kind: 'answer', status: 429, code: 'TooManyRequestsException', retryAfter: 90 } : undefined
    await world.services().describe('web')
    const [first, second] = world.door.requests
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(90_000)
  })

  test('R26 a client that is asked for more than it may keeps to its rate', async () => {
    await live()
    const host = world.services()
    await Promise.all(Array.from({ length: 80 }, () => host.describe('web')))
    expect(peak(1_000)).toBeLessThanOrEqual(40 + 10)
    expect(peak(10_000)).toBeLessThanOrEqual(40 + 100)
  })

  test('R26 throttling that does not end is told, not waited for for ever', async () => {
    await live()
    world.door.faults = () => refuse('ThrottlingException')
    const begin = world.loopback.now()
    await expect(world.services().describe('web')).rejects.toMatchObject({
      outcome: 'external',
      whose: 'service',
    })
    expect(world.loopback.now() - begin).toBeLessThan(minutes(16))
  })
})

describe('one rollout at a time', () => {
  test('R30 of two rollouts of one service one is refused, and ECS sees one deployment', async () => {
    await live()
    const first = await start(world, { system: world.system, content: { web: 'v2' }, commit: 'v2' })
    const second = await start(world, { system: world.system, content: { web: 'v3' }, commit: 'v3' })
    const ended = await Promise.allSettled([first.ended, second.ended])
    const outcomes = ended.map(
      (one) => (one.status === 'fulfilled' ? one.value : one.reason).outcome as string,
    )
    expect(outcomes.toSorted()).toEqual(['done', 'locked'])
    expect(world.deployments()).toBe(2)
  })
})
