import { afterEach, expect, test } from 'vitest'
import type { Step } from '../../../src/domain/system/step.ts'
import type { Event } from '../../../src/runtime/events.ts'
import { errorOf } from '../../images/registry/client.ts'
import {
  type AwsJobsWorld,
  type Engine,
  openAwsJobsWorld,
  order,
  QUEUE,
  stepOn,
} from '../../world/aws-jobs-world.ts'
import type { RunProgram } from '../../world/cloud-world/http/run/programs.ts'
import { Wire } from '../../world/faults.ts'

const MINUTE = 60_000
const PROGRAMS: Readonly<Record<string, RunProgram>> = {
  trains: { says: ['epoch 1'], lasts: 5 * MINUTE },
  fails: { exits: 3 },
  killed: { exits: 137 },
  hangs: { lasts: Number.POSITIVE_INFINITY },
}

let world: AwsJobsWorld
afterEach(() => world[Symbol.asyncDispose]())

async function open(placing = MINUTE): Promise<AwsJobsWorld> {
  world = await openAwsJobsWorld({ programs: PROGRAMS, placing })
  return world
}

const spec = (program: string, change = {}, kind: Engine = 'batch') =>
  order('train-1', program, stepOn(kind, { timeout: 10 * MINUTE, ...change }), { SLUICE_RUN: '7' })

const submitted = () =>
  world.door.requests.filter(({ name }) => name === 'submitjob').map(({ input }) => input as object)

test('R32 R36 a step is submitted by its digest, with a time-out that Batch itself keeps', async () => {
  const { door } = await open()
  const { engine } = world.client('batch')
  await engine.start(spec('trains'))
  expect(submitted()).toEqual([
    {
      jobName: 'sluice-train-1',
      jobQueue: QUEUE,
      jobDefinition: expect.stringMatching(/job-definition\/films-test-p-batch_runs:1$/),
      timeout: { attemptDurationSeconds: 600 },
      containerOverrides: {
        command: ['python', 'train.py'],
        environment: [{ name: 'SLUICE_RUN', value: '7' }],
      },
    },
  ])
  const registered = door.requests.find(({ name }) => name === 'registerjobdefinition')?.input
  expect(registered).toMatchObject({
    jobDefinitionName: 'films-test-p-batch_runs',
    containerProperties: { image: spec('trains').image },
  })
})

test('another job of the same image registers no second definition', async () => {
  await open()
  const { engine } = world.client('batch')
  await engine.start(spec('trains'))
  await engine.start({ ...spec('trains'), id: 'train-2' })
  expect(world.count('registerjobdefinition')).toBe(1)
  expect(submitted()).toHaveLength(2)
})

test('R33 a submission whose answer was lost is found, also where lists show it late', async () => {
  const { door } = await open()
  door.batch.shows = 4_000
  door.faults = (name, n) => (name === 'submitjob' && n < 6 ? { kind: 'lost' } : undefined)
  const { engine } = world.client('batch')
  await engine.start(spec('trains'))
  expect(door.batch.jobs).toHaveLength(1)
  expect(await engine.wait('train-1')).toMatchObject({ state: 'succeeded', exitCode: 0 })
})

test('R33 a submission that was never taken is repeated once it is known not to be there', async () => {
  const { door } = await open()
  let refused = 0
  door.faults = (name) =>
    name === 'submitjob' && refused++ === 0
      ? { kind: 'answer', status: 500, code: 'ServerException' }
      : undefined
  const { engine } = world.client('batch')
  await engine.start(spec('trains'))
  expect(door.batch.jobs).toHaveLength(1)
  expect(submitted()).toHaveLength(2)
})

test('R33 of two jobs of one name the first counts, and the second is ended', async () => {
  const { door } = await open(0)
  const { engine } = world.client('batch')
  await engine.start(spec('trains'))
  world.loopback.now()
  world.cloud.clock.advance(1_000)
  door.batch.call('submitjob', submitted()[0] as Record<string, unknown>)
  expect(door.batch.running()).toBe(2)
  const record = world.record('train-1') as object
  await world.objects.write(
    's3://ledger/ledger/jobs/train-1.json',
    Buffer.from(JSON.stringify({ ...record, task: null })),
  )
  const again = world.client('batch')
  await again.engine.start(spec('trains'))
  expect(door.batch.running()).toBe(1)
  expect(await again.engine.wait('train-1')).toMatchObject({ state: 'succeeded' })
})

test('R26 a throttled submission is repeated with pauses and looked for never', async () => {
  const { door } = await open()
  let refused = 0
  door.faults = (name) =>
    name === 'submitjob' && refused++ < 5
      ? { kind: 'answer', status: 429, code: 'TooManyRequestsException' }
      : undefined
  const { engine } = world.client('batch')
  await engine.start(spec('trains'))
  expect(door.batch.jobs).toHaveLength(1)
  expect(world.count('listjobs')).toBe(1)
})

