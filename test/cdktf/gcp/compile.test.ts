import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { digestOf, imageReference } from '../../../src/domain/digest.ts'
import type { Stack } from '../../../src/domain/synthesizer.ts'
import { golden, ofType, one, type Resources, stacks } from '../stack.ts'
import { targetsOf } from '../targets.ts'

const root = join(import.meta.dirname, '../../..')
const example = (name: string): string => readFileSync(join(root, 'examples', name, 'sluice.yml'), 'utf8')
const VIDEO = example('video-processing')
const EXAMPLE = readFileSync(join(root, 'sluice.example.yml'), 'utf8')

const SHOP = `system: films
environments:
  test: { cloud: gcp, region: europe-west4, project: films-prod, zone: films.example, cidr: 10.20.0.0/16, tags: { cost-center: films } }
images: { app: { context: app } }
services:
  api: { image: app, port: 8000, health: /health, domain: api.films.example, connects: [db, raw, sessions, jobs, uploaded], secrets: { TOKEN: films/token } }
  jobs: { image: app, port: 8001, connects: [db] }
  queue: { image: app, command: [node, queue.ts], size: { cpu: 1 }, scale: { min: 2 }, connects: [raw] }
databases: { db: {} }
buckets: { raw: {} }
caches: { sessions: {} }
topics: { uploaded: { subscriber: jobs, path: /messages } }
workers: { detector: { image: app, connects: [raw] } }
pipelines:
  model:
    steps:
      extract: { image: app, outputs: { films: raw/films/ }, connects: [db] }
      train: { image: app, needs: [extract], gpu: 1, spot: true, inputs: { films: raw/films/ }, outputs: { model: raw/model/ }, secrets: { HUB: films/hub } }
`

interface Template {
  readonly serviceAccount: string
  readonly containers: readonly {
    readonly image: string
    readonly command?: readonly string[]
    readonly env: readonly { readonly name: string; readonly value?: string; readonly valueSource?: object }[]
  }[]
  readonly vpcAccess?: { readonly networkInterfaces: readonly { readonly tags: readonly string[] }[] }
}
const templateOf = (all: readonly Stack[], service: string): Template =>
  (targetsOf(all).services[service] as unknown as { template: Template }).template
const variables = ({ containers: [first] }: Template): Record<string, unknown> =>
  Object.fromEntries((first?.env ?? []).map(({ name, value, valueSource }) => [name, value ?? valueSource]))

