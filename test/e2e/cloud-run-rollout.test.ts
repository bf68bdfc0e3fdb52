import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { digestOf, type ImageReference, imageReference } from '../../src/domain/digest.ts'
import { type Targets, targetsSchema } from '../../src/domain/stacks/targets.ts'
import type { Service } from '../../src/domain/system/system.ts'
import { openGcp } from '../../src/providers/gcp/index.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { fakeRuntime } from '../../src/runtime/fake/index.ts'
import { describeReal } from '../real.ts'
import { BASE, RunDoor } from '../world/cloud-world/http/run/door.ts'
import type { Programs } from '../world/cloud-world/http/run/programs.ts'
import { MemoryRegistry } from '../world/registry.ts'
import { type Deployment, openDeployment } from './deployment.ts'

/** What OpenTofu applies, a rollout moves, in one simulated cloud. */
describeReal('a rollout on Cloud Run between two applies', ['tofu', 'plugin protocol'], () => {
  const programs: Programs = new Map()
  let environment: Deployment
  let provider: Provider
  let targets: Targets

  beforeAll(async () => {
    environment = await openDeployment('video-processing')
    await environment.deploy()
    const file = await readFile(join(environment.state, 'targets.json'), 'utf8')
    targets = targetsSchema.parse(JSON.parse(file))
    const { world, system } = environment
    const door = new RunDoor(world, programs)
    const env = Object.fromEntries(
      ['RUN', 'LOGGING', 'STORAGE'].map((name) => [`CLOUDSDK_API_ENDPOINT_OVERRIDES_${name}`, BASE]),
    )
    const state = '/state'
    const fake = fakeRuntime({
      env: { ...env, CLOUDSDK_AUTH_ACCESS_TOKEN: 'token' },
      files: { [`${state}/targets.json`]: file },
    })
    const runtime = { ...fake, clock: world.clock, http: door.http }
    provider = openGcp({ runtime, system, root: '/', state }, () => new MemoryRegistry())
  }, 240_000)
  afterAll(() => environment[Symbol.asyncDispose]())

  /** Every service to 100 % and settled. */
  const release = async (version: string): Promise<Record<string, ImageReference>> => {
    const released: Record<string, ImageReference> = {}
    for (const service of Object.values(environment.system.services)) {
      released[service.name] = await rollOut(service, version)
    }
    return released
  }
  const rollOut = async (service: Service, version: string): Promise<ImageReference> => {
    const { name } = service
    const image = imageReference(targets.registries[service.image] ?? '', digestOf(`${name} ${version}`))
    programs.set(image, {})
    const { services } = provider
    const revision = await services.stage({ service, image, models: [], release: digestOf(version) })
    await environment.world.clock.sleep(60_000)
    for (const step of environment.system.rollout.steps) await services.shift(name, revision, step)
    await services.settle(name, revision)
    return image
  }
  const served = async (): Promise<Record<string, ImageReference>> => {
    const images: Record<string, ImageReference> = {}
    for (const name of Object.keys(environment.system.services)) {
      const { revisions } = await provider.services.describe(name)
      expect(revisions).toMatchObject([{ weight: 100, healthy: true }])
      if (revisions[0] !== undefined) images[name] = revisions[0].image
    }
    return images
  }
  const changes = async (): Promise<readonly unknown[]> => {
    const plan = await environment.plan()
    expect(plan).toMatchObject({ outcome: 'done' })
    return plan.data['changes'] as readonly unknown[]
  }

  test('R22 after a rollout, and while a service is paused, the plan is empty', async () => {
    const released = await release('one')
    expect(Object.keys(released).length).toBeGreaterThan(1)
    expect(await served()).toEqual(released)
    expect(await changes()).toEqual([])
    const [name = ''] = Object.keys(released)
    await provider.operations.pause(name)
    expect(await changes()).toEqual([])
    await provider.operations.resume(name)
  }, 120_000)

  test('R22 an apply of another checkout changes infrastructure and no image', async () => {
    const released = await release('two')
    await environment.edit((text) => text.replace(/^buckets:$/m, 'buckets:\n  elsewhere: {}'))
    expect(await changes()).not.toEqual([])
    expect(await environment.apply()).toMatchObject({ outcome: 'done' })
    expect(await served()).toEqual(released)
  }, 120_000)
})
