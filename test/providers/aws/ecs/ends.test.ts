import { afterEach, describe, expect, test } from 'vitest'
import { digestOf } from '../../../../src/domain/digest.ts'
import type { RolloutPolicy } from '../../../../src/domain/system/rollout-policy.ts'
import { type ClientOptions, rollOut, start } from '../../../world/client.ts'
import { image } from '../../../world/cloud.ts'
import type { TaskBehaviour } from '../../../world/cloud-world/http/ecs/behaviour.ts'
import {
  byImage,
  type EcsWorld,
  type EcsWorldOptions,
  ecsShop,
  openEcsWorld,
} from '../../../world/ecs-world.ts'
import { Wire } from '../../../world/faults.ts'

let world: EcsWorld
afterEach(() => world[Symbol.asyncDispose]())

const V1 = image('web', 'v1')
const V2 = image('web', 'v2')

/** A shop whose second version behaves like this; the first one is live when `live` says so. */
async function open(
  second: TaskBehaviour,
  options: EcsWorldOptions & { policy?: Partial<RolloutPolicy> } = {},
) {
  const { policy, ...rest } = options
  const system = ecsShop({ rollout: { ...ecsShop().rollout, ...policy } })
  world = await openEcsWorld({ system, behaviour: byImage([[V2, second]]), ...rest })
}

const roll = (content: string, options: ClientOptions = {}) =>
  rollOut(world, { system: world.system, content: { web: content }, commit: content, ...options })

/** v1 live, then v2; its report and how much was registered. */
async function replace(options: ClientOptions = {}) {
  expect((await roll('v1')).report.outcome).toBe('done')
  return (await roll('v2', options)).report
}

const ecs = () => world.door.api.service('shop-test-web')
const onRequest = (name: string, act: () => void, nth = 1): void => {
  let seen = 0
  world.door.faults = (request) => {
    if (request === name && ++seen === nth) act()
    return undefined
  }
}