describe('stacks', () => {
  test('have a state of their own in the bucket of the project, and come after those that they refer to', async () => {
    const all = await stacks(SHOP)
    expect(all.map(({ name }) => name)).toEqual(['foundation', 'data', 'compute', 'edge'])
    expect(all.map(({ json }) => (json['terraform'] as { backend: unknown }).backend)).toEqual(
      all.map(({ name }) => ({
        gcs: { bucket: 'sluice-state-films-prod-europe-west4', prefix: `films/test/${name}` },
      })),
    )
    expect(Object.fromEntries(all.map(({ name, dependsOn }) => [name, dependsOn]))).toEqual({
      foundation: [],
      data: ['foundation'],
      compute: ['data', 'foundation'],
      edge: ['compute', 'foundation'],
    })
  })

  test('carry labels as they are written', async () => {
    for (const { name, json } of await stacks(SHOP)) {
      const { google } = json['provider'] as { google: [{ default_labels: unknown }] }
      expect(google[0].default_labels).toEqual({
        'cost-center': 'films',
        'sluice-system': 'films',
        'sluice-environment': 'test',
        'sluice-stack': name,
      })
    }
  })

  test('of components come after what their resources connect, names and permissions alike', async () => {
    const all = await stacks(VIDEO, 'production')
    const names = all.map(({ name }) => name)
    expect(names).toEqual(['foundation', 'storage', 'messages', 'compute', 'edge'])
    expect(all.find(({ name }) => name === 'compute')?.dependsOn).toEqual([
      'foundation',
      'messages',
      'storage',
    ])
  })

  test.each([
    ['chicago-crime', 'europe'],
    ['fashion-catalog', 'europe'],
    ['video-processing', 'production'],
  ])('of %s in %s are made twice with the same bytes', async (system, environment) => {
    const text = example(system)
    const [first, second] = [await stacks(text, environment), await stacks(text, environment)]
    expect(first.length).toBeGreaterThanOrEqual(5)
    expect(JSON.stringify(second)).toBe(JSON.stringify(first))
  })

  test('another service changes nothing of those that were there', async () => {
    const before = await stacks(SHOP)
    const more = '  admin: { image: app, port: 80, domain: a.films.example, connects: [jobs, raw] }\n  jobs:'
    const after = await stacks(SHOP.replace('  jobs:', more))
    let compared = 0
    for (const { name, json } of before) {
      const now = (after.find((stack) => stack.name === name)?.json['resource'] ?? {}) as Resources
      for (const [type, resources] of Object.entries((json['resource'] ?? {}) as Resources)) {
        // It names every host, that is what it is for.
        if (type === 'google_compute_url_map') continue
        for (const [id, resource] of Object.entries(resources)) {
          expect(now[type]?.[id]).toEqual(resource)
          compared += 1
        }
      }
    }
    expect(compared).toBeGreaterThan(80)
    expect(templateOf(after, 'api')).toEqual(templateOf(before, 'api'))
  })

  test('logical ids of the example are those of the golden file', async () => {
    const all = await stacks(EXAMPLE, 'europe')
    const ids = all.map(({ name, json }) => [
      name,
      Object.entries((json['resource'] ?? {}) as Resources).flatMap(([type, resources]) =>
        Object.keys(resources).map((id) => `${type}.${id}`),
      ),
    ])
    await expect(golden(Object.fromEntries(ids))).toMatchFileSnapshot(
      join(import.meta.dirname, 'golden/ids.golden.json'),
    )
  })
})

