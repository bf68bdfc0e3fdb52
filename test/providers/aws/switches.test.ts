import { expect, test } from 'vitest'
import type { Targets } from '../../../src/domain/stacks/targets.ts'
import { openAwsOperations } from '../../../src/providers/aws/operations/index.ts'
import type { ProviderContext } from '../../../src/providers/provider.ts'
import { fakeRuntime } from '../../../src/runtime/fake/index.ts'
import { nodeHttp } from '../../../src/runtime/node/http.ts'
import { errorOf } from '../../images/registry/client.ts'
import { MemoryObjects } from '../../world/objects.ts'
import { type Answer, type Asked, fakeAws, fastClock, refusal } from './fake-aws.ts'
import { testSession } from './session.ts'

const targets = {
  services: {
    api: {
      kind: 'ecs-service',
      region: 'eu-west-1',
      cluster: 'arn:aws:ecs:eu-west-1:123456789012:cluster/films',
      service: 'films-api',
      container: 'api',
      loadBalanced: true,
      template: 'films-api',
    },
  },
  databases: { db: { id: 'films-db' } },
  workers: {},
  ledger: 's3://ledger/ledger',
} as unknown as Targets

const service = (change: object = {}): Answer => ({
  body: {
    services: [
      {
        status: 'ACTIVE',
        desiredCount: 2,
        taskDefinition: 'arn:task-definition/films-api_releases:7',
        ...change,
      },
    ],
    failures: [],
  },
})

async function open(answer: (asked: Asked, number: number) => Answer, attempts = 1) {
  const aws = await fakeAws(answer)
  const objects = new MemoryObjects()
  const runtime = { ...fakeRuntime(), clock: fastClock(1000), http: nodeHttp }
  const operations = openAwsOperations({
    workers: { read: async () => undefined },
    context: { runtime } as unknown as ProviderContext,
    session: testSession({ ...aws, attempts, timeout: 1500 }),
    targets: async () => targets,
    objects,
  })
  return {
    operations,
    objects,
    asked: aws.asked,
    async [Symbol.asyncDispose]() {
      operations.close()
      await aws[Symbol.asyncDispose]()
    },
  }
}

const answers =
  (known: Readonly<Record<string, Answer>>) =>
  ({ action }: Asked): Answer =>
    known[action] ?? { body: {} }

test('restart asks for new processes, and takes the pauses of the last rollout out: nobody would answer them', async () => {
  const deploymentConfiguration = {
    strategy: 'CANARY',
    canaryConfiguration: { canaryPercent: 10 },
    lifecycleHooks: [{ lifecycleStages: ['PRE_SCALE_UP'], hookTargetArn: 'arn', roleArn: 'arn' }],
  }
  await using aws = await open(answers({ DescribeServices: service({ deploymentConfiguration }) }))
  await aws.operations.restart('api')
  const { body } = aws.asked.find(({ action }) => action === 'UpdateService') ?? {}
  expect(body).toEqual({
    cluster: targets.services['api']?.kind === 'ecs-service' ? targets.services['api'].cluster : '',
    service: 'films-api',
    forceNewDeployment: true,
    deploymentConfiguration: {
      strategy: 'CANARY',
      canaryConfiguration: { canaryPercent: 10 },
      lifecycleHooks: [],
    },
  })
})

test('R28 the copies are remembered before anything changes, and the scaling is suspended before they go', async () => {
  const scalable = { ScalableTargets: [{ ResourceId: 'service/films/films-api', SuspendedState: {} }] }
  const known = { DescribeServices: service(), DescribeScalableTargets: { body: scalable } }
  for (const last of [1, 2, 3, 4]) {
    await using aws = await open((asked, number) =>
      number > last ? refusal('AccessDeniedException') : answers(known)(asked),
    )
    await errorOf(aws.operations.pause('api').then(() => Promise.reject(new Error('whole'))))
    const done = aws.asked.map(({ action }) => action).slice(0, last)
    expect(done).toEqual(
      ['DescribeServices', 'DescribeScalableTargets', 'RegisterScalableTarget', 'UpdateService'].slice(
        0,
        last,
      ),
    )
    expect(await aws.objects.read('s3://ledger/ledger/paused/api.json')).toBeDefined()
  }
})

