import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { literal } from '../../cdktf/core/literal.ts'
import { digestOf, imageReference } from '../../src/domain/digest.ts'
import { inOrder } from '../../src/domain/stacks/stack-order.ts'
import { golden, ofType, one, type Resources, stacks } from './stack.ts'
import { targetsOf } from './targets.ts'

const root = join(import.meta.dirname, '../..')
const FILMLENS = readFileSync(join(root, 'examples/filmlens/sluice.yml'), 'utf8')
const EXAMPLE = readFileSync(join(root, 'sluice.example.yml'), 'utf8')

const SHOP = `
services:
  api: { image: app, port: 8000, health: /health, domain: api.films.example, connects: [db, raw, sessions, jobs] }
  jobs: { image: app, port: 8001, connects: [db] }
databases: { db: {} }
buckets: { raw: {} }
caches: { sessions: {} }
`

type Containers = {
  name: string
  image: string
  environment: { name: string; value: string }[]
  secrets: { name: string; valueFrom: string }[]
}[]
const containers = (definition: Record<string, unknown>): Containers =>
  JSON.parse(String(definition['container_definitions'])) as Containers

describe('filmlens production', () => {
  test('is at least 50 resources in at least 4 stacks, each with a state of its own', async () => {
    const all = await stacks(FILMLENS, 'production')
    const resources = all.flatMap(({ json }) => Object.values((json['resource'] ?? {}) as Resources))
    expect(resources.flatMap(Object.keys).length).toBeGreaterThanOrEqual(50)
    expect(all.length).toBeGreaterThanOrEqual(4)
    const keys = all.map(({ json }) => {
      const { backend } = json['terraform'] as { backend: { s3: { key: string; use_lockfile: boolean } } }
      expect(backend.s3.use_lockfile).toBe(true)
      return backend.s3.key
    })
    expect(new Set(keys).size).toBe(all.length)
  })

  test('has its components as stacks, after those that they refer to', async () => {
    const all = await stacks(FILMLENS, 'production')
    const names = all.map(({ name }) => name)
    expect(names).toEqual(['foundation', 'storage', 'mlflow-storage', 'cluster', 'compute', 'edge'])
    for (const { name, dependsOn } of all) {
      for (const other of dependsOn) expect(names.indexOf(other)).toBeLessThan(names.indexOf(name))
    }
  })
})

