import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { golden, ofType, one, type Resources, stacks } from '../stack.ts'
import { EXAMPLE, example, root, SHOP, templateOf, VIDEO, variables } from './shop.ts'

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
