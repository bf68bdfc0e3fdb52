import { describe, expect, test } from 'vitest'
import { stacks } from '../stack.ts'
import { targetsOf } from '../targets.ts'
import { SHOP, templateOf, VIDEO } from './shop.ts'

describe('the output sluice', () => {
  test('of all stacks together is targets.json', async () => {
    const targets = targetsOf(await stacks(SHOP))
    expect(targets.ledger).toBe('gs://films-test-ledger-films-prod/ledger')
    expect(targets.registries['app']).toBe('europe-west4-docker.pkg.dev/films-prod/films-test-app/app')
    expect(targets.services['api']).toMatchObject({
      kind: 'cloud-run-service',
      project: 'films-prod',
      location: 'europe-west4',
      url: 'https://api.films.example',
      scale: { min: 1, max: 1 },
    })
    expect(targets.services['queue']).toMatchObject({ kind: 'worker-pool', scale: { min: 2, max: 2 } })
    expect(targets.jobs['model.extract']).toMatchObject({ kind: 'cloud-run-job' })
    expect(targets.workers['detector']).toMatchObject({
      kind: 'gce-worker',
      image: 'gs://films-test-ledger-films-prod/workers/detector',
      instances: { 'sluice-worker': 'detector' },
    })
    expect(targets.buckets['raw']).toBe('gs://films-test-raw-films-prod')
    expect(targets.logs['api']).toBe(
      'logging:films-prod:resource.type="cloud_run_revision" AND resource.labels.service_name="films-test-api" AND resource.labels.location="europe-west4"',
    )
    expect(Object.keys(targets.alarms).sort()).toEqual([
      'api-5xx',
      'api-cpu',
      'db-cpu',
      'jobs-5xx',
      'jobs-cpu',
      'uploaded-dead-letters',
    ])
  })

  test('has a step with a GPU as a custom job of Vertex AI, its secrets by name', async () => {
    const { template } = targetsOf(await stacks(SHOP)).jobs['model.train'] as unknown as {
      template: {
        workerPoolSpecs: { machineSpec: object; containerSpec: { env: { name: string; value: string }[] } }[]
        scheduling: object
      }
    }
    expect(template.scheduling).toEqual({ timeout: '3600s', strategy: 'SPOT' })
    const [only, ...others] = template.workerPoolSpecs
    expect(others).toEqual([])
    expect(only?.machineSpec).toEqual({
      machineType: 'g2-standard-4',
      acceleratorType: 'NVIDIA_L4',
      acceleratorCount: 1,
    })
    expect(only?.containerSpec.env).toContainEqual({
      name: 'HUB_SECRET',
      value: 'projects/films-prod/secrets/films-hub',
    })
  })

  test('gives a request as long as a message may take to be acknowledged', async () => {
    const all = await stacks(VIDEO, 'production')
    expect(templateOf(all, 'worker')).toMatchObject({ timeout: '600s' })
    expect(templateOf(all, 'web')).toMatchObject({ timeout: '300s' })
  })
})