describe('connects: is variable, permission and rule at once', () => {
  test('for a database: its socket, its password by reference, one server, and the way to it from this service alone', async () => {
    const all = await stacks(SHOP)
    const given = variables(templateOf(all, 'api'))
    expect(given).toMatchObject({ DB_PORT: '5432', DB_USER: 'sluice', DB_DATABASE: 'db' })
    expect(given['DB_HOST']).toMatch(/^\/cloudsql\/\$\{data\.terraform_remote_state\.\S+connection_name\}$/)
    expect(given['DB_PASSWORD']).toEqual({
      secretKeyRef: { secret: expect.stringContaining('password'), version: 'latest' },
    })
    expect(one(all, 'google_project_iam_member', 'access-api_connects-db')).toMatchObject({
      role: 'roles/cloudsql.client',
      condition: {
        expression:
          'resource.name == "projects/films-prod/instances/films-test-db" && resource.service == "sqladmin.googleapis.com"',
      },
    })
    expect(one(all, 'google_compute_firewall', 'access-api_to-db')).toMatchObject({
      direction: 'EGRESS',
      target_tags: ['films-test-api'],
      allow: [{ protocol: 'tcp', ports: ['3307'] }],
    })
    expect(templateOf(all, 'api').vpcAccess?.networkInterfaces[0]?.tags).toEqual(['films-test-api'])
  })

  test('a machine reaches a database by its address, for it has no sockets', async () => {
    const all = await stacks(
      SHOP.replace('detector: { image: app, connects: [raw]', 'detector: { image: app, connects: [db]'),
    )
    expect(one(all, 'google_compute_firewall', 'access-detector_to-db')['allow']).toEqual([
      { protocol: 'tcp', ports: ['5432'] },
    ])
    expect(JSON.stringify(all.map(({ json }) => json['locals']))).toMatch(
      /DB_HOST='\$\{\S+private_ip_address\}'/,
    )
  })

  test('nothing inside the network is reached without a rule', async () => {
    const rules = Object.entries(ofType(await stacks(SHOP), 'google_compute_firewall'))
    const opened = rules
      .filter(([, rule]) => rule['allow'] !== undefined)
      .map(([id]) => id.replace(/_[0-9A-F]{8}$/, ''))
    expect(opened.sort()).toEqual([
      'access-api_to-db',
      'access-api_to-sessions',
      'access-jobs_to-db',
      'access-step-model-extract_to-db',
      'worker-detector_iap',
    ])
    expect(rules.find(([id]) => id.startsWith('network_closed'))?.[1]).toMatchObject({
      direction: 'EGRESS',
      deny: [{ protocol: 'all' }],
    })
  })

  test('a service that is not public is called by who connects it, and by nobody else', async () => {
    const all = await stacks(SHOP)
    const callers = Object.entries(ofType(all, 'google_cloud_run_v2_service_iam_member'))
    expect(callers.map(([id]) => id.replace(/_[0-9A-F]{8}$/, '')).sort()).toEqual([
      'access-api_calls-jobs',
      'push-uploaded_calls',
    ])
    expect(one(all, 'google_cloud_run_v2_service', 'service-jobs')).toMatchObject({
      ingress: 'INGRESS_TRAFFIC_INTERNAL_ONLY',
      invoker_iam_disabled: false,
    })
    expect(variables(templateOf(all, 'api'))['JOBS_URL']).toBe(
      `https://films-test-jobs-\${data.google_project.project.number}.europe-west4.run.app`,
    )
  })

  test('two services may connect each other', async () => {
    const all = await stacks(
      SHOP.replace(
        'jobs: { image: app, port: 8001, connects: [db]',
        'jobs: { image: app, port: 8001, connects: [api, db]',
      ),
    )
    expect(variables(templateOf(all, 'jobs'))['API_URL']).toBe('https://api.films.example')
  })

  test('a step reads its inputs and writes its outputs, and no other part of a bucket', async () => {
    const all = await stacks(SHOP)
    const of = (id: string) => {
      const { role, condition } = one(all, 'google_storage_bucket_iam_member', `access-step-model-${id}`) as {
        role: string
        condition: { expression: string }
      }
      return [role, condition.expression]
    }
    const below = (path: string): string =>
      `resource.type != "storage.googleapis.com/Object" || resource.name.startsWith("projects/_/buckets/films-test-raw-films-prod/objects/${path}")`
    expect(of('extract_writes-films')).toEqual(['roles/storage.objectUser', below('films/')])
    expect(of('train_reads-films')).toEqual(['roles/storage.objectViewer', below('films/')])
    expect(of('train_writes-model')).toEqual(['roles/storage.objectUser', below('model/')])
  })

  test('every permission is for an account of its own; on the project only writing logs has no condition', async () => {
    const all = await stacks(EXAMPLE, 'europe')
    const members = all
      .flatMap(({ json }) => Object.entries((json['resource'] ?? {}) as Resources))
      .filter(([type]) => type.endsWith('_iam_member'))
      .flatMap(([type, resources]) => Object.values(resources).map((resource) => ({ type, resource })))
    expect(members.length).toBeGreaterThan(20)
    for (const { type, resource } of members) {
      expect(resource['member']).not.toMatch(/allUsers|allAuthenticatedUsers|-compute@developer/)
      if (type === 'google_project_iam_member' && resource['condition'] === undefined) {
        expect(resource['role']).toBe('roles/logging.logWriter')
      }
      expect(resource['role']).not.toMatch(/roles\/(?:owner|editor|viewer)$/)
    }
  })
})

describe('one owner of the image', () => {
  test('R22 no image of a release stands in a stack: synthesis before and after a build is the same', async () => {
    const reference = imageReference(
      'europe-west4-docker.pkg.dev/films-prod/films-test-app/app',
      digestOf('app'),
    )
    const [without, having] = [await stacks(SHOP), await stacks(SHOP, 'test', { app: reference })]
    expect(JSON.stringify(having)).toBe(JSON.stringify(without))
    expect(JSON.stringify(having)).not.toContain('@sha256:')
  })

  test('R22 what rollouts, runs and pauses move is ignored by plans', async () => {
    const all = await stacks(SHOP)
    const ignored = (type: string) =>
      Object.values(ofType(all, type)).map(
        (resource) => (resource['lifecycle'] as { ignore_changes: string[] }).ignore_changes,
      )
    const service = ['template', 'traffic', 'scaling', 'client', 'client_version']
    expect(ignored('google_cloud_run_v2_service')).toEqual([service, service])
    expect(ignored('google_cloud_run_v2_job')).toEqual([['template', 'client', 'client_version']])
    expect(ignored('google_cloud_run_v2_worker_pool')).toEqual([
      ['template', 'instance_splits', 'scaling', 'client', 'client_version'],
    ])
  })

  test('R22 what a rollout deploys names the repository by the tag that no image has', async () => {
    const all = await stacks(SHOP)
    expect(templateOf(all, 'queue').containers[0]).toMatchObject({
      image: 'europe-west4-docker.pkg.dev/films-prod/films-test-app/app:template',
      command: ['node', 'queue.ts'],
    })
    expect(one(all, 'google_artifact_registry_repository')).toMatchObject({
      repository_id: 'films-test-app',
      docker_config: { immutable_tags: true },
    })
  })
})