test.each([
  ['DescribeServices', 'ecs:DescribeServices', 'arn:aws:ecs:eu-west-1:123456789012:service/films/films-api'],
  ['UpdateService', 'ecs:UpdateService', 'arn:aws:ecs:eu-west-1:123456789012:service/films/films-api'],
  [
    'DescribeScalableTargets',
    'application-autoscaling:DescribeScalableTargets',
    'arn:aws:application-autoscaling:eu-west-1:123456789012:scalable-target/*',
  ],
])('R24 where %s is denied, pause names %s and the resource', async (action, permission, resource) => {
  const known = { DescribeServices: service(), [action]: refusal('AccessDeniedException') }
  await using aws = await open(answers(known))
  const error = await errorOf(aws.operations.pause('api'))
  expect(error).toMatchObject({ outcome: 'cannot-observe', whose: 'user' })
  expect(error.message).toContain(`it needs ${permission} on ${resource}`)
})

test('R24 where RDS denies, pause names the action and the server', async () => {
  const denied =
    '<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>'
  await using aws = await open(() => ({ status: 403, body: denied }))
  const error = await errorOf(aws.operations.rest?.pause() ?? Promise.resolve())
  expect(error).toMatchObject({ outcome: 'cannot-observe', whose: 'user' })
  expect(error.message).toContain(
    'it needs rds:DescribeDBInstances on arn:aws:rds:eu-west-1:123456789012:db:films-db',
  )
})

const describing = (status: string): Answer => ({
  body: `<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances><DBInstance><DBInstanceStatus>${status}</DBInstanceStatus></DBInstance></DBInstances></DescribeDBInstancesResult></DescribeDBInstancesResponse>`,
})

test('a server that backs itself up is waited for, then stopped once', async () => {
  const states = ['backing-up', 'backing-up', 'available', 'stopping']
  await using aws = await open(({ action }) =>
    action === 'DescribeDBInstances'
      ? describing(states.shift() ?? 'stopping')
      : { body: '<StopDBInstanceResponse/>' },
  )
  expect(await aws.operations.rest?.pause()).toEqual(['db stopping'])
  expect(aws.asked.filter(({ action }) => action === 'StopDBInstance')).toHaveLength(1)
})

test.each([
  ['that is broken', 'storage-full', 'external', 'database db is storage-full'],
  ['that never gets there', 'modifying', 'timed-out', 'still modifying after 30 minutes'],
])('a server %s is named', async (_, status, outcome, said) => {
  await using aws = await open(() => describing(status))
  const error = await errorOf(aws.operations.rest?.pause() ?? Promise.resolve())
  expect(error).toMatchObject({ outcome, message: expect.stringContaining(said) })
})

test('R26 what RDS throttles is asked again', async () => {
  const busy = '<ErrorResponse><Error><Code>Throttling</Code><Message>slow</Message></Error></ErrorResponse>'
  await using aws = await open(
    (_, number) => (number < 3 ? { status: 400, body: busy } : describing('stopped')),
    4,
  )
  expect(await aws.operations.rest?.pause()).toEqual([])
})

test.each([
  ['nothing', 'hang'],
  ['half of it', 'truncated'],
  ['no XML', { body: '<Describe' }],
  ['a document type', { body: '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>' }],
  ['no service', { body: { services: [], failures: [] } }],
] satisfies [string, Answer][])('R25 an answer with %s is an error, never a state', async (_, answer) => {
  await using aws = await open(() => answer)
  for (const work of [
    () => aws.operations.pause('api'),
    () => aws.operations.rest?.pause() ?? Promise.resolve(),
  ]) {
    expect(await errorOf(work())).toMatchObject({ outcome: expect.stringMatching(/external/) })
  }
})

test('R24 a token that expires in the middle ends it at once', async () => {
  await using aws = await open((asked, number) =>
    number > 1 ? refusal('ExpiredTokenException') : answers({ DescribeServices: service() })(asked),
  )
  const error = await errorOf(aws.operations.pause('api'))
  expect(error).toMatchObject({ outcome: 'cannot-observe', message: expect.stringContaining('ExpiredToken') })
  expect(aws.asked).toHaveLength(2)
})
