import { expect, test } from 'vitest'
import { AWS_PRICES } from '../../../src/domain/prices/aws.ts'
import { GCP_PRICES } from '../../../src/domain/prices/gcp.ts'
import { costOf, costText } from '../../../src/plan/cost/estimate.ts'
import { PAID_TYPES, paidBy } from '../../../src/plan/cost/paid.ts'
import { SYNTHESIZED_TYPES } from '../../../src/plan/synthesized-types.ts'

const database = (change: object = {}) => ({
  instance_class: 'db.t4g.small',
  allocated_storage: 30,
  storage_type: 'gp3',
  multi_az: false,
  ...change,
})

const stack = (resource: object, region = 'us-east-1') => [
  { name: 'data', document: { provider: { aws: [{ region }] }, resource } },
]
const onGoogle = (resource: object, region = 'us-central1') => [
  { name: 'data', document: { provider: { google: [{ region }] }, resource } },
]

test('a database server costs its hours and its disk, and twice that in two zones', () => {
  // 0.032 * 730 + 30 * 0.115
  expect(costOf(stack({ aws_db_instance: { db: database() } }))?.monthly).toBeCloseTo(26.81, 6)
  const both = costOf(stack({ aws_db_instance: { db: database({ multi_az: true }) } }))
  expect(both?.monthly).toBeCloseTo(53.62, 6)
})

const task = (cpu: string, memory: string, cpu_architecture = 'X86_64') => ({
  cpu,
  memory,
  runtime_platform: { cpu_architecture },
})
const service = (name: string, change: object = {}) => ({
  task_definition: `\${aws_ecs_task_definition.${name}.arn}`,
  desired_count: 0,
  launch_type: 'FARGATE',
  ...change,
})

test('a service costs the tasks that it is never scaled below, or one, by what each takes', () => {
  const found = costOf(
    stack({
      aws_ecs_task_definition: {
        api: task('512', '1024'),
        page: task('256', '512', 'ARM64'),
        job: task('4096', '8192'),
      },
      aws_ecs_service: { api: service('api'), page: service('page') },
      aws_appautoscaling_target: {
        api: { min_capacity: 2, resource_id: `service/shop/\${aws_ecs_service.api.name}` },
      },
    }),
  )
  const api = 2 * (0.5 * 0.04048 + 1 * 0.004445) * 730
  const page = (0.25 * 0.03238 + 0.5 * 0.00356) * 730
  expect(found?.monthly).toBeCloseTo(api + page, 6)
  // The task of a step runs when its pipeline does.
  expect(found).toMatchObject({ priced: 2, byUse: ['aws_ecs_task_definition'], unpriced: [] })
})

test('a service on machines, or without a size that is known, has no price', () => {
  const aws_ecs_task_definition = { api: task('512', '1024') }
  for (const api of [service('api', { launch_type: 'EC2' }), service('other')]) {
    expect(costOf(stack({ aws_ecs_task_definition, aws_ecs_service: { api } }))).toMatchObject({
      priced: 0,
      unpriced: [{ type: 'aws_ecs_service', count: 1 }],
    })
  }
})

test('caches cost their nodes, endpoints their zones, alarms by the month', () => {
  const found = costOf(
    stack({
      aws_elasticache_replication_group: {
        one: { engine: 'valkey', node_type: 'cache.t4g.micro', num_cache_clusters: 2 },
        shards: {
          engine: 'valkey',
          node_type: 'cache.t4g.small',
          num_node_groups: 3,
          replicas_per_node_group: 1,
        },
        redis: { engine: 'redis', node_type: 'cache.t4g.small', num_cache_clusters: 1 },
      },
      aws_vpc_endpoint: {
        s3: { vpc_endpoint_type: 'Gateway' },
        ecr: { vpc_endpoint_type: 'Interface', subnet_ids: ['a', 'b'] },
      },
      aws_cloudwatch_metric_alarm: { cpu: {}, errors: {} },
      aws_eip: { nat: {} },
    }),
  )
  const caches = (2 * 0.0128 + 6 * 0.0256) * 730
  expect(found?.monthly).toBeCloseTo(caches + (2 * 0.01 + 0.005) * 730 + 0.2, 6)
  // The gateway of S3 is free, and none of the six.
  expect(found).toMatchObject({
    priced: 6,
    unpriced: [{ type: 'aws_elasticache_replication_group', count: 1 }],
  })
})

test('machines are told by the hour, with a price where there is one', () => {
  const found = costOf(
    stack({
      aws_launch_template: { worker: { instance_type: 'g5.xlarge' }, odd: {} },
      aws_batch_compute_environment: {
        queue: { compute_resources: { instance_type: ['g4dn.xlarge', 'x9.huge'] } },
      },
    }),
  )
  expect(found).toMatchObject({
    monthly: 0,
    machines: [
      { type: 'g4dn.xlarge', hourly: 0.526 },
      { type: 'g5.xlarge', hourly: 1.006 },
      { type: 'x9.huge' },
    ],
    unpriced: [{ type: 'aws_launch_template', count: 1 }],
  })
})