test.each([
  ['an API that is down for ten minutes', 10 * MINUTE],
  ['an answer in half', 0],
])('R26 %s does not end the wait', async (_, lasts) => {
  const { door, loopback } = await open()
  const { engine } = world.client('batch')
  await engine.start(spec('trains'))
  const until = loopback.now() + lasts
  let halves = 0
  door.faults = (name) => {
    if (loopback.now() < until) return { kind: 'answer', status: 503, code: 'ServiceUnavailable' }
    return lasts === 0 && name === 'describejobs' && halves++ % 2 === 0 ? { kind: 'truncated' } : undefined
  }
  expect(await engine.wait('train-1')).toMatchObject({ state: 'succeeded' })
})

test.each([
  ['fails', 3, 'exit code 3'],
  ['killed', 137, 'exit code 137'],
])('a program that %s has its exit code in the reason', async (program, exitCode, reason) => {
  await open()
  const { engine } = world.client('batch')
  await engine.start(spec(program))
  expect(await engine.wait('train-1')).toMatchObject({ state: 'failed', exitCode, reason })
})

test('an image that is not there says so', async () => {
  await open()
  const { engine } = world.client('batch')
  await engine.start(spec('nowhere'))
  expect(await engine.wait('train-1')).toMatchObject({
    state: 'failed',
    exitCode: null,
    reason: expect.stringContaining('CannotPullContainerError'),
  })
})

test.each(['batch', 'nodes', 'sagemaker', 'spot'] as const)(
  'R32 nothing of a %s step runs after its deadline, even if all who watch have died',
  async (kind) => {
    const { door, cloud } = await open()
    const { engine } = world.client(kind)
    await engine.start(spec('hangs', {}, kind))
    cloud.clock.advance(2 * MINUTE)
    expect(door.batch.running() + door.sagemaker.running()).toBeGreaterThan(0)
    cloud.clock.advance(10 * MINUTE)
    expect(door.batch.running() + door.sagemaker.running()).toBe(0)
    expect(await world.client(kind).engine.wait('train-1')).toMatchObject({
      state: 'timed-out',
      reason: 'not done within 600000 ms',
    })
  },
)

test.each([
  ['batch', 60],
  ['batch', -60],
  ['nodes', 60],
  ['sagemaker', 60],
] as const)(
  'R36 a busy %s job is ended by no clock of ours that is %i minutes ahead',
  async (kind, minutes) => {
    await open(8 * MINUTE)
    const { engine } = world.client(kind, new Wire(), minutes * MINUTE)
    await engine.start(spec('trains', {}, kind))
    expect(await engine.wait('train-1')).toMatchObject({ state: 'succeeded' })
  },
)

test('R36 a job that finds no machine is given up', async () => {
  await open(Number.POSITIVE_INFINITY)
  const { engine } = world.client('batch')
  await engine.start(spec('trains'))
  expect(await engine.wait('train-1')).toMatchObject({ state: 'timed-out' })
  expect(world.loopback.now()).toBeGreaterThan(70 * MINUTE)
})

test('R35 a machine that is taken away is replaced, as often as the definition says, and the time begins anew', async () => {
  const { door, cloud } = await open()
  const { engine } = world.client('batch')
  await engine.start(spec('trains'))
  const [job] = door.batch.jobs
  cloud.clock.advance(2 * MINUTE)
  door.batch.takeHost(job?.id ?? '')
  expect(await engine.status('train-1')).toMatchObject({ state: 'pending' })
  expect(await engine.wait('train-1')).toMatchObject({ state: 'succeeded' })
})

test('R35 a machine that is taken away each time ends in a failure that says so', async () => {
  const { door, cloud } = await open()
  const { engine } = world.client('batch')
  await engine.start(spec('trains'))
  for (let times = 0; times < 3; times++) {
    cloud.clock.advance(2 * MINUTE)
    door.batch.takeHost(door.batch.jobs[0]?.id ?? '')
  }
  expect(await engine.wait('train-1')).toMatchObject({
    state: 'failed',
    reason: expect.stringMatching(/^Host EC2 .* terminated/),
  })
})

test('an array is one job: it succeeds with all of its parts, and each line says which part wrote it', async () => {
  await open()
  const { engine, runtime } = world.client('batch')
  await engine.start(spec('trains', { array: 3 }))
  expect(submitted()).toMatchObject([{ arrayProperties: { size: 3 } }])
  expect(await engine.wait('train-1')).toMatchObject({ state: 'succeeded', exitCode: 0 })
  expect(sources(runtime)).toEqual(['train part 0', 'train part 1', 'train part 2'])
})

test('an array with a part that fails has failed, and says which part and how', async () => {
  await open()
  const { engine } = world.client('batch')
  await engine.start(spec('fails', { array: 2 }))
  expect(await engine.wait('train-1')).toMatchObject({ state: 'failed', reason: 'part 0: exit code 3' })
})

