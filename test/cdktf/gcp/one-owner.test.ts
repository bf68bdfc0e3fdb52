import { expect, test } from 'vitest'
import { openDeployment } from '../../e2e/deployment.ts'
import { describeReal } from '../../real.ts'
import { type Attributes, isList, isObject, type Value } from '../../world/cloud-world/value.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`
const TYPE = 'google_cloud_run_v2_service'

describeReal('one owner of the image on Google Cloud, by OpenTofu', ['tofu'], () => {
  test('R22 after a rollout and while a service is paused the next plan is empty, and no apply moves it back', {
    timeout: 180_000,
  }, async () => {
    await using environment = await openDeployment('video-processing')
    await environment.deploy()
    const { store } = environment.world
    const services = store.list(TYPE)
    expect(services).toHaveLength(2)
    for (const { key, attributes } of services) store.move(TYPE, key, rolledOut(attributes))
    const moved = JSON.stringify(store.list(TYPE))
    expect(moved).toContain(DIGEST)

    const plan = await environment.plan()
    expect(plan.outcome).toBe('done')
    expect(plan.data['changes']).toEqual([])
    expect(await environment.apply()).toMatchObject({ outcome: 'done' })
    expect(JSON.stringify(store.list(TYPE))).toBe(moved)
  })
})

/** What a rollout leaves behind: a revision with a digest and a pin, its traffic, who did it; and a pause. */
function rolledOut(service: Attributes): Attributes {
  const template = only(service['template'])
  const container = only(template['containers'])
  const pin = { name: 'SLUICE_MODEL_TITLES', value: `7@${DIGEST}`, value_source: [] }
  const revision = 'web-00002'
  return {
    template: [
      {
        ...template,
        revision,
        containers: [{ ...container, image: `europe-docker.pkg.dev/p/web/web@${DIGEST}`, env: [pin] }],
      },
    ],
    traffic: [{ type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION', revision, percent: 100, tag: null }],
    scaling: [{ scaling_mode: 'MANUAL', manual_instance_count: 0, min_instance_count: null }],
    client: 'sluice',
  }
}

function only(value: Value | undefined): Attributes {
  const first = isList(value) ? value[0] : undefined
  if (!isObject(first)) throw new Error('the simulated service has no such block')
  return first
}