describe('safe by default', () => {
  test('R32 Compute Engine itself deletes every machine when its time is over', async () => {
    const all = await stacks(EXAMPLE, 'europe')
    const templates = Object.values(ofType(all, 'google_compute_region_instance_template'))
    expect(templates).toHaveLength(2)
    for (const template of templates) {
      expect(template['scheduling']).toMatchObject({
        max_run_duration: { seconds: 86_400 },
        instance_termination_action: 'DELETE',
        automatic_restart: false,
      })
    }
  })

  test('R32 the dead-man timer is the first command of a machine', async () => {
    const all = await stacks(EXAMPLE, 'europe')
    const boots = all
      .flatMap(({ json }) => Object.entries((json['locals'] ?? {}) as Record<string, string>))
      .filter(([id]) => id.startsWith('worker-'))
    expect(boots).toHaveLength(2)
    for (const [, boot] of boots) {
      expect(boot.split('\n').slice(0, 2)).toEqual([
        '#!/bin/bash',
        'systemd-run --unit=sluice-deadline --on-active=86400 systemctl poweroff --force',
      ])
    }
  })

  test('a shell of a machine leads through Identity-Aware Proxy alone', async () => {
    const rules = Object.values(ofType(await stacks(EXAMPLE, 'europe'), 'google_compute_firewall'))
    const inward = rules.filter((rule) => rule['direction'] === 'INGRESS')
    expect(inward).toHaveLength(2)
    for (const rule of inward) expect(rule['source_ranges']).toEqual(['35.235.240.0/20'])
  })

  test('services with a domain are reached through the load balancer, over TLS 1.2 at least', async () => {
    const all = await stacks(SHOP)
    expect(one(all, 'google_cloud_run_v2_service', 'service-api')['ingress']).toBe(
      'INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER',
    )
    expect(one(all, 'google_compute_ssl_policy')).toMatchObject({ min_tls_version: 'TLS_1_2' })
    expect(one(all, 'google_compute_url_map', 'internet_redirect')['default_url_redirect']).toMatchObject({
      https_redirect: true,
    })
    expect(one(all, 'google_dns_record_set', 'name-api')).toMatchObject({
      managed_zone: 'films-example',
      name: 'api.films.example.',
      type: 'A',
    })
  })

  test('APIs are switched on for what the system has, and never off', async () => {
    const apis = Object.values(ofType(await stacks(VIDEO, 'production'), 'google_project_service'))
    const names = apis.map(({ service }) => service)
    expect(names).toContain('sqladmin.googleapis.com')
    expect(names).not.toContain('memorystore.googleapis.com')
    expect(names).not.toContain('aiplatform.googleapis.com')
    for (const api of apis) expect(api['disable_on_destroy']).toBe(false)
  })
})

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

test('no binding is loaded lazily by itself: a bundle would find no names in it', () => {
  const files = readdirSync(join(root, 'cdktf'), { recursive: true, encoding: 'utf8' })
  const lazy = files
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => [
      ...readFileSync(join(root, 'cdktf', name), 'utf8').matchAll(/\bimport\(\s*'([^']+)'/g),
    ])
  expect(lazy.length).toBeGreaterThan(10)
  for (const [, from] of lazy) expect(from).toMatch(/^\.{1,2}\//)
})
