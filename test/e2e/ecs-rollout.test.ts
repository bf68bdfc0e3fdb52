import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ECSClient } from '@aws-sdk/client-ecs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { digestOf, type ImageReference, imageReference } from '../../src/domain/digest.ts'
import { type Targets, targetsSchema } from '../../src/domain/stacks/targets.ts'
import { openEcsServices } from '../../src/providers/aws/services/index.ts'
import type { ServiceHost } from '../../src/providers/ports/services.ts'
import { fakeRuntime } from '../../src/runtime/fake/index.ts'
import { describeReal } from '../real.ts'
import { type EcsDoor, openEcs } from '../world/cloud-world/http/ecs.ts'
import { LoopbackClock } from '../world/cloud-world/http/loopback-clock.ts'
import { type Deployment, openDeployment } from './deployment.ts'

/** What OpenTofu applies, the SDK rolls out on, in one simulated cloud. */
describeReal('a rollout on ECS between two applies', ['tofu', 'plugin protocol'], () => {
  let environment: Deployment
  let door: EcsDoor
  let client: ECSClient
  let services: ServiceHost
  let targets: Targets
  let original = ''

  beforeAll(async () => {
    environment = await openDeployment('filmlens')
    await environment.bring()
    await environment.edit((text) => {
      original = text
      return text
    })
    expect(await environment.plan()).toMatchObject({ outcome: 'done' })
    expect(await environment.apply()).toMatchObject({ outcome: 'done' })
    targets = targetsSchema.parse(JSON.parse(await readFile(join(environment.state, 'targets.json'), 'utf8')))
    door = await openEcs(environment.world)
    const loopback = new LoopbackClock(environment.world.clock)
    client = new ECSClient({
      region: 'us-east-1',
      endpoint: door.url,
      maxAttempts: 1,
      credentials: { accessKeyId: 'simulated', secretAccessKey: 'simulated' },
    })
    const runtime = fakeRuntime({ http: () => ({ status: 200, body: '{"status":"ok"}' }) })
    const timed = { ...runtime, clock: loopback }
    const held = new Proxy(client, {
      get: (target, key, receiver) =>
        key === 'send'
          ? (...args: Parameters<ECSClient['send']>) => loopback.during(() => target.send(...args) as never)
          : (Reflect.get(target, key, receiver) as unknown),
    })
    const context = { runtime: timed, system: environment.system, root: '/', state: environment.state }
    services = openEcsServices(context, held, async () => targets)
  }, 240_000)
  afterAll(async () => {
    client.destroy()
    await door[Symbol.asyncDispose]()
    await environment[Symbol.asyncDispose]()
  })

  const image = (name: string): ImageReference =>
    imageReference(`222222222222.dkr.ecr.us-east-1.amazonaws.com/filmlens/${name}`, digestOf(name))

  /** Every service that has no sidecars, to 100 % and settled. */
  const release = async (version: string): Promise<Record<string, ImageReference>> => {
    const released: Record<string, ImageReference> = {}
    for (const service of Object.values(environment.system.services)) {
      const { name } = service
      const wanted = image(`${name} ${version}`)
      const revision = await services.stage({
        service,
        image: wanted,
        models: [],
        release: digestOf(version),
      })
      for (const step of environment.system.rollout.steps) await services.shift(name, revision, step)
      await services.settle(name, revision)
      released[name] = wanted
    }
    return released
  }
  const served = async (): Promise<Record<string, ImageReference>> => {
    const images: Record<string, ImageReference> = {}
    for (const name of Object.keys(environment.system.services)) {
      const { revisions, state } = await services.describe(name)
      expect(state).toBe('running')
      expect(revisions).toHaveLength(1)
      if (revisions[0] !== undefined) images[name] = revisions[0].image
    }
    return images
  }
  /** What the next plan would change. */
  const changes = async (): Promise<readonly unknown[]> => {
    const plan = await environment.plan()
    expect(plan).toMatchObject({ outcome: 'done' })
    return plan.data['changes'] as readonly unknown[]
  }

  test('R22 after a rollout the plan is empty', async () => {
    const released = await release('one')
    expect(Object.keys(released).length).toBeGreaterThan(1)
    expect(await served()).toEqual(released)
    expect(await changes()).toEqual([])
  }, 120_000)

  test('R22 an apply of another checkout changes infrastructure and no image', async () => {
    const released = await release('two')
    await environment.edit(() => original.replace(/^buckets:$/m, 'buckets:\n  elsewhere: {}'))
    expect(await changes()).not.toEqual([])
    expect(await environment.apply()).toMatchObject({ outcome: 'done' })
    await environment.edit(() => original)
    expect(await served()).toEqual(released)
  }, 120_000)
})