describe('names and ids', () => {
  test('the same input gives the same bytes', async () => {
    const [first, second] = [await stacks(EXAMPLE, 'production'), await stacks(EXAMPLE, 'production')]
    expect(JSON.stringify(first)).toBe(JSON.stringify(second))
  })

  test('another service changes nothing of those that were there', async () => {
    const before = await stacks(SHOP)
    const after = await stacks(
      SHOP.replace('  jobs:', '  admin: { image: app, port: 80, domain: a.films.example }\n  jobs:'),
    )
    for (const { name, json } of before) {
      const now = (after.find((stack) => stack.name === name)?.json['resource'] ?? {}) as Resources
      for (const [type, resources] of Object.entries((json['resource'] ?? {}) as Resources)) {
        for (const [id, resource] of Object.entries(resources)) {
          // The certificate names every domain, that is what it is for.
          if (type.startsWith('aws_acm_certificate')) continue
          expect(now[type]?.[id]).toEqual(resource)
        }
      }
    }
  })

  test('logical ids of the example are those of the golden file', async () => {
    const all = await stacks(EXAMPLE, 'production')
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
  test('for a database: its address, its password by reference, and the way to it from this service alone', async () => {
    const all = await stacks(SHOP)
    const [api] = containers(one(all, 'aws_ecs_task_definition', 'task-api'))
    const environment = Object.fromEntries((api?.environment ?? []).map(({ name, value }) => [name, value]))
    expect(environment).toMatchObject({
      PORT: '8000',
      DB_PORT: '5432',
      DB_DATABASE: 'db',
      RAW_BUCKET: 'films-test-raw-222222222222',
      JOBS_URL: 'http://jobs:8001',
    })
    expect(environment['DB_HOST']).toMatch(/^\$\{data\.terraform_remote_state\.\S+\}$/)
    expect(api?.secrets.map(({ name }) => name)).toEqual(['DB_PASSWORD'])
    expect(api?.secrets[0]?.valueFrom).toMatch(/:password::$/)
    expect(JSON.stringify(environment)).not.toContain('PASSWORD')
    const rules = Object.keys(ofType(all, 'aws_vpc_security_group_ingress_rule')).map((id) =>
      id.replace(/_[0-9A-F]{8}$/, ''),
    )
    expect(rules.sort()).toEqual([
      'api-to-db',
      'api-to-jobs',
      'api-to-sessions',
      'internet-to-api',
      'internet_in-443',
      'internet_in-80',
      'jobs-to-db',
    ])
    expect(one(all, 'aws_vpc_security_group_ingress_rule', 'api-to-db')).toMatchObject({
      from_port: 5432,
      to_port: 5432,
      ip_protocol: 'tcp',
    })
  })

  test('a bucket that is not connected is not named in a policy', async () => {
    const all = await stacks(SHOP)
    const policy = (service: string): string =>
      JSON.stringify(
        Object.entries(ofType(all, 'aws_iam_role_policy')).filter(([id]) => id.startsWith(`task-${service}`)),
      )
    expect(policy('api')).toContain('films-test-raw-222222222222')
    expect(policy('jobs')).not.toContain('films-test-raw')
  })
})

describe('one owner of the image', () => {
  test('R22 no image of a release stands in a stack: synthesis before and after a build is the same', async () => {
    const reference = imageReference(
      '222222222222.dkr.ecr.us-east-1.amazonaws.com/films-test/app',
      digestOf('app'),
    )
    const [without, having] = [await stacks(SHOP), await stacks(SHOP, 'test', { app: reference })]
    expect(JSON.stringify(having)).toBe(JSON.stringify(without))
  })

  test('R22 what rollouts move is ignored by plans', async () => {
    const all = await stacks(SHOP)
    for (const service of Object.values(ofType(all, 'aws_ecs_service'))) {
      expect(service['desired_count']).toBe(0)
      expect(service['lifecycle']).toEqual({
        ignore_changes: ['task_definition', 'desired_count', 'deployment_configuration'],
      })
    }
    const rules = Object.values(ofType(all, 'aws_lb_listener_rule'))
    expect(rules.length).toBeGreaterThan(1)
    for (const rule of rules) expect(rule['lifecycle']).toEqual({ ignore_changes: ['action'] })
    expect(one(await stacks(EXAMPLE, 'production'), 'aws_appautoscaling_target')['lifecycle']).toEqual({
      ignore_changes: ['suspended_state'],
    })
  })
})

describe('safe by default', () => {
  test('what leads to a revision on its way is for the same host, wants a header of its own, and opens no port', async () => {
    const all = await stacks(SHOP)
    const rules = Object.values(ofType(all, 'aws_lb_listener_rule')) as {
      listener_arn: string
      priority: number
      condition: { http_header?: { http_header_name: string; values: string[] } }[]
    }[]
    const staged = rules.filter(({ condition }) => condition.some((one) => one.http_header !== undefined))
    expect(staged).toHaveLength(rules.length / 2)
    for (const rule of staged) {
      const [mine, header] = rule.condition
      const others = rules.filter((one) => !staged.includes(one))
      const production = others.find(({ condition }) => JSON.stringify(condition[0]) === JSON.stringify(mine))
      expect(header?.http_header?.values[0]).toMatch(/^[0-9a-f]{20}$/)
      expect(rule.listener_arn).toBe(production?.listener_arn)
      expect(rule.priority).toBeLessThan(production?.priority ?? 0)
    }
  })

  test('R32 nothing can be launched before its killer is there', async () => {
    const all = await stacks(EXAMPLE, 'production')
    const templates = Object.values(ofType(all, 'aws_launch_template'))
    expect(templates.length).toBeGreaterThan(0)
    for (const template of templates) {
      expect(template['depends_on']).toEqual([expect.stringMatching(/^aws_scheduler_schedule\./)])
      expect(template['instance_initiated_shutdown_behavior']).toBe('terminate')
    }
  })

  test('R32 the dead-man timer is the first command of a machine', async () => {
    const all = await stacks(EXAMPLE, 'production')
    const boots = all.flatMap(({ json }) => Object.values((json['locals'] ?? {}) as Record<string, string>))
    expect(boots.length).toBeGreaterThan(0)
    for (const boot of boots) {
      expect(boot.split('\n').slice(0, 2)).toEqual([
        '#!/bin/bash',
        'systemd-run --unit=sluice-deadline --on-active=86400 systemctl poweroff --force',
      ])
    }
  })

  test('only the load balancer is open to the internet, and only on 80 and 443', async () => {
    const all = await stacks(EXAMPLE, 'production')
    const open = Object.values(ofType(all, 'aws_vpc_security_group_ingress_rule')).filter(
      (rule) => rule['cidr_ipv4'] !== undefined,
    )
    expect(open.map((rule) => rule['from_port']).sort()).toEqual([443, 80])
  })

  test('every bucket is closed, encrypted and reached over TLS', async () => {
    const all = await stacks(EXAMPLE, 'production')
    const buckets = Object.keys(ofType(all, 'aws_s3_bucket')).length
    for (const type of ['public_access_block', 'server_side_encryption_configuration', 'policy']) {
      expect(Object.keys(ofType(all, `aws_s3_bucket_${type}`)).length).toBe(buckets)
    }
  })

  test('no secret value and no password stands in any stack', async () => {
    const all = await stacks(EXAMPLE, 'production')
    const database = one(all, 'aws_db_instance')
    expect(database['manage_master_user_password']).toBe(true)
    expect(database).not.toHaveProperty('password')
    expect(ofType(all, 'aws_secretsmanager_secret_version')).toEqual({})
  })
})

describe('text of users', () => {
  test('is never a template of Terraform', async () => {
    const all = await stacks(
      SHOP.replace('port: 8001,', `port: 8001, env: { EVIL: '\${file("/etc/passwd")} %{ if true }' },`),
    )
    const [jobs] = containers(one(all, 'aws_ecs_task_definition', 'task-jobs'))
    expect(jobs?.environment).toContainEqual({
      name: 'EVIL',
      value: `$\${file("/etc/passwd")} %%{ if true }`,
    })
  })

  test('comes back from Terraform as it was, or is refused', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('$', '%', '{', '}', 'a', '"') }), (text) => {
        if (/[$%]{2}\{/.test(text)) expect(() => literal(text)).toThrow('cannot be said to Terraform')
        else expect(evaluate(literal(text))).toBe(text)
      }),
    )
  })
})

