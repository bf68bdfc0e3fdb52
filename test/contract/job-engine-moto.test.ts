import {
  BatchClient,
  CreateComputeEnvironmentCommand,
  CreateJobQueueCommand,
  RegisterJobDefinitionCommand,
} from '@aws-sdk/client-batch'
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ImageReference } from '../../src/domain/digest.ts'
import type { Targets } from '../../src/domain/stacks/targets.ts'
import type { System } from '../../src/domain/system/system.ts'
import { openAwsJobs } from '../../src/providers/aws/jobs/index.ts'
import type { Event } from '../../src/runtime/events.ts'
import { nodeRuntime } from '../../src/runtime/node/index.ts'
import { aStep } from '../domain/pipeline/builders.ts'
import { testSession } from '../providers/aws/session.ts'
import { type DockerEngine, dockerEngine, pushBusybox } from '../real/docker-engine.ts'
import { startRegistry } from '../real/docker-registry.ts'
import { type Moto, startMoto } from '../real/moto.ts'
import { describeReal } from '../real.ts'
import { MemoryObjects } from '../world/objects.ts'

const REGION = 'eu-west-1'

describeReal('steps as jobs of Batch, as moto runs them', ['moto', 'dockerd', 'docker-registry'], () => {
  let moto: Moto
  let engine: DockerEngine
  let registry: Awaited<ReturnType<typeof startRegistry>>
  let image: ImageReference
  let queue = ''
  const objects = new MemoryObjects()
  const opened: { close(): void }[] = []

  beforeAll(async () => {
    engine = await dockerEngine()
    registry = await startRegistry()
    const tag = pushBusybox(registry.host)
    image = engine.docker('inspect', '--format', '{{index .RepoDigests 0}}', tag) as ImageReference
    moto = await startMoto({ DOCKER_HOST: engine.env.DOCKER_HOST, MOTO_DOCKER_NETWORK_MODE: 'host' })
    const { clients } = testSession({ endpoint: moto.url, region: REGION })
    const iam = new IAMClient(clients)
    const made = await iam.send(
      new CreateRoleCommand({ RoleName: 'batch', AssumeRolePolicyDocument: '{"Version":"2012-10-17"}' }),
    )
    const role = made.Role?.Arn ?? ''
    const batch = new BatchClient(clients)
    const { computeEnvironmentArn } = await batch.send(
      new CreateComputeEnvironmentCommand({
        computeEnvironmentName: 'films',
        type: 'UNMANAGED',
        state: 'ENABLED',
        serviceRole: role,
      }),
    )
    const { jobQueueArn = '' } = await batch.send(
      new CreateJobQueueCommand({
        jobQueueName: 'films',
        state: 'ENABLED',
        priority: 1,
        computeEnvironmentOrder: [{ order: 1, computeEnvironment: computeEnvironmentArn }],
      }),
    )
    queue = jobQueueArn
    await batch.send(
      new RegisterJobDefinitionCommand({
        jobDefinitionName: 'films-test-p-train',
        type: 'container',
        containerProperties: {
          image: `${registry.host}/base/busybox:template`,
          environment: [{ name: 'WHO', value: 'template' }],
          resourceRequirements: [
            { type: 'VCPU', value: '1' },
            { type: 'MEMORY', value: '512' },
          ],
        },
      }),
    )
    iam.destroy()
    batch.destroy()
  }, 120_000)

  afterAll(async () => {
    for (const jobs of opened) jobs.close()
    const own = engine.docker('ps', '--all', '--quiet', '--filter', `ancestor=${image}`)
    for (const id of own.split('\n').filter(Boolean)) engine.docker('rm', '--force', id)
    await moto[Symbol.asyncDispose]()
    await registry[Symbol.asyncDispose]()
  })

  function open() {
    const events: Event[] = []
    const signals = { cancelled: new AbortController().signal }
    const runtime = nodeRuntime({ emit: (event) => void events.push(event) }, signals, '/', {})
    const train = aStep()
    const jobs = openAwsJobs({
      context: {
        runtime,
        system: {
          name: 'films',
          environment: { name: 'test' },
          pipelines: { p: { name: 'p', parameters: {}, steps: { train } } },
        } as unknown as System,
      },
      session: testSession({ endpoint: moto.url, region: REGION }),
      targets: async () =>
        ({
          ledger: 'file:///ledger',
          jobs: { 'p.train': { kind: 'batch-job', region: REGION, queue, definition: 'films-test-p-train' } },
          logs: { 'p.train': `cloudwatch:${REGION}:/aws/batch/job` },
        }) as unknown as Targets,
      objects,
    })
    opened.push(jobs)
    return { jobs, events }
  }

  const spec = (id: string, script: string, env: Record<string, string> = {}) => ({
    id,
    step: aStep({ command: ['sh', '-c', script] }),
    image,
    env,
  })

  test('R33 a job is one container of its image by digest, whoever starts it; what it wrote is relayed and kept', async () => {
    const { jobs, events } = open()
    const order = spec('talks', 'echo "$WHO of run $SLUICE_RUN"; sleep 1', { SLUICE_RUN: '7' })
    await jobs.start(order)
    await open().jobs.start(order)
    const container = async (): Promise<string> => {
      for (;;) {
        const found = engine.docker('ps', '--all', '--quiet', '--filter', 'name=sluice-talks-').trim()
        if (found !== '') return found
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    }
    expect(engine.docker('inspect', '--format', '{{.Config.Image}}', await container())).toBe(image)
    expect(await jobs.wait('talks')).toMatchObject({ state: 'succeeded', exitCode: 0 })
    const lines = events.flatMap((event) => (event.kind === 'output' ? [event.line] : []))
    expect(lines).toEqual(['template of run 7'])
    const kept: string[] = []
    for await (const { text } of open().jobs.logs('talks')) kept.push(text)
    expect(kept).toEqual(lines)
    expect(moto.seen.filter(({ path }) => path === '/v1/submitjob')).toHaveLength(1)
  }, 60_000)

  test('R33 a submission whose answer was lost is found, and there is no second container', async () => {
    const before = moto.seen.filter(({ path }) => path === '/v1/submitjob').length
    moto.loseAnswer(({ path }) => path === '/v1/submitjob')
    const { jobs } = open()
    await jobs.start(spec('lost', 'echo once'))
    expect((await jobs.wait('lost')).state).toBe('succeeded')
    expect(moto.seen.filter(({ path }) => path === '/v1/submitjob')).toHaveLength(before + 1)
  }, 60_000)

  test('a program that fails has failed', async () => {
    const { jobs } = open()
    await jobs.start(spec('fails', 'exit 3'))
    expect((await jobs.wait('fails')).state).toBe('failed')
  }, 60_000)

  test.each([
    ['stopped', 60_000],
    ['timed-out', 3_000],
  ] as const)(
    'R36 a container that does not end is %s',
    async (state, timeout) => {
      const { jobs } = open()
      const order = spec(`hangs-${state}`, 'while :; do sleep 1; done')
      await jobs.start({ ...order, step: { ...order.step, timeout } })
      if (state === 'stopped') await jobs.stop(order.id)
      expect((await jobs.wait(order.id)).state).toBe(state)
      expect(engine.docker('ps', '--quiet', '--filter', `name=sluice-hangs-${state}-`).trim()).toBe('')
    },
    60_000,
  )
})

describeReal('steps as training jobs of SageMaker, as moto keeps them', ['moto'], () => {
  test('R33 a training job is made once, followed, and taken by SageMaker’s own names', async () => {
    await using moto = await startMoto()
    const objects = new MemoryObjects()
    const open = () =>
      openAwsJobs({
        context: {
          runtime: nodeRuntime({ emit: () => {} }, { cancelled: new AbortController().signal }, '/', {}),
          system: {
            name: 'films',
            environment: { name: 'test' },
            pipelines: { p: { name: 'p', parameters: {}, steps: { train: aStep() } } },
          } as unknown as System,
        },
        session: testSession({ endpoint: moto.url, region: REGION }),
        targets: async () => TRAINING,
        objects,
      })
    const [first, second] = [open(), open()]
    const image =
      `123456789012.dkr.ecr.${REGION}.amazonaws.com/films@sha256:${'a'.repeat(64)}` as ImageReference
    const order = { id: 'train-1', step: aStep(), image, env: { SLUICE_RUN: '7' } }
    await Promise.all([first.start(order), second.start(order)])
    expect(await second.wait('train-1')).toMatchObject({ state: 'succeeded', exitCode: 0, reason: null })
    first.close()
    second.close()
  }, 60_000)
})

const TRAINING = {
  ledger: 'file:///ledger',
  jobs: {
    'p.train': {
      kind: 'sagemaker-training',
      region: REGION,
      role: 'arn:aws:iam::123456789012:role/films-test-p-train',
      machine: 'ml.m5.large',
      machines: 1,
      disk: 100,
      spot: false,
      output: 's3://films-test-models/p/train.sagemaker',
      environment: {},
      subnets: [],
      securityGroups: [],
    },
  },
  logs: {},
} as unknown as Targets