test('an array that is stopped is stopped, and none of its parts runs', async () => {
  const { door, cloud } = await open()
  const { engine } = world.client('batch')
  await engine.start(spec('trains', { array: 3 }))
  cloud.clock.advance(2 * MINUTE)
  await engine.stop('train-1')
  expect(await engine.status('train-1')).toMatchObject({ state: 'stopped' })
  expect(door.batch.running()).toBe(0)
})

test('nodes are one job, each told who the first one is; lines say which node wrote them', async () => {
  await open()
  const { engine, runtime } = world.client('nodes')
  await engine.start(spec('trains', { gpu: 4 }, 'nodes'))
  expect(submitted()).toMatchObject([
    {
      nodeOverrides: {
        nodePropertyOverrides: [
          {
            targetNodes: '0:',
            containerOverrides: {
              command: ['sh', '-c', expect.stringContaining('exec "$@"'), 'sh', 'python', 'train.py'],
              environment: expect.arrayContaining([
                { name: 'NNODES', value: '3' },
                { name: 'PET_NPROC_PER_NODE', value: '4' },
              ]),
            },
          },
        ],
      },
    },
  ])
  expect(await engine.wait('train-1')).toMatchObject({ state: 'succeeded' })
  expect(sources(runtime)).toEqual(['train node 0', 'train node 1', 'train node 2'])
})

test('a template that is not applied is named, and nothing is submitted', async () => {
  const { cloud } = await open()
  for (const { key } of cloud.store.list('aws_batch_job_definition')) {
    cloud.store.remove('aws_batch_job_definition', key)
  }
  const error = await errorOf(world.client('batch').engine.start(spec('trains')))
  expect(error).toMatchObject({
    outcome: 'usage',
    message: expect.stringContaining('Batch knows no films-test-p-batch'),
  })
  expect(submitted()).toEqual([])
})

test('what the job wrote is there after Batch has forgotten it', async () => {
  const { door } = await open()
  const { engine } = world.client('batch')
  await engine.start(spec('trains'))
  await engine.wait('train-1')
  door.batch.jobs.length = 0
  const lines: string[] = []
  for await (const { text } of world.client('batch').engine.logs('train-1')) lines.push(text)
  expect(lines).toEqual(['epoch 1'])
})

function sources({ events }: { readonly events: readonly { readonly kind: string }[] }): string[] {
  const lines = events as readonly { readonly kind: string; readonly source?: string }[]
  return lines.flatMap(({ kind, source = '' }) => (kind === 'output' ? [source] : [])).sort()
}

const noticesOf = ({ events }: { events: readonly Event[] }): readonly string[] =>
  events.flatMap((event) => (event.kind === 'message' && event.level === 'notice' ? [event.text] : []))

test('R36 what a step on Batch may cost is said before it is submitted, and Batch ends it where the money ends', async () => {
  await open()
  const { engine, runtime } = world.client('batch')
  // An hour of one costs 1.006 dollars, there are two of it, and each may be started twice by us, each time twice by Batch.
  const change = { machine: 'g5.xlarge', array: 2, retries: 1, maxCost: 1.006, timeout: 60 * MINUTE }
  await engine.start(spec('hangs', change))
  expect(noticesOf(runtime)).toEqual([
    'step train: at most 7m 30s, 0.51 USD an attempt (1.01 USD with 1 retry)',
  ])
  expect(submitted()).toMatchObject([{ timeout: { attemptDurationSeconds: 450 } }])
  // Whoever started it is gone.
  world.cloud.clock.advance(2 * MINUTE)
  expect(world.door.batch.running()).toBe(2)
  world.cloud.clock.advance(20 * MINUTE)
  expect(world.door.batch.running()).toBe(0)
  expect(await world.client('batch').engine.wait('train-1')).toMatchObject({ state: 'timed-out' })
})

test('R36 where Batch chooses the size of a GPU machine, the money buys time of the dearest', async () => {
  await open()
  const { engine, runtime } = world.client('batch')
  await engine.start(spec('trains', { gpu: 1, maxCost: 16.288, timeout: 120 * MINUTE }))
  expect(noticesOf(runtime)).toEqual(['step train: at most 1h, 16.29 USD'])
  expect(submitted()).toMatchObject([{ timeout: { attemptDurationSeconds: 3600 } }])
})

test.each<[Engine, Partial<Step>, string]>([
  [
    'batch',
    { maxCost: 5 },
    'whatever machine AWS Batch chooses in us-east-1, since the step names no "machine"',
  ],
  ['batch', { maxCost: 5, gpu: 1, machine: 'g6' }, 'g6.48xlarge in us-east-1, the largest of family g6'],
  ['nodes', { maxCost: 5, machine: 'p5.48xlarge' }, '3 x p5.48xlarge in us-east-1'],
])(
  'R36 max-cost on %s %j without a price is refused before anything is asked',
  async (kind, change, what) => {
    await open()
    const error = await errorOf(world.client(kind).engine.start(spec('trains', change, kind)))
    expect(error.message).toContain(`the price of ${what} is not known`)
    expect(world.door.requests).toEqual([])
    expect(world.record('train-1')).toBeUndefined()
  },
)
