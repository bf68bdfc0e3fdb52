import { afterEach, describe, expect, test } from 'vitest'
import { digestOf, imageReference } from '../../../../src/domain/digest.ts'
import { modelPin, type ServedModel } from '../../../../src/domain/models/model.ts'
import type { Release } from '../../../../src/domain/releases/release.ts'
import type { System } from '../../../../src/domain/system/system.ts'
import { fakeRuntime } from '../../../../src/runtime/fake/index.ts'
import { rollOut } from '../../../world/client.ts'
import { image, LEDGER, service } from '../../../world/cloud.ts'
import { byImage, type EcsWorld, ecsShop, openEcsWorld } from '../../../world/ecs-world.ts'
import { Wire } from '../../../world/faults.ts'

let world: EcsWorld
afterEach(() => world[Symbol.asyncDispose]())

const RELEASE = digestOf('release')

/** A machine whose requests the service answers so, and whose folder has these files. */
function machine(body: object, files: Record<string, string> = {}) {
  const http = () => ({ status: 200, body: JSON.stringify(body) })
  return { ...fakeRuntime({ http, files }), clock: world.machine({}, new Wire()).clock }
}

describe('the models of a revision', () => {
  const model: ServedModel = { name: 'taste', version: '7', digest: digestOf('weights') }
  const atAll = async (served: string) => {
    world = await openEcsWorld()
    const host = world.services(new Wire(), machine({ models: { taste: served } }))
    const web = world.system.services['web'] ?? service('web')
    const id = await host.stage({
      service: web,
      image: image('web', 'v1'),
      models: [model],
      release: RELEASE,
    })
    await host.shift('web', id, 100)
    return (await host.describe('web')).revisions.find((one) => one.id === id)
  }

  test('R42 the task definition of a release pins its models, and says so afterwards', async () => {
    const revision = await atAll(modelPin(model))
    expect(revision).toMatchObject({ models: [model], release: RELEASE, healthy: true })
    const definition = world.cloud.store.get('aws_ecs_task_definition', revision?.id ?? '')
    expect(String(definition?.attributes['container_definitions'])).toContain(
      `{"name":"SLUICE_MODEL_TASTE","value":"${modelPin(model)}"}`,
    )
  })

  test('R42 a revision that serves another model than its release pins is not healthy once it has the traffic', async () => {
    const revision = await atAll(`6@${model.digest}`)
    expect(revision?.healthy).toBe(false)
    expect(revision?.trouble).toContain(`the release pins ${modelPin(model)}`)
  })
})

describe('sidecars', () => {
  const shop = (): System =>
    ecsShop({
      services: { web: service('web', { sidecars: { proxy: { image: 'proxy', env: {}, secrets: {} } } }) },
    })
  const spec = () => ({
    service: world.system.services['web'] ?? service('web'),
    image: image('web', 'v1'),
    models: [],
    release: RELEASE,
  })

  test('R27 every container of a release has its digest', async () => {
    world = await openEcsWorld({ system: shop() })
    const reference = imageReference('repository/proxy', digestOf('proxy'))
    const images = {
      proxy: {
        reference,
        digest: digestOf('proxy'),
        fingerprint: digestOf('f'),
        tag: 'f',
        platforms: [],
        how: 'built',
      },
    }
    const files = {
      '/project/.sluice/test/images.json': JSON.stringify({ schema: 'sluice.images/v1', images }),
    }
    const id = await world.services(new Wire(), machine({}, files)).stage(spec())
    const definition = world.cloud.store.get('aws_ecs_task_definition', id)
    const containers = JSON.parse(String(definition?.attributes['container_definitions'])) as {
      image: string
    }[]
    expect(containers.map((container) => container.image)).toEqual([image('web', 'v1'), reference])
  })

  test('R27 the digest of a sidecar belongs to the release: another one is rolled out, and a rollback brings it back', async () => {
    world = await openEcsWorld({ system: shop() })
    const proxy = (version: string) => imageReference('repository/proxy', digestOf(version))
    const roll = async (version: string, models?: Release) => {
      const built = { proxy: { reference: proxy(version) } } as never
      const wanted = { built, ...(models === undefined ? {} : { models }) }
      return (await rollOut(world, { system: world.system, wanted })).report
    }
    const serves = (): string => {
      const { taskDefinition } = world.door.api.service('shop-test-web')
      const record = world.cloud.store.get('aws_ecs_task_definition', taskDefinition)
      return (
        (JSON.parse(String(record?.attributes['container_definitions'])) as { image: string }[])[1]?.image ??
        ''
      )
    }
    expect(await roll('p1')).toMatchObject({ outcome: 'done' })
    expect(await roll('p1')).toMatchObject({ message: expect.stringMatching(/no change/) })
    expect(await roll('p2')).toMatchObject({ outcome: 'done', message: 'release 2 is live' })
    expect(serves()).toBe(proxy('p2'))
    const first = world.objects.json(`${LEDGER}releases/1.json`) as Release
    expect(first.services['web']?.sidecars).toEqual({ proxy: proxy('p1') })
    expect(await roll('p2', first)).toMatchObject({ outcome: 'done' })
    expect(serves()).toBe(proxy('p1'))
  })

  test('R27 a sidecar that nobody has built is told before anything is registered', async () => {
    world = await openEcsWorld({ system: shop() })
    await expect(world.services().stage(spec())).rejects.toMatchObject({
      outcome: 'usage',
      message: expect.stringMatching(/container proxy of service web/),
    })
    expect(world.registered()).toEqual([])
  })
})

describe('a release of several services', () => {
  const system = () =>
    ecsShop({ services: { web: service('web', { connects: ['api'] }), api: service('api') } })
  const roll = (content: string) =>
    rollOut(world, { system: world.system, content: { web: content, api: content }, commit: content })

  test('R23 one behind the load balancer and one inside move together', async () => {
    world = await openEcsWorld({ system: system(), internal: ['api'] })
    expect((await roll('v1')).report).toMatchObject({ outcome: 'done', message: 'release 1 is live' })
    expect((await roll('v2')).report.outcome).toBe('done')
    expect([world.serves('web'), world.serves('api')]).toEqual([image('web', 'v2'), image('api', 'v2')])
  })

  test('R29 the one inside fails last, and both go back', async () => {
    const bad = byImage([[image('api', 'v2'), { startsIn: 2_000, fails: { exitCode: 9, reason: '' } }]])
    world = await openEcsWorld({ system: system(), internal: ['api'], behaviour: bad })
    expect((await roll('v1')).report).toMatchObject({ outcome: 'done', message: 'release 1 is live' })
    const { report } = await roll('v2')
    expect(report).toMatchObject({ outcome: 'rolled-back', message: expect.stringMatching(/code 9/) })
    expect([world.serves('web'), world.serves('api')]).toEqual([image('web', 'v1'), image('api', 'v1')])
  })

  test('R28 a service inside is only registered until the release gets all of the traffic', async () => {
    world = await openEcsWorld({ system: system(), internal: ['api'] })
    const host = world.services()
    const id = await host.stage({
      service: service('api'),
      image: image('api', 'v1'),
      models: [],
      release: RELEASE,
    })
    const [held] = (await host.describe('api')).revisions
    expect(held).toMatchObject({ id, held: true, weight: 0 })
    expect(world.deployments('api')).toBe(0)
    await host.shift('api', id, 10)
    expect(world.deployments('api')).toBe(0)
    await host.revert('api', id)
    expect((await host.describe('api')).state).toBe('absent')
  })
})
