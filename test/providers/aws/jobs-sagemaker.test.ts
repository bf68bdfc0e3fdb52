import { afterEach, expect, test } from 'vitest'
import { trainingJob, trainingJobName } from '../../../src/providers/aws/jobs/training-job.ts'
import { trainingStatus } from '../../../src/providers/aws/jobs/training-status.ts'
import { errorOf } from '../../images/registry/client.ts'
import {
  type AwsJobsWorld,
  type Engine,
  openAwsJobsWorld,
  order,
  stepOn,
} from '../../world/aws-jobs-world.ts'
import type { RunProgram } from '../../world/cloud-world/http/run/programs.ts'

const MINUTE = 60_000
const PROGRAMS: Readonly<Record<string, RunProgram>> = {
  trains: { says: ['epoch 1'], lasts: 5 * MINUTE },
  killed: { exits: 137 },
  hangs: { lasts: Number.POSITIVE_INFINITY },
}

let world: AwsJobsWorld
afterEach(() => world?.[Symbol.asyncDispose]())

async function open(placing = MINUTE): Promise<AwsJobsWorld> {
  world = await openAwsJobsWorld({ programs: PROGRAMS, placing })
  return world
}

const spec = (program: string, change = {}, kind: Engine = 'sagemaker') =>
  order('train-1', program, stepOn(kind, { timeout: 10 * MINUTE, ...change }), { SLUICE_RUN: '7' })
const NAME = trainingJobName('films-test', 'train-1')
const created = () =>
  world.door.requests.filter(({ name }) => name === 'CreateTrainingJob').map(({ input }) => input as object)

test('R32 R33 a step is a training job of a name that its id gives, with a run time that SageMaker keeps', async () => {
  await open()
  const { engine } = world.client('sagemaker')
  await engine.start(spec('trains'))
  expect(NAME).toMatch(/^films-test-[0-9a-f]{20}$/)
  expect(created()).toMatchObject([
    {
      TrainingJobName: NAME,
      AlgorithmSpecification: {
        TrainingImage: spec('trains').image,
        ContainerEntrypoint: ['python'],
        ContainerArguments: ['train.py'],
      },
      StoppingCondition: { MaxRuntimeInSeconds: 600, MaxPendingTimeInSeconds: 7200 },
      ResourceConfig: { InstanceType: 'ml.g5.xlarge', InstanceCount: 1 },
      Environment: { WHO: 'template', SLUICE_RUN: '7' },
    },
  ])
})

test('R35 managed spot training has checkpoints of its own and a time to wait', async () => {
  await open()
  const { engine } = world.client('spot')
  await engine.start(spec('trains', {}, 'spot'))
  expect(created()).toMatchObject([
    {
      EnableManagedSpotTraining: true,
      StoppingCondition: { MaxRuntimeInSeconds: 600, MaxWaitTimeInSeconds: 4200 },
      Environment: { SLUICE_CHECKPOINT_DIR: '/opt/ml/checkpoints' },
      CheckpointConfig: {
        LocalPath: '/opt/ml/checkpoints',
        S3Uri: `s3://films-test-models/p/train.sagemaker/${NAME}/checkpoints`,
      },
    },
  ])
})

test('R35 a job whose spot capacity is taken away is followed to the end of its next try', async () => {
  const { door, cloud } = await open()
  const { engine, runtime } = world.client('spot')
  await engine.start(spec('trains', {}, 'spot'))
  cloud.clock.advance(2 * MINUTE)
  expect(await engine.status('train-1')).toMatchObject({ state: 'running' })
  door.sagemaker.interrupt(NAME)
  expect(await engine.status('train-1')).toMatchObject({ state: 'pending' })
  cloud.clock.advance(2 * MINUTE)
  expect(await engine.wait('train-1')).toMatchObject({ state: 'succeeded' })
  expect(runtime.events.filter(({ kind }) => kind === 'output')).toHaveLength(2)
})

test('R35 without spot capacity in time it has failed and says why', async () => {
  await open(Number.POSITIVE_INFINITY)
  const { engine } = world.client('spot')
  await engine.start(spec('trains', {}, 'spot'))
  expect(await engine.wait('train-1')).toMatchObject({ state: 'failed', reason: 'no spot capacity in time' })
})

test('R33 a request whose answer was lost made the job, and the next start follows it', async () => {
  const { door } = await open()
  door.faults = (name, n) => (name === 'CreateTrainingJob' && n < 3 ? { kind: 'lost' } : undefined)
  const error = await errorOf(world.client('sagemaker').engine.start(spec('trains')))
  expect(error).toMatchObject({ outcome: 'external' })
  const again = world.client('sagemaker')
  await again.engine.start(spec('trains'))
  expect(await again.engine.wait('train-1')).toMatchObject({ state: 'succeeded' })
  expect(door.sagemaker.trainings).toHaveLength(1)
})

test('R33 a job whose record was lost is made no second time: its name is taken', async () => {
  const { door, objects } = await open()
  await world.client('sagemaker').engine.start(spec('trains'))
  objects.contents.clear()
  const again = world.client('sagemaker')
  await again.engine.start(spec('trains'))
  expect(await again.engine.wait('train-1')).toMatchObject({ state: 'succeeded' })
  expect(door.sagemaker.trainings).toHaveLength(1)
})

