import { afterAll, beforeAll, expect, test } from 'vitest'
import { digestOf, type ImageReference, imageReference } from '../../../../src/domain/digest.ts'
import { dockerEngine } from '../../../real/docker-engine.ts'
import { startRegistry, type TestRegistry } from '../../../real/docker-registry.ts'
import { type EcsShop, openEcsShop } from '../../../real/ecs-shop.ts'
import { type Ministack, startMinistack } from '../../../real/ministack.ts'
import { describeReal } from '../../../real.ts'

/** ministack over a real engine: what is said to run is looked for among the containers, because without an engine it only says so. */
describeReal('rollouts of real containers on ECS', ['ministack', 'dockerd', 'docker-registry'], () => {
  let registry: TestRegistry
  let cloud: Ministack
  let shop: EcsShop
  let good: ImageReference
  let next: ImageReference
  beforeAll(async () => {
    const engine = await dockerEngine()
    registry = await startRegistry()
    cloud = await startMinistack({ engine })
    shop = await openEcsShop({ engine, registry, cloud }, ['web'])
    good = shop.image(until('one'))
    next = shop.image(until('two'))
  }, 180_000)
  afterAll(async () => {
    shop[Symbol.dispose]()
    await cloud[Symbol.asyncDispose]()
    await registry[Symbol.asyncDispose]()
  })

  /** Ends as soon as it is told to; the shell of a container hears nothing by itself. */
  const until = (name: string): string =>
    `echo ${name}; trap 'exit 0' TERM; while true; do sleep 1 & wait $!; done`
  const image = (container: string): string => container.replace(/:[^@/]*@/, '@')

  test('R23 a release is deployed when as many containers as desired run its image', async () => {
    expect(await shop.roll({ web: good })).toMatchObject({ outcome: 'done', message: 'release 1 is live' })
    await expect.poll(() => shop.running('web').map(image), { timeout: 30_000 }).toEqual([good, good])
    const { revisions } = await shop.services.describe('web')
    expect(revisions).toMatchObject([{ image: good, running: 2, desired: 2, healthy: true, weight: 100 }])
  }, 60_000)

  test('R23 the next one replaces every container', async () => {
    expect(await shop.roll({ web: next })).toMatchObject({ outcome: 'done' })
    await expect.poll(() => shop.running('web').map(image), { timeout: 30_000 }).toEqual([next, next])
  }, 60_000)

  test('R29 an image that crashes is rolled back, with its exit code and what it wrote; the containers before it run on', async () => {
    const crashes = shop.image('echo no configuration found; exit 3')
    const report = await shop.roll({ web: crashes })
    expect(report).toMatchObject({
      outcome: 'rolled-back',
      message: expect.stringMatching(/circuit breaker.*exited with code 3.*no configuration found/s),
    })
    expect(report.message).toMatch(/serves again, verified/)
    await expect.poll(() => shop.running('web').map(image), { timeout: 30_000 }).toEqual([next, next])
  }, 60_000)

  test('R29 an image that is missing is rolled back; the containers before it run on', async () => {
    const missing = imageReference(good.slice(0, good.indexOf('@')), digestOf('nobody pushed this'))
    const report = await shop.roll({ web: missing })
    expect(report).toMatchObject({
      outcome: 'rolled-back',
      message: expect.stringMatching(/circuit breaker/),
    })
    await expect.poll(() => shop.running('web').map(image), { timeout: 30_000 }).toEqual([next, next])
  }, 60_000)

  test('R23 after two that failed, a good one is deployed', async () => {
    expect(await shop.roll({ web: good })).toMatchObject({ outcome: 'done' })
    await expect.poll(() => shop.running('web').map(image), { timeout: 30_000 }).toEqual([good, good])
    expect((await shop.services.describe('web')).state).toBe('running')
  }, 60_000)
})
