import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { describeReal } from '../real.ts'
import { type Deployment, environmentsInClouds, openDeployment } from './deployment.ts'

const EMPTY = { create: 0, update: 0, delete: 0, replace: 0, import: 0, forget: 0, move: 0, read: 0 }

const CLOUDS = await environmentsInClouds()
const PRODUCTION = CLOUDS.filter(({ environment }) => environment === 'production')
const OTHERS = CLOUDS.filter(({ environment }) => environment !== 'production')

test('the five systems have a production each, and both clouds have systems of three kinds', () => {
  expect(PRODUCTION.map(({ example }) => example)).toEqual([
    'actor-detection',
    'chicago-crime',
    'fashion-catalog',
    'filmlens',
    'video-processing',
  ])
  for (const cloud of ['aws', 'gcp'])
    expect(
      CLOUDS.filter(({ system }) => system.environment.cloud === cloud).length,
      cloud,
    ).toBeGreaterThanOrEqual(3)
})

test.each(['chicago-crime', 'fashion-catalog'])('%s has Airflow and its cache in both clouds', (name) => {
  const own = CLOUDS.filter(({ example }) => example === name)
  expect(own.map(({ system }) => system.environment.cloud).sort()).toEqual(['aws', 'gcp'])
  for (const { system } of own) {
    expect(Object.keys(system.services)).toEqual(
      expect.arrayContaining(['airflow-webserver', 'airflow-scheduler', 'airflow-worker']),
    )
    expect(system.services['airflow-webserver']?.port).toBe(8080)
    expect(Object.keys(system.caches)).toEqual(['valkey'])
  }
})

/** How many services and caches there are, by what each cloud calls them. */
function running({ world, system }: Deployment): { readonly services: number; readonly caches: number } {
  const count = (types: readonly string[]): number =>
    types.reduce((sum, type) => sum + world.store.list(type).length, 0)
  switch (system.environment.cloud) {
    case 'aws':
      return {
        services: count(['aws_ecs_service']),
        caches: count(['aws_elasticache_replication_group']),
      }
    case 'gcp':
      return {
        services: count(['google_cloud_run_v2_service', 'google_cloud_run_v2_worker_pool']),
        caches: count(['google_memorystore_instance']),
      }
    default:
      throw new Error(`${system.environment.cloud} is no cloud of others`)
  }
}

describeReal('infrastructure of the examples, by OpenTofu', ['tofu', 'plugin protocol'], () => {
  test.each(PRODUCTION)(
    '$example is applied, changed and destroyed',
    { timeout: 400_000 },
    async ({ example }) => {
      await using environment = await openDeployment(example)
      await environment.bring()
      expect(environment.world.store.list().length).toBeGreaterThan(50)
      const { services, caches } = environment.system
      expect(running(environment)).toEqual({
        services: Object.keys(services).length,
        caches: Object.keys(caches).length,
      })

      const again = await environment.plan()
      expect(again.data['changes']).toEqual([])
      expect(again.outputs['changes']).toBe('false')

      await environment.edit((text) => text.replace(/^buckets:$/m, 'buckets:\n  probe: {}'))
      const changed = await environment.plan()
      expect(changed.outputs['changes']).toBe('true')
      expect(changed.data['counts']).toMatchObject({ delete: 0, replace: 0 })
      expect(changed.data['changes']).toContainEqual(
        expect.objectContaining({ action: 'create', stateful: true }),
      )
      expect(await environment.apply()).toMatchObject({ outcome: 'done' })
      expect((await environment.plan()).data['counts']).toMatchObject(EMPTY)

      await destroy(environment)
      expect(environment.world.store.list()).toEqual([])
    },
  )

  test.each(OTHERS)(
    '$example is applied as $environment too, and a second plan is empty',
    { timeout: 400_000 },
    async ({ example, environment: name }) => {
      await using environment = await openDeployment(example, name)
      await environment.bring()
      expect(environment.world.store.list().length).toBeGreaterThan(50)
      const { services, caches } = environment.system
      expect(running(environment)).toEqual({
        services: Object.keys(services).length,
        caches: Object.keys(caches).length,
      })
      const again = await environment.plan()
      expect(again.data['changes']).toEqual([])
    },
  )
})

/** What holds data is protected from this; an override beside the configuration, as a person would write it, lifts that. */
async function destroy(environment: Deployment): Promise<void> {
  for (const stack of [...environment.stacks()].reverse()) {
    const folder = join(environment.state, 'stacks', stack)
    const listed = await environment.tofu(stack, 'state', 'list')
    const resource: Record<string, Record<string, object>> = {}
    for (const address of listed.stdout.trim().split('\n')) {
      const [type = '', name = ''] = address.split('.')
      if (type === '' || type === 'data') continue
      resource[type] = { ...resource[type], [name]: { lifecycle: { prevent_destroy: false } } }
    }
    await writeFile(join(folder, 'unprotected_override.tf.json'), JSON.stringify({ resource }))
    const destroyed = await environment.tofu(stack, 'destroy', '-auto-approve', '-no-color')
    expect(destroyed.stderr).toBe('')
    expect(destroyed.stdout).toContain('Destroy complete!')
  }
}
