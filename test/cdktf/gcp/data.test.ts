import { describe, expect, test } from 'vitest'
import { cpuOf, entryPoint, runtimeId } from '../../../cdktf/gcp/compile/functions.ts'
import type { Stack } from '../../../src/domain/stacks/synthesizer.ts'
import { ofType, one, type Resources, stacks } from '../stack.ts'
import { targetsOf } from '../targets.ts'

const MEDIA = `system: media
environments:
  test: { cloud: gcp, region: europe-west4, project: media-prod }
images: { app: { context: app } }
services:
  convert: { image: app, port: 8080, connects: [db, sessions] }
  sweep: { image: app, size: { cpu: 1 } }
functions:
  thumbnail: { source: functions/thumbnail, handler: index.thumbnail, runtime: nodejs22.x, connects: [videos], secrets: { KEY: media/key } }
  report: { image: app, memory: 1GiB, timeout: 5m, connects: [db] }
databases: { db: { names: [media, mlflow], high-availability: true } }
buckets: { videos: { versioned: true }, scratch: { expire: 60d, protect: false } }
caches: { sessions: {} }
topics:
  uploaded: { subscriber: convert, path: /messages }
  asked: { subscriber: sweep, dead-letter: false }
  drawn: { subscriber: thumbnail }
  heard: {}
`
const stackNamed = (all: readonly Stack[], name: string): Resources =>
  (all.find((stack) => stack.name === name)?.json['resource'] ?? {}) as Resources
const namesOf = (resources: Resources, type: string): unknown[] =>
  Object.values(resources[type] ?? {}).map(({ name }) => name)

