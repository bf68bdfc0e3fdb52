import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CloudWatchLogsClient, CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs'
import {
  CreateClusterCommand,
  CreateServiceCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs'
import type { Report } from '../../src/commands/command.ts'
import { carry } from '../../src/commands/rollout/carry.ts'
import { openSite } from '../../src/commands/rollout/site.ts'
import type { ImageReference } from '../../src/domain/digest.ts'
import { type Targets, targetsSchema } from '../../src/domain/stacks/targets.ts'
import type { System } from '../../src/domain/system/system.ts'
import { openEcsServices } from '../../src/providers/aws/services/index.ts'
import type { ServiceHost } from '../../src/providers/ports/services.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { nodeRuntime } from '../../src/runtime/node/index.ts'
import { service, shop, World } from '../world/cloud.ts'
import { type DockerEngine, pushBusybox } from './docker-engine.ts'
import type { TestRegistry } from './docker-registry.ts'
import type { Ministack } from './ministack.ts'

const CLUSTER = 'shop-test'

/** Services whose copies are real containers: ministack's ECS over a Docker engine, the rest in memory. */
export interface EcsShop extends Disposable {
  readonly services: ServiceHost
  /** An image whose container runs this with sh; pushed, by digest. */
  image(program: string): ImageReference
  /** Rolls out these images, each time another commit. */
  roll(images: Readonly<Record<string, ImageReference>>): Promise<Report>
  /** Containers of a service that run now, by the image that they were made from. */
  running(service: string): readonly string[]
}

export interface EcsShopParts {
  readonly engine: DockerEngine
  readonly registry: TestRegistry
  readonly cloud: Ministack
}

/** What the stacks of these services leave: a template whose image does not exist, and a service without copies. */
export async function openEcsShop(
  { engine, registry, cloud }: EcsShopParts,
  names: readonly string[],
  copies = 2,
): Promise<EcsShop> {
  const settings = {
    endpoint: `http://${cloud.host}`,
    region: cloud.region,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  }
  const ecs = new ECSClient(settings)
  const logs = new CloudWatchLogsClient(settings)
  await ecs.send(new CreateClusterCommand({ clusterName: CLUSTER }))
  for (const name of names) {
    const family = `shop-test-${name}`
    await logs.send(new CreateLogGroupCommand({ logGroupName: `/ecs/shop/${name}` }))
    const container = {
      name,
      image: `${registry.host}/${name}:template`,
      essential: true,
      memory: 64,
      logConfiguration: {
        logDriver: 'awslogs' as const,
        options: { 'awslogs-group': `/ecs/shop/${name}`, 'awslogs-stream-prefix': name },
      },
    }
    await ecs.send(new RegisterTaskDefinitionCommand({ family, containerDefinitions: [container] }))
    await ecs.send(
      new CreateServiceCommand({
        cluster: CLUSTER,
        serviceName: family,
        taskDefinition: family,
        desiredCount: 0,
      }),
    )
  }
  const base = pushBusybox(registry.host)
  const system = systemOf(names, copies)
  const targets = async (): Promise<Targets> => targetsOf(names, copies, cloud.region)
  const folder = mkdtempSync(join(tmpdir(), 'sluice-ecs-shop-'))
  const runtime = nodeRuntime({ emit: () => {} }, { cancelled: new AbortController().signal }, folder, {
    PATH: process.env['PATH'],
  })
  const context = { runtime, system, root: folder, state: join(folder, '.sluice/test') }
  const services = openEcsServices(context, ecs, targets, logs)
  const provider: Provider = { ...new World().provider(), services, targets }
  let made = 0
  let commits = 0
  return {
    services,
    image: (program) => {
      made++
      const reference = `${registry.host}/shop/image-${made}:1`
      writeFileSync(
        join(folder, 'Dockerfile'),
        `FROM ${base}\nCMD ${JSON.stringify(['sh', '-c', program])}\n`,
      )
      engine.docker('build', '--quiet', '--network', 'host', '--tag', reference, folder)
      engine.docker('push', '--quiet', reference)
      return engine.docker('inspect', '--format', '{{index .RepoDigests 0}}', reference) as ImageReference
    },
    roll: async (images) => {
      commits++
      const environment = { ...context, provider: async () => provider, close: async () => {} }
      const site = await openSite(runtime, environment)
      return carry(
        site,
        {
          images: () => images,
          commit: `c${commits}`,
          judged: [],
          built: undefined,
          keepModels: false,
          forced: undefined,
          allowOlder: true,
        },
        { command: 'rollout', dryRun: false, waitLock: 0 },
      )
    },
    running: (name) => {
      const family = `label=com.amazonaws.ecs.task-definition-family=shop-test-${name}_releases`
      const ids = engine.docker('ps', '--quiet', '--no-trunc', '--filter', family).split('\n').filter(Boolean)
      return ids.map((id) => engine.docker('inspect', '--format', '{{.Config.Image}}', id))
    },
    [Symbol.dispose]: () => {
      ecs.destroy()
      logs.destroy()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function systemOf(names: readonly string[], copies: number): System {
  const scale = { min: copies, max: copies }
  const base = shop({
    services: Object.fromEntries(names.map((name) => [name, service(name, { scale, public: false })])),
  })
  return {
    ...base,
    environment: { ...base.environment, cloud: 'aws' },
    rollout: {
      ...base.rollout,
      strategy: 'rolling',
      steps: [100],
      bake: 1_000,
      checks: [],
      timeout: 120_000,
    },
  }
}

const targetsOf = (names: readonly string[], copies: number, region: string): Targets =>
  targetsSchema.parse({
    schema: 'sluice.targets/v1',
    system: 'shop',
    environment: 'test',
    services: Object.fromEntries(
      names.map((name) => [
        name,
        {
          kind: 'ecs-service' as const,
          region,
          cluster: CLUSTER,
          service: `shop-test-${name}`,
          container: name,
          loadBalanced: false,
          template: `shop-test-${name}`,
          scale: { min: copies, max: copies },
        },
      ]),
    ),
    ledger: 'file:///ledger/',
  })