describe('the ends of a rollout on ECS', () => {
  test.each<[RolloutPolicy['strategy'], readonly [number, ...number[]]]>([
    ['canary', [10, 100]],
    ['linear', [25, 50, 75, 100]],
    ['blue-green', [100]],
    ['rolling', [100]],
  ])(
    'R23 says deployed for %s once ECS says SUCCESSFUL and the tasks run the digest',
    async (strategy, steps) => {
      await open({}, { policy: { strategy, steps } })
      expect(await replace()).toMatchObject({ outcome: 'done' })
      expect(world.serves()).toBe(V2)
      expect(ecs().newest?.status).toBe('SUCCESSFUL')
      expect(world.deployments()).toBe(2)
    },
  )

  test('R23 moves the traffic through exactly the steps of sluice.yml', async () => {
    await open({}, { policy: { strategy: 'linear', steps: [25, 50, 75, 100] } })
    expect((await roll('v1')).report.outcome).toBe('done')
    const seen = new Set<number>()
    world.door.faults = () => {
      seen.add(ecs().newest?.weight ?? 0)
      return undefined
    }
    expect((await roll('v2')).report.outcome).toBe('done')
    expect([...seen].sort((a, b) => a - b)).toEqual([0, 25, 50, 75, 100])
  })

  test('R23 is not deployed when a task runs another digest than the release', async () => {
    await open({ runs: digestOf('something else') })
    expect(await replace()).toMatchObject({
      outcome: 'rolled-back',
      message: expect.stringMatching(/it runs .* instead of/),
    })
    expect(world.serves()).toBe(V1)
  })

  test('R23 is not deployed while fewer tasks run than are desired', async () => {
    await open({ startsIn: 3_600_000 })
    expect((await replace()).message).toMatch(/0 of 2 running/)
    expect(world.serves()).toBe(V1)
  })

  test('R23 is not deployed when a container is UNHEALTHY', async () => {
    await open({ unhealthy: true })
    const report = await replace()
    expect(report).toMatchObject({ outcome: 'rolled-back' })
    expect(report.message).toMatch(/UNHEALTHY/)
    expect(world.serves()).toBe(V1)
  })

  test('R23 rolled-back names the exit code of the tasks', async () => {
    await open({ startsIn: 2_000, fails: { exitCode: 137, reason: 'OutOfMemoryError' } })
    const report = await replace()
    expect(report).toMatchObject({ outcome: 'rolled-back' })
    expect(report.message).toMatch(/exited with code 137, OutOfMemoryError/)
    expect(world.serves()).toBe(V1)
  })

  test('R23 rolled-back names the image that could not be pulled', async () => {
    await open({ startsIn: 2_000, fails: { reason: 'CannotPullContainerError: manifest unknown' } })
    const report = await replace()
    expect(report).toMatchObject({ outcome: 'rolled-back' })
    expect(report.message).toMatch(/CannotPullContainerError/)
  })

  test('R23 rolled-back names what the load balancer got at the health path', async () => {
    await open({ startsIn: 2_000, answers: 502 })
    const report = await replace()
    expect(report).toMatchObject({ outcome: 'rolled-back' })
    expect(report.message).toMatch(/codes: \[502\]/)
  })

  test('R23 rolled-back when the copies end after their first traffic', async () => {
    await open({ diesAfter: 7_000 })
    const report = await replace()
    expect(report).toMatchObject({ outcome: 'rolled-back' })
    expect(report.message).toMatch(/code 137/)
    expect(world.serves()).toBe(V1)
  })

  test('R23 a rolling deployment that the circuit breaker takes back is rolled-back, with the reason', async () => {
    const policy = { strategy: 'rolling', steps: [100] } as const
    await open({ startsIn: 2_000, fails: { exitCode: 3, reason: '' } }, { policy })
    const report = await replace()
    expect(report).toMatchObject({ outcome: 'rolled-back' })
    expect(report.message).toMatch(/circuit breaker.*code 3/s)
    expect(world.serves()).toBe(V1)
  })

  test('R23 a rolling release that fails its checks after ECS was done goes back by a deployment of its own', async () => {
    const policy = { strategy: 'rolling', steps: [100] } as const
    await open({ diesAfter: 26_000 }, { policy })
    const report = await replace()
    expect(report).toMatchObject({ outcome: 'rolled-back' })
    expect(report.message).toMatch(/serves again, verified/)
    expect(world.serves()).toBe(V1)
    expect(world.deployments()).toBe(3)
  })

  test('R29 a failed rollback is told as that, whatever else happened', async () => {
    await open({ unhealthy: true })
    expect((await roll('v1')).report.outcome).toBe('done')
    world.door.api.rules.rollbackFails = true
    const { report } = await roll('v2')
    expect(report).toMatchObject({ outcome: 'rollback-failed' })
    expect(report.message).toMatch(/could not be restored/)
  })

  test('R29 the first release has nothing to go back to: nothing runs afterwards, and it is told as a failed rollback', async () => {
    await open({ startsIn: 2_000, fails: { exitCode: 1, reason: '' } })
    const { report } = await roll('v2')
    expect(report).toMatchObject({ outcome: 'rollback-failed' })
    expect(report.message).toMatch(/nothing served web before/)
    expect(ecs().desired).toBe(0)
  })

  test('R23 a deployment that somebody stops is not deployed; the release before is verified as serving', async () => {
    await open({})
    expect((await roll('v1')).report.outcome).toBe('done')
    onRequest(
      'ContinueServiceDeployment',
      () => {
        const { newest } = ecs()
        if (newest !== undefined) ecs().stop(newest, 'ABORT')
      },
      2,
    )
    const { report } = await roll('v2')
    expect(report).toMatchObject({ outcome: 'rolled-back' })
    expect(world.serves()).toBe(V1)
  })

  test('R23 a deployment that somebody rolls back is rolled-back', async () => {
    await open({})
    expect((await roll('v1')).report.outcome).toBe('done')
    world.door.faults = (request) => {
      const { newest } = ecs()
      if (request === 'ListTasks' && newest?.status === 'IN_PROGRESS') {
        ecs().rollBack(newest, 'the alarm 5xx went off')
      }
      return undefined
    }
    const { report } = await roll('v2')
    expect(report).toMatchObject({ outcome: 'rolled-back' })
    expect(report.message).toMatch(/alarm 5xx/)
    expect(world.serves()).toBe(V1)
  })

  test('R23 a newer deployment of somebody else is superseded, and stays', async () => {
    await open({})
    expect((await roll('v1')).report.outcome).toBe('done')
    const before = ecs().taskDefinition
    onRequest('ContinueServiceDeployment', () =>
      ecs().update({ taskDefinition: before, config: { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 0 } }),
    )
    const { report } = await roll('v2')
    expect(report.outcome).toBe('stale')
    expect(report.message).toMatch(/is not rolling out/)
    expect(ecs().taskDefinition).toBe(before)
  })

  test('R23 no-change: the digest is live already, and ECS gets no deployment', async () => {
    await open({})
    expect((await roll('v1')).report.outcome).toBe('done')
    const { report } = await roll('v1')
    expect(report).toMatchObject({ outcome: 'done' })
    expect(report.message).toMatch(/no change/)
    expect(world.deployments()).toBe(1)
    expect(world.registered()).toHaveLength(1)
  })

  test.each([
    [false, 'refused'],
    [true, 'done'],
  ])('R23 a service scaled to 0 is deployed-idle only with allow-zero (%s)', async (allowZero, outcome) => {
    await open({}, { policy: { allowZero } })
    expect((await roll('v1')).report.outcome).toBe('done')
    ecs().update({ desired: 0 })
    expect((await roll('v2')).report.outcome).toBe(outcome)
    expect(ecs().desired).toBe(0)
  })

  test('R23 timed-out: a deployment that never gets on is taken back', async () => {
    await open({ startsIn: 3_600_000 }, { policy: { startTimeout: 900_000, timeout: 120_000 } })
    const report = await replace()
    expect(report).toMatchObject({ outcome: 'timed-out' })
    expect(report.message).toMatch(/0 of 2 running/)
    expect(world.serves()).toBe(V1)
  })

  test('R23 a pause that nobody answers ends by itself, with the release before', async () => {
    await open({})
    expect((await roll('v1')).report.outcome).toBe('done')
    const wire = new Wire((request) =>
      request === 'ContinueServiceDeployment' ? { kind: 'kill', when: 'before' } : undefined,
    )
    const { ended } = await start(world, {
      system: world.system,
      content: { web: 'v2' },
      commit: 'v2',
      wire,
    })
    expect(await ended).toBe('killed')
    world.cloud.clock.advance(2 * 3_600_000)
    expect(world.serves()).toBe(V1)
    expect(ecs().newest?.status).toBe('ROLLBACK_SUCCESSFUL')
  })
})
