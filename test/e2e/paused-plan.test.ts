import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { targetsSchema } from '../../src/domain/stacks/targets.ts'
import { openAwsOperations } from '../../src/providers/aws/operations/index.ts'
import type { Operations } from '../../src/providers/ports/operations.ts'
import type { ProviderContext } from '../../src/providers/provider.ts'
import { fakeRuntime } from '../../src/runtime/fake/index.ts'
import { testSession } from '../providers/aws/session.ts'
import { describeReal } from '../real.ts'
import { openEcs } from '../world/cloud-world/http/ecs.ts'
import { openScalingDoor } from '../world/cloud-world/http/scaling.ts'
import { MemoryObjects } from '../world/objects.ts'
import { type Deployment, openDeployment } from './deployment.ts'

/** What OpenTofu applies, an operator pauses, in one simulated cloud. */
describeReal('a system that is paused between two applies', ['tofu', 'plugin protocol'], () => {
  let environment: Deployment
  let operations: Operations & { close(): void }
  const doors = new AsyncDisposableStack()

  beforeAll(async () => {
    environment = await openDeployment('filmlens')
    await environment.bring()
    expect(await environment.plan()).toMatchObject({ outcome: 'done' })
    expect(await environment.apply()).toMatchObject({ outcome: 'done' })
    const { store } = environment.world
    // As a rollout leaves them.
    for (const { key, attributes } of store.list('aws_ecs_service')) {
      const task_definition = `arn:aws:ecs:us-east-1:222222222222:task-definition/${attributes['name']}_releases:1`
      store.move('aws_ecs_service', key, { task_definition, desired_count: 3 })
    }
    const ecs = doors.use(await openEcs(environment.world))
    const scaling = doors.use(await openScalingDoor(environment.world))
    const file = await readFile(join(environment.state, 'targets.json'), 'utf8')
    const session = testSession({ endpoint: ecs.url, account: '222222222222', region: 'us-east-1' })
    operations = openAwsOperations({
      workers: { read: async () => undefined },
      context: { runtime: fakeRuntime() } as unknown as ProviderContext,
      session: { ...session, endpoints: { APPLICATION_AUTO_SCALING: scaling.url } },
      targets: async () => targetsSchema.parse(JSON.parse(file)),
      objects: new MemoryObjects(),
    })
  }, 400_000)
  afterAll(async () => {
    operations.close()
    await doors.disposeAsync()
    await environment[Symbol.asyncDispose]()
  })

  const copies = (): unknown[] =>
    environment.world.store.list('aws_ecs_service').map(({ attributes }) => attributes['desired_count'])
  const suspended = (): boolean[] =>
    environment.world.store
      .list('aws_appautoscaling_target')
      .map(({ attributes }) => JSON.stringify(attributes['suspended_state']).includes('true'))

  test('R22 the next plan finds nothing to do, an apply wakes nothing up, and everything comes back', async () => {
    const services = Object.keys(environment.system.services)
    for (const service of services) await operations.pause(service)
    expect(copies()).toEqual(services.map(() => 0))
    expect(suspended().length).toBeGreaterThan(0)
    expect(suspended()).not.toContain(false)

    expect(await environment.plan()).toMatchObject({ outcome: 'done', outputs: { changes: 'false' } })
    await environment.edit((text) => text.replace(/^buckets:$/m, 'buckets:\n  probe: {}'))
    expect(await environment.plan()).toMatchObject({ outputs: { changes: 'true' } })
    expect(await environment.apply()).toMatchObject({ outcome: 'done' })
    expect(copies()).toEqual(services.map(() => 0))
    expect(suspended()).not.toContain(false)

    for (const service of services) await operations.resume(service)
    expect(copies()).toEqual(services.map(() => 3))
    expect(suspended()).not.toContain(true)
    expect(await environment.plan()).toMatchObject({ outcome: 'done', outputs: { changes: 'false' } })
  }, 400_000)
})
