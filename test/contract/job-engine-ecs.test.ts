import { CloudWatchLogsClient, CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs'
import { CreateClusterCommand, ECSClient, RegisterTaskDefinitionCommand } from '@aws-sdk/client-ecs'
import { expect, test } from 'vitest'
import type { ImageReference } from '../../src/domain/digest.ts'
import type { Targets } from '../../src/domain/stacks/targets.ts'
import type { Step } from '../../src/domain/system/step.ts'
import type { System } from '../../src/domain/system/system.ts'
import { RecordedJobs } from '../../src/providers/aws/jobs/recorded-jobs.ts'
import { EcsTasks } from '../../src/providers/aws/jobs/tasks.ts'
import type { JobSpec } from '../../src/providers/ports/jobs.ts'
import type { Event } from '../../src/runtime/events.ts'
import { nodeRuntime } from '../../src/runtime/node/index.ts'
import { testSession } from '../providers/aws/session.ts'
import { type DockerEngine, dockerEngine, pushBusybox } from '../real/docker-engine.ts'
import { startRegistry } from '../real/docker-registry.ts'
import { startMinistack } from '../real/ministack.ts'
import { describeReal } from '../real.ts'
import { MemoryObjects } from '../world/objects.ts'
import { BUSYBOX_PROGRAMS } from './busybox-programs.ts'
import { type JobWorld, jobEngineContract, type Program } from './job-engine.ts'

const CLUSTER = 'films-test'
const FAMILY = 'films-test-p-train'
const GROUP = '/pipelines/films/p/train'

function stepOf(image: string, program: Program, change: Partial<Step>): Step {
  return {
    name: 'train',
    image,
    command: ['sh', '-c', BUSYBOX_PROGRAMS[program]],
    needs: [],
    inputs: {},
    outputs: {},
    env: {},
    secrets: {},
    connects: [],
    size: { cpu: 0.25, memory: 512 * 2 ** 20 },
    gpu: 0,
    nodes: 1,
    spot: false,
    timeout: 60_000,
    retries: 0,
    ...change,
  }
}

interface EcsWorld extends JobWorld {
  readonly engine: DockerEngine
}

async function openWorld(): Promise<EcsWorld> {
  const engine = await dockerEngine()
  const registry = await startRegistry()
  const cloud = await startMinistack({ engine })
  const tag = pushBusybox(registry.host)
  const image = engine.docker('inspect', '--format', '{{index .RepoDigests 0}}', tag) as ImageReference
  const { account, region } = cloud
  const session = testSession({ endpoint: `http://${cloud.host}`, account, region, attempts: 3 })
  const ecs = new ECSClient(session.clients)
  await ecs.send(new CreateClusterCommand({ clusterName: CLUSTER }))
  const options = { 'awslogs-group': GROUP, 'awslogs-region': region, 'awslogs-stream-prefix': 'step' }
  await ecs.send(
    new RegisterTaskDefinitionCommand({
      family: FAMILY,
      requiresCompatibilities: ['FARGATE'],
      networkMode: 'awsvpc',
      cpu: '256',
      memory: '512',
      containerDefinitions: [
        {
          name: 'step',
          image: `${registry.host}/base/busybox:template`,
          essential: true,
          environment: [],
          logConfiguration: { logDriver: 'awslogs', options },
        },
      ],
    }),
  )
  ecs.destroy()
  const logs = new CloudWatchLogsClient(session.clients)
  await logs.send(new CreateLogGroupCommand({ logGroupName: GROUP }))
  logs.destroy()
  const targets = {
    ledger: 'file:///ledger',
    jobs: {
      'p.train': {
        kind: 'ecs-task',
        region,
        cluster: CLUSTER,
        family: FAMILY,
        subnets: ['subnet-1'],
        securityGroups: [],
        killer: {
          schedule: `${CLUSTER}-task-killer`,
          machine: `arn:aws:states:${region}:${account}:stateMachine:${CLUSTER}-task-killer`,
          role: `arn:aws:iam::${account}:role/${CLUSTER}-task-killer-starter`,
        },
      },
    },
    logs: { 'p.train': `cloudwatch:${region}:${GROUP}` },
  } as unknown as Targets
  const objects = new MemoryObjects()
  const opened: { close(): void }[] = []
  const train = stepOf('busybox', 'talks', {})
  const system = {
    environment: { name: 'test' },
    pipelines: { p: { name: 'p', parameters: {}, steps: { train } } },
  } as unknown as System
  return {
    engine,
    open() {
      const events: Event[] = []
      const signals = { cancelled: new AbortController().signal }
      const runtime = nodeRuntime({ emit: (event) => void events.push(event) }, signals, '/', {})
      const parts = { context: { runtime, system }, session, targets: async () => targets, objects }
      const jobs = new RecordedJobs(parts, new EcsTasks({ session, runtime, own: {} }))
      opened.push(jobs)
      return { engine: jobs, events }
    },
    spec: (id, program, change = {}, env = {}): JobSpec => ({
      id,
      step: stepOf('busybox', program, change),
      image,
      env,
    }),
    close: async () => {
      for (const jobs of opened) jobs.close()
      const own = engine.docker('ps', '--all', '--quiet', '--filter', `ancestor=${image}`)
      for (const id of own.split('\n').filter(Boolean)) engine.docker('rm', '--force', id)
      await cloud[Symbol.asyncDispose]()
      await registry[Symbol.asyncDispose]()
    },
  }
}

describeReal('steps as tasks of ECS', ['ministack', 'dockerd', 'docker-registry'], () => {
  jobEngineContract('Fargate tasks', openWorld, { streams: 'merged' })

  test('R27 a task is a container of the image by its digest', async () => {
    const world = await openWorld()
    try {
      const { engine } = world.open()
      const spec = world.spec('kept', 'slow')
      await engine.start(spec)
      expect((await engine.wait('kept')).state).toBe('succeeded')
      const containers = world.engine.docker('ps', '--all', '--quiet').split('\n').filter(Boolean)
      const images = containers.map((id) =>
        world.engine.docker('inspect', '--format', '{{.Config.Image}}', id),
      )
      expect(images).toContain(spec.image)
    } finally {
      await world.close()
    }
  })
})
