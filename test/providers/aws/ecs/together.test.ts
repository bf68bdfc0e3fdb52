import { expect, test } from 'vitest'
import type { Release } from '../../../../src/domain/releases/release.ts'
import { type ClientOptions, rollOut, start } from '../../../world/client.ts'
import { image, LEDGER, service } from '../../../world/cloud.ts'
import type { TaskBehaviour } from '../../../world/cloud-world/http/ecs/behaviour.ts'
import { byImage, type EcsWorld, ecsShop, openEcsWorld } from '../../../world/ecs-world.ts'
import { Wire } from '../../../world/faults.ts'
import { judged, shopWithModel } from '../../../world/judged.ts'

const TIME = 240_000
const next: ClientOptions = { content: { web: 'v2', api: 'v2' }, commit: 'c2' }

/** Two services that move together: `web` behind the load balancer connects to `api`, which is inside. */
async function scene(api: TaskBehaviour = {}): Promise<EcsWorld> {
  const { rollout } = ecsShop()
  const services = { web: service('web', { connects: ['api'] }), api: service('api') }
  const system = ecsShop({ services, rollout: { ...rollout, bake: 1_000, checks: [] } })
  const quick = { startsIn: 1_000 }
  const world = await openEcsWorld({
    system,
    internal: ['api'],
    behaviour: byImage([
      [image('web', 'v1'), quick],
      [image('web', 'v2'), quick],
      [image('api', 'v1'), quick],
      [image('api', 'v2'), { ...quick, ...api }],
    ]),
  })
  expect((await rollOut(world, { system, commit: 'c1' })).report.outcome).toBe('done')
  return world
}

const serves = (world: EcsWorld, version: string) => {
  const live = world.objects.json(`${LEDGER}live.json`) as { sequence: number }
  expect(world.serves('web')).toBe(image('web', version))
  expect(world.serves('api')).toBe(image('api', version))
  return live.sequence
}

/** Both sides of every request that changes ECS or the ledger. */
function changes(requests: readonly string[]): readonly { k: number; when: 'before' | 'after' }[] {
  const looks = (name: string): boolean => /^(Describe|List)|\.(read|inspect|describe|get)$/.test(name)
  return requests.flatMap((name, index) =>
    looks(name) ? [] : (['before', 'after'] as const).map((when) => ({ k: index + 1, when })),
  )
}

const cut = (k: number, when: 'before' | 'after'): Wire =>
  new Wire((_, n) => (n === k ? { kind: 'kill', when } : undefined))

test(
  'R28 two services on ECS, killed at any change, go live together on the re-run',
  async () => {
    await using quiet = await scene()
    const { wire, ended } = await start(quiet, { ...next, system: quiet.system })
    expect(await ended).toMatchObject({ outcome: 'done' })
    const points = changes(wire.requests)
    expect(points.length).toBeGreaterThan(25)
    for (const { k, when } of points) {
      await using world = await scene()
      const { system } = world
      const killed = await (await start(world, { ...next, system, wire: cut(k, when) })).ended
      if (killed !== 'killed') continue
      const where = `${when} ${k} ${wire.requests[k - 1]}`
      expect((await rollOut(world, { ...next, system })).report, where).toMatchObject({ outcome: 'done' })
      expect(serves(world, 'v2'), where).toBe(2)
      expect(world.registered('api').length, where).toBeLessThanOrEqual(3)
    }
  },
  TIME,
)

test(
  'R28 R29 going back with two services on ECS, killed at any change, ends on the earlier release',
  async () => {
    const goingBack = async () => {
      const world = await scene()
      const { system } = world
      await rollOut(world, { ...next, system })
      const models = world.objects.json(`${LEDGER}releases/1.json`) as Release
      const forced = { by: 'ada', reason: 'rollback' }
      const wanted = { judged: [], models, keepModels: true, forced, allowOlder: true }
      return { world, back: { system, commit: 'c1', wanted } satisfies ClientOptions }
    }
    const quiet = await goingBack()
    const { wire, ended } = await start(quiet.world, quiet.back)
    expect(await ended).toMatchObject({ outcome: 'done' })
    await quiet.world[Symbol.asyncDispose]()
    for (const { k, when } of changes(wire.requests)) {
      const { world, back } = await goingBack()
      await using _world = world
      const killed = await (await start(world, { ...back, wire: cut(k, when) })).ended
      if (killed !== 'killed') continue
      const where = `${when} ${k} ${wire.requests[k - 1]}`
      expect((await rollOut(world, back)).report, where).toMatchObject({ outcome: 'done' })
      expect(serves(world, 'v1'), where).toBe(3)
    }
  },
  TIME,
)

test('R29 one of two services on ECS that does not start takes the other back with it', async () => {
  await using world = await scene({ unhealthy: true })
  const { report } = await rollOut(world, { ...next, system: world.system })
  expect(report.outcome).toBe('rolled-back')
  expect(serves(world, 'v1')).toBe(1)
})

test('R42 on ECS the registry goes live before any verdict, and what loads the model with the first one', async () => {
  const { taste } = shopWithModel().models
  if (taste === undefined) throw new Error('a model is needed')
  const { rollout } = ecsShop()
  const system = ecsShop({
    services: { mlflow: service('mlflow'), api: service('api', { model: 'taste', connects: ['mlflow'] }) },
    models: { taste },
    rollout: { ...rollout, bake: 1_000, checks: [] },
  })
  await using world = await openEcsWorld({ system, internal: ['mlflow', 'api'] })
  const first = await rollOut(world, { system })
  expect(first.report).toMatchObject({ outcome: 'done', data: { waiting: ['api'] } })
  expect(world.serves('mlflow')).toBe(image('mlflow', 'v1'))
  expect(world.registered('api')).toEqual([])
  const { report } = await rollOut(world, { system, wanted: { judged: [await judged(world, 'one')] } })
  expect(report).toMatchObject({ outcome: 'done', data: { waiting: [] } })
  expect(world.serves('api')).toBe(image('api', 'v1'))
  expect(world.deployments('mlflow')).toBe(1)
})