test('what has no price is named and counted, and never free', () => {
  const found = costOf(
    stack({
      aws_db_instance: {
        db: database({ instance_class: 'db.x9.huge' }),
        odd: database({ storage_type: 'io2' }),
      },
      aws_lb: { web: { load_balancer_type: 'application' }, net: { load_balancer_type: 'network' } },
      aws_nat_gateway: { a: {}, b: {} },
      aws_iam_role: { api: {} },
      aws_redshift_cluster: { own: {} },
    }),
  )
  expect(found).toMatchObject({
    priced: 3,
    byUse: [],
    unpriced: [
      { type: 'aws_db_instance', count: 2 },
      { type: 'aws_lb', count: 1 },
      { type: 'aws_redshift_cluster', count: 1 },
    ],
  })
  expect(found?.monthly).toBeCloseTo(0.0225 * 730 + 2 * 0.045 * 730, 6)
})

const sql = (settings: object) => ({
  database_version: 'POSTGRES_16',
  settings: { edition: 'ENTERPRISE', disk_size: 20, ...settings },
})

test('on Google Cloud a server costs its cores and memory, twice in two zones, and rules cost together', () => {
  const found = costOf(
    onGoogle({
      google_sql_database_instance: {
        small: sql({ tier: 'db-g1-small' }),
        two: sql({ tier: 'db-custom-2-7680', availability_type: 'REGIONAL' }),
        plus: sql({ tier: 'db-perf-optimized-N-2', edition: 'ENTERPRISE_PLUS' }),
      },
      google_compute_global_forwarding_rule: { http: {}, https: {} },
      google_storage_bucket: { raw: {} },
      google_memorystore_instance: { cache: {} },
    }),
  )
  const small = 0.035 * 730 + 20 * 0.17
  const two = 2 * ((2 * 0.0413 + 7.5 * 0.007) * 730 + 20 * 0.17)
  expect(found?.monthly).toBeCloseTo(small + two + 0.025 * 730, 6)
  expect(found).toMatchObject({
    byUse: ['google_storage_bucket'],
    unpriced: [
      { type: 'google_memorystore_instance', count: 1 },
      { type: 'google_sql_database_instance', count: 1 },
    ],
  })
  // A region whose database prices nobody looked up borrows none.
  expect(
    costOf(onGoogle({ google_sql_database_instance: { a: sql({ tier: 'db-g1-small' }) } }, 'europe-west1')),
  ).toMatchObject({ monthly: 0, unpriced: [{ type: 'google_sql_database_instance', count: 1 }] })
})

test('a region or cloud without a table has no estimate', () => {
  expect(costOf(stack({}, 'eu-north-1'))).toBeUndefined()
  expect(costOf(stack({}, 'constructor'))).toBeUndefined()
  expect(costOf(onGoogle({}, 'constructor'))).toBeUndefined()
  expect(costOf([])).toBeUndefined()
  expect(costOf([...stack({}), ...stack({}, 'us-west-2')])).toBeUndefined()
})

test('every type that the compiler makes is paid in a way that is known, and no other is listed', () => {
  expect(PAID_TYPES.filter((type) => !SYNTHESIZED_TYPES.has(type))).toEqual([])
  expect(new Set(PAID_TYPES).size).toBe(PAID_TYPES.length)
  // What sounds like a thing that is paid for is not free by being forgotten.
  const free = [...SYNTHESIZED_TYPES].filter((type) => paidBy(type, SYNTHESIZED_TYPES) === 'free')
  expect(
    free.filter((type) =>
      /(_instance|_function|_bucket|_table|_queue|_topic|_cluster|_gateway|_lb)$/.test(type),
    ),
  ).toEqual(['aws_batch_job_queue', 'aws_ecs_cluster', 'aws_internet_gateway', 'aws_route_table'])
  expect(paidBy('aws_redshift_cluster', SYNTHESIZED_TYPES)).toBeUndefined()
})

test('every table says when it was looked up, and has prices above nothing', () => {
  for (const { asOf, ...prices } of [...Object.values(AWS_PRICES), ...Object.values(GCP_PRICES)]) {
    expect(asOf).toMatch(/^\d{4}-\d{2}-\d{2}$/)
    const numbers =
      JSON.stringify(prices)
        .match(/(?<=:)[\d.e-]+/g)
        ?.map(Number) ?? []
    expect(numbers.length).toBeGreaterThan(0)
    for (const one of numbers) expect(one).toBeGreaterThan(0)
  }
})

test('the sentences say what it is for, of when, and what is not in it', () => {
  const found = costOf(
    stack({
      aws_lb: { web: { load_balancer_type: 'application' }, net: { load_balancer_type: 'network' } },
      aws_s3_bucket: { raw: {} },
      aws_launch_template: { worker: { instance_type: 'g5.xlarge' } },
    }),
  )
  expect(found === undefined ? '' : costText(found)).toBe(
    'At least $16.43 a month for 1 resource once everything runs, at list prices of us-east-1 of 2026-11-21, without use, traffic and discounts. No price here: aws_lb. While they run: g5.xlarge $1.006 an hour. Paid by use alone: aws_s3_bucket.',
  )
})

test('where nothing with a price stands around the clock, that is said', () => {
  const found = costOf(stack({ aws_lambda_function: { f: {} } }))
  expect(found === undefined ? '' : costText(found)).toBe(
    'Nothing that has a price here stands around the clock, by list prices of us-east-1 of 2026-11-21. Paid by use alone: aws_lambda_function.',
  )
})
