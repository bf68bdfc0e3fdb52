import { afterEach, expect, test } from 'vitest'
import { digestOf } from '../../../../src/domain/digest.ts'
import { rollOut } from '../../../world/client.ts'
import { image, service } from '../../../world/cloud.ts'
import type { TaskBehaviour } from '../../../world/cloud-world/http/ecs/behaviour.ts'
import { byImage, type EcsWorld, ecsShop, openEcsWorld } from '../../../world/ecs-world.ts'

let world: EcsWorld
afterEach(() => world[Symbol.asyncDispose]())

const V1 = image('web', 'v1')
const V2 = image('web', 'v2')

/** v1 is live, and v2 begins. */
async function starting(second: TaskBehaviour, strategy: 'canary' | 'rolling' = 'canary') {
  const steps: readonly [number, ...number[]] = strategy === 'canary' ? [10, 100] : [100]
  const system = ecsShop({ rollout: { ...ecsShop().rollout, strategy, steps } })
  world = await openEcsWorld({ system, behaviour: byImage([[V2, second]]) })
  const { report } = await rollOut(world, { system, content: { web: 'v1' }, commit: 'v1' })
  expect(report.outcome).toBe('done')
  const host = world.services()
  const spec = { service: service('web'), image: V2, models: [], release: digestOf('release v2') }
  const revision = await host.stage(spec)
  return { host, revision }
}

/** Names of the requests of one look. */
async function asked(look: () => Promise<unknown>): Promise<readonly string[]> {
  world.door.requests.length = 0
  await look()
  return world.door.requests.map(({ name }) => name)
}

const pass = (seconds: number): Promise<void> => world.loopback.sleep(seconds * 1000)

test('R25 while a revision starts, one look is one request, and only its end is checked task by task', async () => {
  const { host, revision } = await starting({ startsIn: 300_000 })
  const look = () => host.describe('web', revision)
  // The answer to UpdateService was the first look.
  expect(await asked(look)).toEqual([])
  const later: string[][] = []
  for (let n = 0; n < 6; n++) {
    await pass(30)
    later.push([...(await asked(look))])
  }
  // Whose deployment it is that the service names is asked once.
  expect(later.flat().filter((name) => name === 'DescribeServiceRevisions')).toHaveLength(1)
  expect(later.flat()).toHaveLength(6 + 1)
  expect(later[0]).toEqual(['DescribeServices'])
  // Now and then it is the service that is asked, for what it complains of.
  expect(new Set(later.flat())).toEqual(
    new Set(['DescribeServices', 'DescribeServiceDeployments', 'DescribeServiceRevisions']),
  )
  await pass(150)
  const end = await asked(look)
  expect(end.slice(-2)).toEqual(['ListTasks', 'DescribeTasks'])
  expect((await host.describe('web', revision)).revisions).toEqual([
    expect.objectContaining({ id: revision, healthy: true, running: 2 }),
  ])
})

test('R25 what a step has ended with is not asked for again by the look that follows it at once', async () => {
  const { host, revision } = await starting({ startsIn: 1_000 })
  await pass(30)
  await host.shift('web', revision, 100)
  await host.settle('web', revision)
  expect(await asked(() => host.describe('web'))).toEqual(['ListTasks', 'DescribeTasks'])
  // Once; and whatever happens later is looked at in full.
  expect(await asked(() => host.describe('web'))).toContain('DescribeServices')
  await host.settle('web', revision)
  await pass(3)
  expect(await asked(() => host.describe('web'))).toContain('DescribeServiceDeployments')
})

test('R23 a deployment of somebody else that follows ours at once is never taken for it', async () => {
  const { host, revision } = await starting({ startsIn: 300_000 })
  await host.describe('web', revision)
  const service = world.door.api.service('shop-test-web')
  service.update({ taskDefinition: world.registered().at(-2) ?? '' })
  const { revisions } = await host.describe('web', revision)
  expect(revisions.some(({ id, staged }) => id === revision && staged === true)).toBe(false)
})

test('R25 a look for people shows every revision, also while one starts', async () => {
  const { host, revision } = await starting({ startsIn: 300_000 })
  await pass(2)
  expect((await host.describe('web', revision)).revisions.map(({ image }) => image)).toEqual([V2])
  const { revisions } = await host.describe('web')
  expect(revisions.map(({ image, healthy }) => [image, healthy])).toEqual([
    [V2, false],
    [V1, true],
  ])
})

test.each<['canary' | 'rolling', TaskBehaviour]>([
  ['canary', { startsIn: 20_000, fails: { exitCode: 3, reason: 'no models' } }],
  ['canary', { startsIn: 20_000, answers: 502 }],
])('R23 copies that fail (%s) are told within a minute, though looks are short', async (strategy, second) => {
  const { host, revision } = await starting(second, strategy)
  await pass(2)
  let trouble: string | null | undefined = null
  for (let n = 0; n < 8 && trouble === null; n++) {
    trouble = (await host.describe('web', revision)).revisions[0]?.trouble
    await pass(10)
  }
  expect(trouble).toMatch(/exited with code 3|\[502\]/)
})

test('R23 what ends a deployment between two short looks is seen by the next one', async () => {
  const { host, revision } = await starting({ startsIn: 300_000 })
  // Past the time in which the answer to UpdateService is the look, so that the next one is short.
  await pass(5)
  const { api } = world.door
  expect((await host.describe('web', revision)).state).toBe('rolling')
  const deployment = api.service('shop-test-web').newest
  if (deployment !== undefined) api.service('shop-test-web').rollBack(deployment, 'an alarm went off')
  await pass(40)
  const status = await host.describe('web', revision)
  const ours = status.revisions.find(({ id }) => id === revision)
  expect(ours).toMatchObject({ healthy: false, trouble: expect.stringMatching(/alarm went off/) })
  expect(status.revisions.find(({ image }) => image === V1)).toMatchObject({ weight: 100, healthy: true })
})

test('R23 another deployment that takes the place of ours between two short looks is seen', async () => {
  const { host, revision } = await starting({ startsIn: 300_000 })
  await pass(2)
  await host.describe('web', revision)
  const live = world.registered().at(-2) ?? ''
  world.door.api.service('shop-test-web').update({ taskDefinition: live })
  await pass(5)
  const { revisions } = await host.describe('web', revision)
  expect(revisions.some(({ id, staged }) => id === revision && staged === true)).toBe(false)
})