/** How HCL reads a template without expressions: a doubled sign before a brace is one. */
function evaluate(template: string): string {
  expect(template.replace(/\$\$\{|%%\{/g, '')).not.toMatch(/[$%]\{/)
  return template.replace(/\$\$\{/g, `\${`).replace(/%%\{/g, '%{')
}

describe('the output sluice', () => {
  test('of all stacks together is targets.json', async () => {
    const targets = targetsOf(await stacks(EXAMPLE, 'production'))
    expect(targets.ledger).toBe('s3://filmlens-production-ledger-222222222222/ledger')
    expect(Object.keys(targets.services)).toEqual(['api', 'mlflow'])
    expect(targets.services['api']).toMatchObject({
      kind: 'ecs-service',
      region: 'us-east-1',
      cluster: 'filmlens-production',
      service: 'filmlens-production-api',
      container: 'api',
      loadBalanced: true,
      url: 'https://api.filmlens.example',
    })
    expect(targets.services['mlflow']).toMatchObject({ loadBalanced: false })
    expect(Object.keys(targets.jobs)).toEqual([
      'db-names',
      'sentiment.extract',
      'sentiment.train',
      'sentiment.score',
    ])
    expect(targets.jobs['sentiment.train']).toMatchObject({ kind: 'batch-job' })
    expect(Object.keys(targets.workers).sort()).toEqual(['detector', 'scripted'])
    expect(Object.keys(targets.functions).sort()).toEqual(['start-worker', 'upload-url'])
    expect(targets.buckets['scratch']).toBe('s3://filmlens-production-scratch-222222222222')
    expect(targets.logs['api']).toBe('cloudwatch:us-east-1:/ecs/filmlens/api')
  })
})

test('stacks that depend on each other are no order', () => {
  const stack = (name: string, ...dependsOn: string[]) => ({ name, dependsOn })
  expect(inOrder([stack('b', 'a'), stack('a')]).map(({ name }) => name)).toEqual(['a', 'b'])
  expect(() => inOrder([stack('a', 'b'), stack('b', 'a')])).toThrow('in a circle')
})

test('bindings are imported one by one, never the barrel', () => {
  const files = readdirSync(join(root, 'cdktf'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  )
  const imports = files.flatMap((name) => [
    ...readFileSync(join(root, 'cdktf', name), 'utf8').matchAll(/from '(@cdktf\/[^']+)'/g),
  ])
  expect(imports.length).toBeGreaterThan(50)
  for (const [, from] of imports)
    expect(from).toMatch(/^@cdktf\/provider-(?:aws|google)\/lib\/[a-z0-9-]+\/index\.js$/)
})
