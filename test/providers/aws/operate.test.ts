import { CloudWatchLogsClient, CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs'
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DescribeServicesCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { World } from '../../../src/commands/command.ts'
import { operate } from '../../../src/commands/operate.ts'
import { openProvider } from '../../../src/providers/index.ts'
import type { Event } from '../../../src/runtime/events.ts'
import { nodeRuntime } from '../../../src/runtime/node/index.ts'
import { type DockerEngine, dockerEngine, pushBusybox } from '../../real/docker-engine.ts'
import { startRegistry, type TestRegistry } from '../../real/docker-registry.ts'
import { type Ministack, startMinistack } from '../../real/ministack.ts'
import { describeReal } from '../../real.ts'
import { folder, type TestFolder } from '../../tools/context/tree.ts'
import { testSession } from './session.ts'

const CLUSTER = 'shop-production'
const LEDGER = 'shop-production-ledger-123456789012'
const GROUP = '/ecs/shop/worker'

describeReal('sluice operate of an environment on AWS', ['ministack', 'dockerd', 'docker-registry'], () => {
  let engine: DockerEngine
  let registry: TestRegistry
  let cloud: Ministack
  let place: TestFolder
  let ecs: ECSClient
  let image = ''

  beforeAll(async () => {
    engine = await dockerEngine()
    registry = await startRegistry()
    cloud = await startMinistack({ engine })
    image = engine.docker('inspect', '--format', '{{index .RepoDigests 0}}', pushBusybox(registry.host))
    place = folder({
      'sluice.yml': [
        'system: shop',
        'environments:',
        `  production: { cloud: aws, region: ${cloud.region}, account: "${cloud.account}" }`,
        'images: { worker: { context: worker } }',
        'services: { worker: { image: worker, scale: { min: 2, max: 2 } } }',
        '',
      ].join('\n'),
    })
    await stand(cloud, image)
    ecs = new ECSClient(testSession({ ...cloud, endpoint: `http://${cloud.host}` }).clients)
  }, 180_000)
  afterAll(async () => {
    ecs.destroy()
    for (const id of containers()) engine.docker('rm', '--force', id)
    place[Symbol.dispose]()
    await cloud[Symbol.asyncDispose]()
    await registry[Symbol.asyncDispose]()
  })

  const containers = (): string[] =>
    engine.docker('ps', '--quiet', '--filter', `ancestor=${image}`).split('\n').filter(Boolean)
  const until = async (count: number): Promise<void> => {
    for (const end = Date.now() + 60_000; containers().length !== count; ) {
      if (Date.now() > end) throw new Error(`${containers().length} containers, not ${count}`)
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
  }
  const run = async (operation: string, more: object = {}) => {
    const events: Event[] = []
    const world: World = {
      runtime: nodeRuntime(
        { emit: (event) => void events.push(event) },
        { cancelled: new AbortController().signal },
        place.path,
        {
          AWS_ENDPOINT_URL: `http://${cloud.host}`,
          AWS_ACCESS_KEY_ID: 'test',
          AWS_SECRET_ACCESS_KEY: 'test',
        },
      ),
      openProvider,
      request: { file: 'sluice.yml', environment: 'production', dryRun: false },
    }
    return { report: await operate(world, { operation, ...more }), events }
  }

  test('status, logs, pause and resume work on real containers, from a machine that knows nothing but sluice.yml', async () => {
    await until(2)
    const { report } = await run('status')
    expect(report.outcome).toBe('done')
    expect(report.outputs['table']).toContain('| worker | running | 2 | 2 |')
    expect(report.outputs['table']).toContain(image.slice(-64, -52))
    const { events } = await run('logs', { tail: 10, filter: 'at work' })
    const lines = events.flatMap((event) => (event.kind === 'output' ? [event.line] : []))
    expect(lines.filter((line) => line === 'at work')).toHaveLength(2)

    expect((await run('pause', { service: 'worker' })).report.outcome).toBe('done')
    await until(0)
    expect((await run('status')).report.outputs['table']).toContain('| worker | paused | 0 | 0 |')
    expect((await run('resume', { service: 'worker' })).report.outcome).toBe('done')
    await until(2)
    const { services = [] } = await ecs.send(
      new DescribeServicesCommand({ cluster: CLUSTER, services: ['shop-production-worker'] }),
    )
    expect(services[0]?.desiredCount).toBe(2)
    expect((await run('history')).report.message).toBe('0 releases')
  }, 180_000)
})

/** What the stacks of this system make, and what apply publishes of it. */
async function stand({ host, account, region }: Ministack, image: string): Promise<void> {
  const { clients } = testSession({ account, region, endpoint: `http://${host}` })
  const ecs = new ECSClient(clients)
  const logs = new CloudWatchLogsClient(clients)
  await logs.send(new CreateLogGroupCommand({ logGroupName: GROUP }))
  await ecs.send(new CreateClusterCommand({ clusterName: CLUSTER }))
  const family = 'shop-production-worker'
  const options = { 'awslogs-group': GROUP, 'awslogs-region': region, 'awslogs-stream-prefix': 'worker' }
  for (const [name, of] of [
    [family, `${host}/shop-production/worker:template`],
    [`${family}_releases`, image],
  ] as const) {
    await ecs.send(
      new RegisterTaskDefinitionCommand({
        family: name,
        requiresCompatibilities: ['FARGATE'],
        networkMode: 'awsvpc',
        cpu: '256',
        memory: '512',
        containerDefinitions: [
          {
            name: 'worker',
            image: of,
            essential: true,
            command: ['sh', '-c', 'echo at work; while :; do sleep 1; done'],
            logConfiguration: { logDriver: 'awslogs', options },
          },
        ],
      }),
    )
  }
  await ecs.send(
    new CreateServiceCommand({
      cluster: CLUSTER,
      serviceName: family,
      taskDefinition: `${family}_releases`,
      desiredCount: 2,
      launchType: 'FARGATE',
      networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
    }),
  )
  ecs.destroy()
  logs.destroy()
  const targets = {
    schema: 'sluice.targets/v1',
    system: 'shop',
    environment: 'production',
    region,
    services: {
      worker: {
        kind: 'ecs-service',
        region,
        cluster: CLUSTER,
        service: family,
        container: 'worker',
        loadBalanced: false,
        template: family,
        scale: { min: 2, max: 2 },
      },
    },
    logs: { worker: `cloudwatch:${region}:${GROUP}` },
    ledger: `s3://${LEDGER}/ledger`,
  }
  await fetch(`http://${host}/${LEDGER}`, { method: 'PUT' })
  const body = JSON.stringify(targets)
  await fetch(`http://${host}/${LEDGER}/sluice/targets.json`, { method: 'PUT', body })
}