test('a quota that is used up is named with its remedy, and the next start begins anew', async () => {
  const { door } = await open()
  door.sagemaker.quota = 0
  const error = await errorOf(world.client('sagemaker').engine.start(spec('trains')))
  expect(error).toMatchObject({ outcome: 'external', message: expect.stringContaining('no ml.g5.xlarge') })
  expect((error as { remedy?: string }).remedy).toContain('Service Quotas')
  door.sagemaker.quota = 1
  const again = world.client('sagemaker')
  await again.engine.start(spec('trains'))
  expect(await again.engine.wait('train-1')).toMatchObject({ state: 'succeeded' })
})

test('R26 an API that is down for ten minutes, throttling and half answers do not end the wait', async () => {
  const { door, loopback } = await open()
  const { engine } = world.client('sagemaker')
  await engine.start(spec('trains'))
  const until = loopback.now() + 10 * MINUTE
  let looks = 0
  door.faults = (name) => {
    if (loopback.now() < until) return { kind: 'answer', status: 503, code: 'ServiceUnavailable' }
    if (name !== 'DescribeTrainingJob') return undefined
    looks++
    if (looks % 3 === 0) return { kind: 'answer', status: 400, code: 'ThrottlingException' }
    return looks % 3 === 1 ? { kind: 'truncated' } : undefined
  }
  expect(await engine.wait('train-1')).toMatchObject({ state: 'succeeded' })
})

test('exit 137 is in the reason', async () => {
  await open()
  const { engine } = world.client('sagemaker')
  await engine.start(spec('killed'))
  expect(await engine.wait('train-1')).toMatchObject({
    state: 'failed',
    exitCode: 137,
    reason: 'exit code 137',
  })
})

test('a job that was stopped and one that was late look the same to SageMaker; what was written down tells', async () => {
  const { cloud } = await open()
  const { engine } = world.client('sagemaker')
  await engine.start(spec('hangs'))
  cloud.clock.advance(2 * MINUTE)
  await engine.stop('train-1')
  expect(await world.client('sagemaker').engine.status('train-1')).toMatchObject({ state: 'stopped' })
})

const at = (seconds: number): Date => new Date(seconds * 1000)
test.each([
  [{ TrainingJobStatus: 'Completed', SecondaryStatus: 'Completed' }, undefined, 'succeeded', null],
  [
    { TrainingJobStatus: 'Failed', FailureReason: 'ClientError: no data' },
    undefined,
    'failed',
    'ClientError: no data',
  ],
  [
    { TrainingJobStatus: 'Failed', FailureReason: 'AlgorithmError: out of memory, exit code: 1' },
    undefined,
    'failed',
    'exit code 1: out of memory',
  ],
  [{ TrainingJobStatus: 'Failed' }, undefined, 'failed', 'SageMaker gives no reason'],
  [
    { TrainingJobStatus: 'Stopped', SecondaryStatus: 'MaxRuntimeExceeded' },
    'stopped',
    'timed-out',
    'not done within 5 ms',
  ],
  [
    { TrainingJobStatus: 'Stopped', SecondaryStatus: 'Stopped' },
    'timed-out',
    'timed-out',
    'not done within 5 ms',
  ],
  [{ TrainingJobStatus: 'Stopped', SecondaryStatus: 'Stopped' }, undefined, 'stopped', 'stopped'],
  [{ TrainingJobStatus: 'Stopping', TrainingStartTime: at(1) }, 'stopped', 'running', null],
  [{ TrainingJobStatus: 'SomethingNew' }, undefined, 'pending', null],
] as const)('what SageMaker says, %j after %s, is a job that is %s: %s', (job, ending, state, reason) => {
  const record = { timeout: 5, ...(ending === undefined ? {} : { ending }) }
  expect(trainingStatus(job as Parameters<typeof trainingStatus>[0], record)).toMatchObject({ state, reason })
})

test.each([
  [
    'a variable of 600 characters',
    { env: { LONG: 'x'.repeat(600) } },
    'LONG of step train has 600 characters',
  ],
  [
    'more than 100 variables',
    { env: Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`V${n}`, 'x'])) },
    'step train has 101 environment variables',
  ],
  ['a word of 300 characters', { command: ['y'.repeat(300)] }, 'has a word of 300 characters'],
])(
  '%s is refused before anything starts',
  (_, { env = {}, command = ['python'] }: { env?: Record<string, string>; command?: string[] }, said) => {
    const target = { environment: {}, machines: 1, subnets: [], securityGroups: [] }
    const of = { ...spec('trains', { command }), env, target } as unknown as Parameters<typeof trainingJob>[0]
    expect(() => trainingJob(of, NAME)).toThrow(said)
  },
)

test('the longest prefix of an environment leaves a name that SageMaker takes', () => {
  const name = trainingJobName(`${'a'.repeat(41)}-b${'c'.repeat(60)}`, 'train-1')
  expect(name).toMatch(/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/)
})

test('R36 what a training job may cost is said before it is created, and SageMaker ends it where the money ends', async () => {
  const { cloud } = await open()
  const { engine, runtime } = world.client('sagemaker')
  // An hour of ml.g5.xlarge is 1.408 dollars.
  await engine.start(spec('hangs', { maxCost: 0.704, timeout: 60 * MINUTE }))
  expect(runtime.events).toContainEqual({
    kind: 'message',
    level: 'notice',
    text: 'step train: at most 30m, 0.71 USD',
  })
  expect(created()).toMatchObject([{ StoppingCondition: { MaxRuntimeInSeconds: 1800 } }])
  // Whoever started it is gone.
  cloud.clock.advance(40 * MINUTE)
  expect(await world.client('sagemaker').engine.status('train-1')).toMatchObject({ state: 'timed-out' })
})
