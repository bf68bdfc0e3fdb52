import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { digestOf, imageReference } from '../../src/domain/digest.ts'
import { type Targets, targetsSchema } from '../../src/domain/stacks/targets.ts'
import { openGcp } from '../../src/providers/gcp/index.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { fakeRuntime } from '../../src/runtime/fake/index.ts'
import { describeReal } from '../real.ts'
import { BASE, RunDoor } from '../world/cloud-world/http/run/door.ts'
import type { Programs } from '../world/cloud-world/http/run/programs.ts'
import { CloudSql, type SqlServer } from '../world/cloud-world/http/run/sql.ts'
import type { Attributes } from '../world/cloud-world/value.ts'
import { MemoryRegistry } from '../world/registry.ts'
import { type Deployment, openDeployment } from './deployment.ts'

/** What OpenTofu applies, an operator pauses, in one simulated Google Cloud. */
describeReal(
  'an environment of Google Cloud that rests between two applies',
  ['tofu', 'plugin protocol'],
  () => {
    const programs: Programs = new Map()
    let environment: Deployment
    let provider: Provider
    let targets: Targets

    beforeAll(async () => {
      environment = await openDeployment('chicago-crime', 'europe')
      await environment.deploy()
      const file = await readFile(join(environment.state, 'targets.json'), 'utf8')
      targets = targetsSchema.parse(JSON.parse(file))
      const { world, system } = environment
      const sql = new CloudSql(world.clock, world.project)
      for (const { id } of Object.values(targets.databases)) {
        const server = serverOf(id)
        // What Cloud SQL says of a server for which nobody has said anything.
        server.policy = 'ALWAYS'
        sql.servers.set(id, server)
      }
      const door = new RunDoor(world, programs, [sql.answer])
      const overrides = ['RUN', 'LOGGING', 'STORAGE', 'SQLADMIN', 'COMPUTE'].map(
        (name) => [`CLOUDSDK_API_ENDPOINT_OVERRIDES_${name}`, BASE] as const,
      )
      const state = '/state'
      const fake = fakeRuntime({
        env: { ...Object.fromEntries(overrides), CLOUDSDK_AUTH_ACCESS_TOKEN: 'token' },
        files: { [`${state}/targets.json`]: file },
      })
      const runtime = { ...fake, clock: world.clock, http: door.http }
      provider = openGcp({ runtime, system, root: '/', state }, () => new MemoryRegistry())
      for (const service of Object.values(system.services)) {
        const image = imageReference(targets.registries[service.image] ?? '', digestOf(service.image))
        programs.set(image, {})
        const { services } = provider
        const revision = await services.stage({ service, image, models: [], release: digestOf('one') })
        await world.clock.sleep(60_000)
        for (const step of system.rollout.steps) await services.shift(service.name, revision, step)
        await services.settle(service.name, revision)
      }
    }, 400_000)
    afterAll(() => environment[Symbol.asyncDispose]())

    /** The server that Terraform has made: what the door switches, the next refresh sees. */
    function serverOf(id: string): SqlServer {
      const { store } = environment.world
      const found = () => {
        const server = store.find('google_sql_database_instance', ({ name }) => name === id)
        if (server === undefined) throw new Error(`no server ${id}`)
        return { key: server.key, settings: server.attributes['settings'] as [Attributes] }
      }
      return {
        state: 'RUNNABLE',
        get policy() {
          return String(found().settings[0]['activation_policy'] ?? 'ALWAYS')
        },
        set policy(activation_policy) {
          const { key, settings } = found()
          store.move('google_sql_database_instance', key, {
            settings: [{ ...settings[0], activation_policy }],
          })
        },
      }
    }

    const policies = (): unknown[] =>
      environment.world.store
        .list('google_sql_database_instance')
        .map(({ attributes }) => (attributes['settings'] as [Attributes])[0]['activation_policy'])
    const scaling = (type: string): Attributes[] =>
      environment.world.store
        .list(type)
        .map(({ attributes }) => (attributes['scaling'] as [Attributes?] | null)?.[0] ?? {})
    const copies = (): unknown[] =>
      ['google_cloud_run_v2_service', 'google_cloud_run_v2_worker_pool'].flatMap((type) =>
        scaling(type).map((one) => one['manual_instance_count']),
      )

    test('R22 the next plan finds nothing to do, an apply wakes nothing up, and everything comes back', async () => {
      const services = Object.keys(environment.system.services)
      const pools = environment.world.store.list('google_cloud_run_v2_worker_pool')
      expect(pools.length).toBeGreaterThan(0)
      expect(policies()).toEqual(['ALWAYS'])
      const running = scaling('google_cloud_run_v2_worker_pool')

      for (const service of services) await provider.operations.pause(service)
      await provider.operations.rest?.pause()
      expect(copies()).toEqual(services.map(() => 0))
      expect(policies()).toEqual(['NEVER'])

      expect(await environment.plan()).toMatchObject({
        outcome: 'done',
        outputs: { changes: 'false' },
        data: { changes: [] },
      })
      await environment.edit((text) => text.replace(/^buckets:$/m, 'buckets:\n  probe: {}'))
      expect(await environment.plan()).toMatchObject({ outputs: { changes: 'true' } })
      expect(await environment.apply()).toMatchObject({ outcome: 'done' })
      expect(copies()).toEqual(services.map(() => 0))
      expect(policies()).toEqual(['NEVER'])

      await provider.operations.rest?.resume()
      for (const service of services) await provider.operations.resume(service)
      expect(policies()).toEqual(['ALWAYS'])
      expect(scaling('google_cloud_run_v2_worker_pool')).toEqual(running)
      expect(await environment.plan()).toMatchObject({ outcome: 'done', outputs: { changes: 'false' } })
    }, 400_000)
  },
)