test('what a stack refers to stands in it', async () => {
  for (const { name, json } of await stacks(MEDIA)) {
    const text = JSON.stringify({ resource: json['resource'], output: json['output'] })
    const resources = json['resource'] as Resources
    const referred = [...text.matchAll(/\$\{[a-z0-9_]*\(?"?(google_[a-z0-9_]+)\.([A-Za-z0-9_-]+)/g)]
    expect(referred.length, name).toBeGreaterThan(0)
    for (const [, type = '', id = ''] of referred)
      expect(resources[type], `${name}: ${id}`).toHaveProperty(id)
  }
})

describe('databases', () => {
  test('are reached through a connection of the network, with all their databases', async () => {
    const all = await stacks(MEDIA)
    expect(
      one(
        [{ ...all[0], json: { resource: stackNamed(all, 'foundation') } } as Stack],
        'google_service_networking_connection',
      ),
    ).toMatchObject({
      service: 'servicenetworking.googleapis.com',
    })
    expect(namesOf(stackNamed(all, 'data'), 'google_sql_database')).toEqual(['media', 'mlflow'])
    expect(targetsOf(all).databases['db']).toMatchObject({
      kind: 'cloud-sql',
      port: 5432,
      name: 'media',
      names: ['media', 'mlflow'],
      secret: 'projects/media-prod/secrets/media-test-db-password',
    })
  })

  test('R5 have passwords in no stack, plan or target', async () => {
    const all = await stacks(MEDIA)
    for (const user of Object.values(ofType(all, 'google_sql_user')))
      expect(user).not.toHaveProperty('password')
    for (const version of Object.values(ofType(all, 'google_secret_manager_secret_version')))
      expect(version).not.toHaveProperty('secret_data')
  })
})

describe('the registry of models', () => {
  const text = (mlflow: string, registry: string): string =>
    `${MEDIA}models:
  taste:
    registry: ${registry}
    evaluation: taste.score
    artifact: taste.train.model
    gate: { primary: { metric: f1, direction: higher, rule: superior, alpha: 0.05 } }
pipelines:
  taste:
    steps:
      train: { image: app, outputs: { model: videos/model.json } }
      score: { image: app, needs: [train], inputs: { model: videos/model.json }, outputs: { evaluation: videos/e/ } }
`.replace('services:', `services:\n  mlflow: { image: app, port: 5000, ${mlflow} }`)
  const told = async (mlflow: string, registry: string): Promise<string[]> => {
    const { services, jobs } = targetsOf(await stacks(text(mlflow, registry)))
    return Object.entries({ ...services, ...jobs }).flatMap(([name, target]) =>
      JSON.stringify(target).includes('MLFLOW_TRACKING_URI') ? [name] : [],
    )
  }

  test('is told to services and steps where everybody may call it', async () => {
    const all = ['convert', 'sweep', 'taste.score', 'taste.train']
    expect((await told('', 'https://mlflow.example')).sort()).toEqual(['mlflow', ...all].sort())
    expect((await told('public: true', 'mlflow')).sort()).toEqual(all)
    expect(await told('', 'mlflow')).toEqual([])
  })
})

describe('buckets', () => {
  test('are never public, and permissions are theirs alone', async () => {
    const all = await stacks(MEDIA)
    const buckets = Object.values(ofType(all, 'google_storage_bucket'))
    // Two of the file, the ledger, and the code of functions.
    expect(buckets).toHaveLength(4)
    for (const bucket of buckets) {
      expect(bucket).toMatchObject({
        uniform_bucket_level_access: true,
        public_access_prevention: 'enforced',
        location: 'europe-west4',
      })
    }
    expect(targetsOf(all).buckets).toEqual({
      videos: 'gs://media-test-videos-media-prod',
      scratch: 'gs://media-test-scratch-media-prod',
    })
  })
})

describe('topics', () => {
  const subscription = async (name: string) =>
    one(await stacks(MEDIA), 'google_pubsub_subscription', `subscription-${name}`)

  test('are pushed to the path of a service, as an identity that may call this service alone', async () => {
    const all = await stacks(MEDIA)
    const push = (await subscription('uploaded'))['push_config'] as Record<string, unknown>
    const url = `https://media-test-convert-\${data.google_project.project.number}.europe-west4.run.app`
    expect(push).toMatchObject({ push_endpoint: `${url}/messages`, oidc_token: { audience: url } })
    expect(one(all, 'google_cloud_run_v2_service_iam_member', 'push-uploaded')).toMatchObject({
      role: 'roles/run.invoker',
      name: expect.stringContaining('google_cloud_run_v2_service.service-convert') as string,
    })
  })

  test('are pushed to a function, whichever it is made of', async () => {
    expect((await subscription('drawn'))['push_config']).toMatchObject({
      push_endpoint: expect.stringMatching(/^https:\/\/media-test-thumbnail-.*\.run\.app\/$/) as string,
    })
  })

  test('are kept for who asks, who is told the name and may read', async () => {
    const all = await stacks(MEDIA)
    expect(await subscription('asked')).not.toHaveProperty('push_config')
    expect(one(all, 'google_pubsub_subscription_iam_member', 'asks-asked')).toMatchObject({
      subscription: 'media-test-asked',
      role: 'roles/pubsub.subscriber',
    })
    const sweep = targetsOf(all).services['sweep'] as unknown as { template: unknown }
    expect(JSON.stringify(sweep.template)).toContain(
      '{"name":"ASKED_SUBSCRIPTION","value":"projects/media-prod/subscriptions/media-test-asked"}',
    )
  })

  test('are kept even where nobody listens yet', async () => {
    expect(await subscription('heard')).toMatchObject({
      expiration_policy: { ttl: '' },
      message_retention_duration: '604800s',
    })
  })

  test('give messages up to a subscription that keeps them, and an alarm', async () => {
    const all = await stacks(MEDIA)
    expect((await subscription('uploaded'))['dead_letter_policy']).toMatchObject({ max_delivery_attempts: 5 })
    expect(one(all, 'google_pubsub_subscription', 'topic-uploaded_kept')).toMatchObject({
      name: 'media-test-uploaded-dead',
    })
    expect(await subscription('asked')).not.toHaveProperty('dead_letter_policy')
    const alarms = Object.keys(targetsOf(all).alarms).filter((name) => name.endsWith('dead-letters'))
    expect(alarms.sort()).toEqual(['drawn-dead-letters', 'heard-dead-letters', 'uploaded-dead-letters'])
  })
})

describe('caches', () => {
  test('appear in the network by one connection, over TLS', async () => {
    const all = await stacks(MEDIA)
    expect(Object.keys(stackNamed(all, 'foundation'))).toContain(
      'google_network_connectivity_service_connection_policy',
    )
    expect(one(all, 'google_memorystore_instance')).toMatchObject({
      transit_encryption_mode: 'SERVER_AUTHENTICATION',
      node_type: 'SHARED_CORE_NANO',
    })
    expect(targetsOf(all).caches['sessions']).toMatch(/^rediss:\/\/.*:6379$/)
  })

  test('hand their certificates to who connects', async () => {
    const all = await stacks(MEDIA)
    const { template } = targetsOf(all).services['convert'] as unknown as { template: unknown }
    expect(JSON.stringify(template)).toContain('"name":"SESSIONS_CA"')
  })
})

describe('functions', () => {
  test('from source are built by an account that owns nothing else, and told their secrets by name', async () => {
    const all = await stacks(MEDIA)
    const made = one(all, 'google_cloudfunctions2_function')
    expect(made['build_config']).toMatchObject({ runtime: 'nodejs22', entry_point: 'thumbnail' })
    const { service_account: account } = made['build_config'] as { service_account: string }
    expect(account).toContain('builder')
    expect(made['service_config']).toMatchObject({
      ingress_settings: 'ALLOW_INTERNAL_ONLY',
      secret_environment_variables: [
        { key: 'KEY', project_id: 'media-prod', secret: 'media-key', version: 'latest' },
      ],
      environment_variables: { VIDEOS_URI: 'gs://media-test-videos-media-prod' },
    })
    expect(made['depends_on']).toEqual([
      expect.stringMatching(/^google_secret_manager_secret_iam_member\..*thumbnail_reads/) as string,
    ])
    const { assets } = all.find(({ name }) => name === 'compute') ?? { assets: [] }
    expect(assets).toEqual([{ path: 'assets/thumbnail.zip', source: 'functions/thumbnail', how: 'zip' }])
  })

  test('R22 with an image are services that a rollout moves', async () => {
    const all = await stacks(MEDIA)
    expect(targetsOf(all).functions['report']).toMatchObject({
      kind: 'cloud-run-service',
      template: {
        timeout: '300s',
        containers: [
          { image: 'europe-west4-docker.pkg.dev/media-prod/media-test-app/app:template', name: 'report' },
        ],
      },
    })
    expect(one(all, 'google_cloud_run_v2_service', 'function-report')['lifecycle']).toMatchObject({
      ignore_changes: expect.arrayContaining(['template', 'traffic']) as string[],
    })
  })

  test('are said once for both clouds', () => {
    expect([runtimeId('nodejs22.x'), runtimeId('python3.13'), runtimeId('nodejs22')]).toEqual([
      'nodejs22',
      'python313',
      'nodejs22',
    ])
    expect([entryPoint('index.handler'), entryPoint('src/app.main'), entryPoint('main')]).toEqual([
      'handler',
      'main',
      'main',
    ])
  })

  test('get the least CPU that goes with their memory', () => {
    const gib = 2 ** 30
    expect([gib / 4, 4 * gib, 4 * gib + 1, 16 * gib, 32 * gib].map(cpuOf)).toEqual([1, 1, 2, 4, 8])
  })
})

test.each([
  ['apis', 'functions: { f: { image: app } }\napis: { web: { routes: { GET /x: f } } }'],
  ['tables', 'tables: { people: { attributes: { id: string }, key: { partition: id } } }'],
])('R44 %s are refused by name, with what to write', async (kind, text) => {
  const [head = ''] = MEDIA.split('services:')
  await expect(stacks(head + text)).rejects.toThrow(`cloud gcp does not run ${kind} yet`)
})
