import { afterEach, describe, expect, test } from 'vitest'
import { parseImageReference } from '../../../../src/domain/digest.ts'
import { SluiceError } from '../../../../src/domain/error.ts'
import { type ClientOptions, rollOut } from '../../../world/client.ts'
import { image } from '../../../world/cloud.ts'
import { type EcsWorld, type EcsWorldOptions, ecsShop, openEcsWorld } from '../../../world/ecs-world.ts'

let world: EcsWorld
let other: EcsWorld | undefined
afterEach(async () => {
  await world[Symbol.asyncDispose]()
  await other?.[Symbol.asyncDispose]()
  other = undefined
})

const V1 = image('web', 'v1')
const V2 = image('web', 'v2')

/** How v2 ends where v1 is live, and `during` happens at a request of v2. */
async function replace(
  during: (request: string, number: number) => void,
  options: EcsWorldOptions & Pick<ClientOptions, 'during'> = {},
) {
  world = await openEcsWorld(options)
  const roll = (content: string, more: ClientOptions = {}) =>
    rollOut(world, { system: world.system, content: { web: content }, commit: content, ...more })
  expect((await roll('v1')).report.outcome).toBe('done')
  world.door.requests.length = 0
  world.door.faults = (request, number) => {
    during(request, number)
    return undefined
  }
  try {
    return (await roll('v2', options.during === undefined ? {} : { during: options.during })).report
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error
    return error
  }
}

describe('credentials that change in the middle of a rollout', () => {
  test.each([
    ['account', 2],
    ['account', 5],
    ['account', 7],
    ['account', 12],
    ['account', 25],
    ['region', 5],
    ['region', 7],
    ['region', 12],
  ])(
    'R24 R30 another %s from request %s on, with a service of the same name: nothing is deployed there, and nothing is said to be',
    async (what, from) => {
      other = await openEcsWorld(what === 'account' ? { account: '333333333333' } : { region: 'eu-west-1' })
      const { api } = other.door
      const report = await replace((_, number) => {
        if (number >= from) world.door.elsewhere = api
      })
      expect(report).toMatchObject({ outcome: 'cannot-observe' })
      // Once something is under way, what the other place shows says nothing of it: not that nothing had been moved either.
      if (from >= 7)
        expect(report.message).toMatch(/service shop-test-web is arn:\S+ now, and the service was/)
      expect(other.deployments()).toBe(0)
      expect(api.service('shop-test-web').desired).toBe(0)
    },
  )

  test('R24 an account without such a cluster is cannot-observe, and the rollout goes on with the right one', async () => {
    other = await openEcsWorld({ account: '333333333333' })
    for (const { key } of other.cloud.store.list('aws_ecs_cluster'))
      other.cloud.store.remove('aws_ecs_cluster', key)
    const { api } = other.door
    const report = await replace((_, number) => {
      if (number >= 14) world.door.elsewhere = api
    })
    expect(report).toMatchObject({ outcome: 'cannot-observe' })
    expect(report.remedy).toMatch(/account|operate status/)
    world.door.faults = () => undefined
    world.door.elsewhere = undefined
    const again = await rollOut(world, { system: world.system, content: { web: 'v2' }, commit: 'v2' })
    expect(again.report.outcome).toBe('done')
    expect(world.deployments()).toBe(2)
  })
})

describe('images that change in the middle of a rollout', () => {
  test('R27 every container is named by digest, so a tag that is moved meanwhile changes nothing', async () => {
    expect(await replace(() => {})).toMatchObject({ outcome: 'done' })
    const registered = world.door.requests.filter(({ name }) => name === 'RegisterTaskDefinition')
    expect(registered.length).toBeGreaterThan(0)
    for (const { input } of registered) {
      const { containerDefinitions } = input as { containerDefinitions: readonly { image: string }[] }
      for (const { image: named } of containerDefinitions)
        expect(parseImageReference(named)?.digest).toBeDefined()
    }
    expect(world.serves()).toBe(V2)
  })

  test('R29 an image that is deleted before its copies start brings the release before back, with the reason', async () => {
    let isDeleted = false
    const gone = { startsIn: 5_000, fails: { reason: 'CannotPullContainerError: manifest unknown' } }
    const report = await replace(
      (request) => {
        if (request === 'UpdateService') isDeleted = true
      },
      { behaviour: (reference) => (reference === V2 && isDeleted ? gone : {}) },
    )
    expect(report).toMatchObject({ outcome: 'rolled-back' })
    expect(report.message).toMatch(/CannotPullContainerError/)
    expect(world.serves()).toBe(V1)
  })

  test('R29 the image of the release before that is deleted meanwhile: a rollback that finds no copies is told as a failed one', async () => {
    const policy = { ...ecsShop().rollout, strategy: 'rolling' as const, steps: [100] as [number] }
    const system = ecsShop({ rollout: { ...policy, checks: [{ kind: 'alarm', alarm: 'web-5xx' }] } })
    let isDeleted = false
    const gone = { startsIn: 5_000, fails: { reason: 'CannotPullContainerError: manifest unknown' } }
    world = await openEcsWorld({
      system,
      behaviour: (reference) => (reference === V1 && isDeleted ? gone : {}),
    })
    world.watch.alarm('shop-test-web-5xx', 'OK')
    const roll = (content: string) => rollOut(world, { system, content: { web: content }, commit: content })
    expect((await roll('v1')).report.outcome).toBe('done')
    isDeleted = true
    world.watch.alarm('shop-test-web-5xx', 'ALARM')
    const { report } = await roll('v2')
    expect(report).toMatchObject({ outcome: 'rollback-failed' })
  })
})

describe('a cancel in the middle', () => {
  test.each([5_000, 40_000, 55_000, 70_000])(
    'R28 a cancel after %s ms ends on exactly one release, and the next rollout goes on',
    async (after) => {
      const report = await replace(() => {}, {
        during: (runtime) => void runtime.clock.sleep(after).then(() => runtime.cancel()),
      })
      expect(report.outcome).toBe('cancelled')
      expect(world.serves()).toBe(V1)
      expect(Object.values(world.door.api.service('shop-test-web').copies.traffic())).toEqual([100])
      const again = await rollOut(world, { system: world.system, content: { web: 'v2' }, commit: 'v2' })
      expect(again.report.outcome).toBe('done')
      expect(world.serves()).toBe(V2)
    },
  )
})
