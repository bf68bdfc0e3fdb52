import { afterEach, expect, test } from 'vitest'
import { describeAll } from '../../../../src/commands/rollout/described.ts'
import { openSite } from '../../../../src/commands/rollout/site.ts'
import { survey } from '../../../../src/commands/rollout/survey.ts'
import type { System } from '../../../../src/domain/system/system.ts'
import { rollOut } from '../../../world/client.ts'
import { image, service } from '../../../world/cloud.ts'
import { type EcsWorld, ecsShop, openEcsWorld } from '../../../world/ecs-world.ts'

let world: EcsWorld
afterEach(() => world[Symbol.asyncDispose]())

const NAMES = Array.from({ length: 12 }, (_, i) => `s${i + 1}`)

/** So many services of one cluster, of which nothing is live. */
function many(count: number): System {
  const services = Object.fromEntries(
    NAMES.slice(0, count).map((name) => [name, service(name, { public: false })]),
  )
  const { rollout } = ecsShop()
  return ecsShop({ services, rollout: { ...rollout, checks: [], bake: 1_000 } })
}

const asked = (name = 'DescribeServices') =>
  world.door.requests.flatMap((one) =>
    one.name === name ? [(one.input as { services?: readonly string[] }).services?.length ?? 0] : [],
  )

test.each([
  [1, [1]],
  [10, [10]],
  [12, [10, 2]],
])('R26 %s services of a cluster are looked at by DescribeServices for ten at most', async (count, sizes) => {
  world = await openEcsWorld({ system: many(count), internal: NAMES })
  const statuses = await describeAll(world.services(), NAMES.slice(0, count))
  expect(statuses.map((one) => one.service)).toEqual(NAMES.slice(0, count))
  expect(asked()).toEqual(sizes)
})

test('R26 the survey of a rollout asks once for the services of a release, and each keeps its own answer', async () => {
  world = await openEcsWorld({ system: many(3), internal: NAMES })
  const { system } = world
  expect((await rollOut(world, { system, commit: 'c1' })).report.outcome).toBe('done')
  world.door.requests.length = 0
  const provider = async () => world.provider()
  const environment = { system, root: '/project', state: '/state', provider, close: async () => {} }
  const site = await openSite(world.machine(), environment)
  const { input } = await survey(site, {
    images: () => Object.fromEntries(NAMES.slice(0, 3).map((name) => [name, image(name, 'v1')])),
    commit: 'c1',
    judged: [],
    built: undefined,
    keepModels: false,
    forced: undefined,
    allowOlder: false,
  })
  expect(asked()).toEqual([3])
  for (const name of NAMES.slice(0, 3))
    expect(input.statuses[name]?.revisions.map((one) => one.image)).toEqual([image(name, 'v1')])
})

test('R24 one of ten that is missing is told by its own name', async () => {
  world = await openEcsWorld({ system: many(3), internal: NAMES })
  for (const { key } of world.cloud.store.list('aws_ecs_service'))
    if (key.endsWith('/shop-test-s2')) world.cloud.store.remove('aws_ecs_service', key)
  const host = world.services()
  const seen = await Promise.allSettled(NAMES.slice(0, 3).map((name) => host.describe(name)))
  expect(seen.map((one) => one.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(seen[1]).toMatchObject({
    reason: { outcome: 'cannot-observe', message: expect.stringMatching(/shop-test-s2 .*MISSING/) },
  })
  expect(asked()).toEqual([3])
})
