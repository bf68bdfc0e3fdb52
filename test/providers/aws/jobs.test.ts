import { expect, test } from 'vitest'
import type { ImageReference } from '../../../src/domain/digest.ts'
import { digestOf, imageReference } from '../../../src/domain/digest.ts'
import type { Targets } from '../../../src/domain/stacks/targets.ts'
import type { Step } from '../../../src/domain/system/step.ts'
import type { System } from '../../../src/domain/system/system.ts'
import { RecordedJobs } from '../../../src/providers/aws/jobs/recorded-jobs.ts'
import { STOPPED, timedOut } from '../../../src/providers/aws/jobs/stop-reason.ts'
import { jobStatus } from '../../../src/providers/aws/jobs/task-status.ts'
import { EcsTasks } from '../../../src/providers/aws/jobs/tasks.ts'
import { fakeRuntime } from '../../../src/runtime/fake/index.ts'
import { errorOf } from '../../images/registry/client.ts'
import { MemoryObjects } from '../../world/objects.ts'
import { type Answer, type Asked, type FakeAws, fakeAws, fastClock, refusal } from './fake-aws.ts'
import { testSession } from './session.ts'

const IMAGE: ImageReference = imageReference('r/films', digestOf('image'))
const ARN = 'arn:aws:ecs:eu-west-1:123456789012:task/films/c0ffee'
const OWN = { 'sluice:system': 'films', 'sluice:environment': 'production' }
const RECORD = 's3://ledger/ledger/jobs/train-1.json'
const train = {
  name: 'train',
  image: 'films',
  env: {},
  timeout: 60_000,
  retries: 0,
  size: { cpu: 1, memory: 2 ** 30 },
  command: ['python', 'train.py'],
} as unknown as Step

const targets = {
  ledger: 's3://ledger/ledger',
  jobs: {
    'p.train': {
      kind: 'ecs-task',
      region: 'eu-west-1',
      cluster: 'films',
      family: 'films-p-train',
      subnets: ['subnet-1'],
      securityGroups: ['sg-1'],
      publicAddress: true,
      killer: { schedule: 'films-killer', machine: 'arn:killer', role: 'arn:starter' },
    },
    'p.faces': { kind: 'batch-job', region: 'eu-west-1', queue: 'q', definition: 'd' },
  },
  logs: { 'p.train': 'cloudwatch:eu-west-1:/pipelines/films/p/train' },
} as unknown as Targets

const system = {
  environment: { name: 'production' },
  pipelines: {
    p: { name: 'p', steps: { train, faces: { ...train, name: 'faces' }, late: { ...train, name: 'late' } } },
  },
} as unknown as System

/** ECS with one task, as far as an engine asks; `change` answers before it does. */
async function cloud(change: (asked: Asked, number: number) => Answer | undefined = () => undefined) {
  let task: Record<string, unknown> | undefined
  const registered = new Map<string, { definition: Record<string, unknown>; tags: unknown }>()
  const aws = await fakeAws((asked, number) => change(asked, number) ?? answer(asked))
  const answer = ({ action, body }: Asked): Answer => {
    switch (action) {
      case 'DescribeTaskDefinition': {
        const family = String(body['taskDefinition'])
        const found = registered.get(family)
        if (found !== undefined) return { body: { taskDefinition: found.definition, tags: found.tags } }
        if (family !== 'films-p-train') return refusal('ClientException')
        const containerDefinitions = [{ name: 'step', image: 'r/films:template', essential: true }]
        return { body: { taskDefinition: { family, cpu: '256', containerDefinitions }, tags: [] } }
      }
      case 'RegisterTaskDefinition': {
        const definition = { ...body, taskDefinitionArn: `arn:${body['family']}:1` }
        registered.set(String(body['family']), { definition, tags: body['tags'] })
        return { body: { taskDefinition: definition } }
      }
      case 'RunTask':
        task = { taskArn: ARN, lastStatus: 'RUNNING', createdAt: 1, startedBy: body['startedBy'] }
        return { body: { tasks: [task], failures: [] } }
      case 'ListTasks':
        return {
          body: { taskArns: task?.['startedBy'] === body['startedBy'] && task !== undefined ? [ARN] : [] },
        }
      case 'DescribeTasks':
        return task === undefined
          ? { body: { tasks: [], failures: [{ arn: ARN, reason: 'MISSING' }] } }
          : { body: { tasks: [task], failures: [] } }
      case 'StopTask':
        task = { ...task, lastStatus: 'STOPPED', stoppedAt: 2, stoppedReason: body['reason'] }
        return { body: { task } }
      default:
        return { body: { events: [] } }
    }
  }
  const count = (action: string): number => aws.asked.filter((one) => one.action === action).length
  const end = (exitCode: number): void => {
    task = {
      ...task,
      lastStatus: 'STOPPED',
      stoppedReason: 'Essential container in task exited',
      containers: [{ name: 'step', exitCode }],
    }
  }
  const [endpoint, asked] = [aws.endpoint, aws.asked]
  return {
    endpoint,
    asked,
    count,
    end,
    forget: () => {
      task = undefined
    },
    [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose](),
  }
}

function open(aws: Pick<FakeAws, 'endpoint'>, objects = new MemoryObjects(), attempts = 1, factor = 200) {
  const runtime = { ...fakeRuntime(), clock: fastClock(factor) }
  const session = testSession({ ...aws, attempts, timeout: 1000 })
  const parts = { context: { runtime, system }, session, targets: async () => targets, objects }
  return new RecordedJobs(parts, new EcsTasks({ session, runtime, own: OWN }))
}

const spec = (id = 'train-1', step = train) => ({ id, step, image: IMAGE, env: { SLUICE_RUN: '7' } })

test('R33 a task is started with a token of its job, its image by digest, and what the caller sets', async () => {
  await using aws = await cloud()
  await open(aws).start(spec())
  const run = aws.asked.find(({ action }) => action === 'RunTask')?.body
  expect(run).toMatchObject({
    cluster: 'films',
    clientToken: digestOf('train-1').slice(7),
    startedBy: 'train-1',
    tags: [
      { key: 'sluice:system', value: 'films' },
      { key: 'sluice:environment', value: 'production' },
      { key: 'sluice:job', value: 'train-1' },
      { key: 'sluice:lifetime', value: '60000' },
    ],
    taskDefinition: 'arn:films-p-train_runs:1',
    overrides: {
      containerOverrides: [
        { name: 'step', environment: [{ name: 'SLUICE_RUN', value: '7' }], command: ['python', 'train.py'] },
      ],
    },
    networkConfiguration: {
      awsvpcConfiguration: { subnets: ['subnet-1'], securityGroups: ['sg-1'], assignPublicIp: 'ENABLED' },
    },
  })
  const registered = aws.asked.find(({ action }) => action === 'RegisterTaskDefinition')?.body
  expect(registered).toMatchObject({ family: 'films-p-train_runs', containerDefinitions: [{ image: IMAGE }] })
})

test('R33 a second start of the same job makes no second task, and another job of the same image no second definition', async () => {
  await using aws = await cloud()
  const objects = new MemoryObjects()
  await open(aws, objects).start(spec())
  await open(aws, objects).start(spec())
  expect(aws.count('RunTask')).toBe(1)
  await open(aws, objects).start(spec('train-2'))
  expect(aws.count('RunTask')).toBe(2)
  expect(aws.count('RegisterTaskDefinition')).toBe(1)
})

test('R33 where the answer to the start was lost, the next start finds the task and makes none', async () => {
  await using aws = await cloud()
  const objects = new MemoryObjects()
  await open(aws, objects).start(spec())
  // As the one who claimed it left it: killed between the effect and the record.
  const record = objects.json(RECORD) as object
  await objects.write(RECORD, Buffer.from(JSON.stringify({ ...record, task: null })))
  await open(aws, objects).start(spec())
  expect(aws.count('RunTask')).toBe(1)
  expect(objects.json(RECORD)).toMatchObject({ task: ARN })
})

test('R33 a claim that nobody follows up is taken over, with the same token', async () => {
  await using aws = await cloud()
  const objects = new MemoryObjects()
  await open(aws, objects).start(spec())
  const record = objects.json(RECORD) as object
  aws.forget()
  await objects.write(RECORD, Buffer.from(JSON.stringify({ ...record, task: null })))
  await open(aws, objects).start(spec())
  const tokens = aws.asked.filter(({ action }) => action === 'RunTask').map(({ body }) => body['clientToken'])
  expect(tokens).toEqual([digestOf('train-1').slice(7), digestOf('train-1').slice(7)])
})

test.each([
  [
    'no room',
    { body: { tasks: [], failures: [{ reason: 'Capacity is unavailable at this time' }] } },
    'external',
    'Capacity is unavailable',
  ],
  [
    'a denial',
    refusal('AccessDeniedException'),
    'cannot-observe',
    'it needs ecs:RunTask on arn:films-p-train_runs:1',
  ],
  ['no cluster', refusal('ClusterNotFoundException'), 'usage', 'the cluster is not there'],
] satisfies [string, Answer, string, string][])(
  'a start that met %s says so, and the next one begins anew',
  async (_, answer, outcome, said) => {
    let refused = false
    await using aws = await cloud(({ action }) => {
      if (action !== 'RunTask' || refused) return undefined
      refused = true
      return answer
    })
    const objects = new MemoryObjects()
    const error = await errorOf(open(aws, objects).start(spec()))
    expect(error).toMatchObject({ outcome, message: expect.stringContaining(said) })
    await open(aws, objects).start(spec())
    expect(aws.count('RunTask')).toBe(2)
  },
)

test.each([
  ['faces', 'usage', 'step p.faces is a batch-job'],
  ['late', 'usage', 'step p.late is not applied in environment production'],
])('step %s is refused by name before anything starts', async (name, outcome, said) => {
  await using aws = await cloud()
  const error = await errorOf(open(aws).start(spec('x', { ...train, name })))
  expect(error).toMatchObject({ outcome, message: expect.stringContaining(said) })
  expect((error as { remedy?: string }).remedy).toBeDefined()
  expect(aws.asked).toEqual([])
})

test('R36 a step that runs over its time is stopped once for all who wait, and says how long it had', async () => {
  await using aws = await cloud()
  const objects = new MemoryObjects()
  const jobs = open(aws, objects)
  await jobs.start(spec())
  expect(await jobs.wait('train-1')).toMatchObject({ state: 'timed-out', reason: 'not done within 60000 ms' })
  aws.forget()
  // ECS has forgotten it; what was seen is kept.
  expect(await open(aws, objects).status('train-1')).toMatchObject({ state: 'timed-out' })
})

test('R24 a job whose end nobody saw is unknown, never a success', async () => {
  await using aws = await cloud()
  const jobs = open(aws, new MemoryObjects(), 1, 2000)
  await jobs.start(spec())
  aws.forget()
  const error = await errorOf(jobs.wait('train-1'))
  expect(error).toMatchObject({
    outcome: 'cannot-observe',
    message: expect.stringContaining('its end was not seen'),
  })
})

test('R24 a token that expires while it waits ends the wait at once; the job can be waited for again', async () => {
  let expired = true
  await using aws = await cloud(({ action }) =>
    action === 'DescribeTasks' && expired ? refusal('ExpiredTokenException') : undefined,
  )
  const objects = new MemoryObjects()
  const jobs = open(aws, objects)
  await jobs.start(spec())
  expect(await errorOf(jobs.wait('train-1'))).toMatchObject({ outcome: 'cannot-observe' })
  expired = false
  aws.end(0)
  expect(await open(aws, objects).wait('train-1')).toMatchObject({ state: 'succeeded', exitCode: 0 })
})

test('R26 throttling and broken answers while it waits are borne', async () => {
  let looks = 0
  await using aws = await cloud(({ action }) => {
    if (action !== 'DescribeTasks') return undefined
    looks += 1
    if (looks === 10) aws.end(3)
    return looks < 10 ? (looks % 2 === 0 ? 'truncated' : refusal('ThrottlingException')) : undefined
  })
  const jobs = open(aws)
  await jobs.start(spec())
  expect(await jobs.wait('train-1')).toMatchObject({ state: 'failed', exitCode: 3, reason: 'exit code 3' })
})

test('a damaged record of a job is named, and starts no second task', async () => {
  await using aws = await cloud()
  const objects = new MemoryObjects()
  await objects.write(RECORD, Buffer.from('{"schema":'))
  const error = await errorOf(open(aws, objects).start(spec()))
  expect(error.message).toContain(RECORD)
  expect(aws.count('RunTask')).toBe(0)
})

const stopped = { lastStatus: 'STOPPED', stoppedReason: 'Essential container in task exited' }
test.each([
  [{ lastStatus: 'PROVISIONING' }, 'pending', null],
  [{ lastStatus: 'PENDING' }, 'pending', null],
  [{ lastStatus: 'RUNNING' }, 'running', null],
  [{ lastStatus: 'DEPROVISIONING' }, 'running', null],
  [{ lastStatus: 'SOMETHING_NEW' }, 'running', null],
  [{ ...stopped, containers: [{ name: 'step', exitCode: 0 }] }, 'succeeded', null],
  [{ ...stopped, containers: [{ name: 'step', exitCode: 3 }] }, 'failed', 'exit code 3'],
  [
    { ...stopped, containers: [{ name: 'step', exitCode: 137, reason: 'OutOfMemoryError' }] },
    'failed',
    'exit code 137: OutOfMemoryError',
  ],
  [
    { lastStatus: 'STOPPED', stoppedReason: 'CannotPullContainerError: no', containers: [{ name: 'step' }] },
    'failed',
    'CannotPullContainerError: no',
  ],
  [{ lastStatus: 'STOPPED', containers: [] }, 'failed', 'ended without an exit code'],
  [{ ...stopped, stoppedReason: STOPPED, containers: [{ name: 'step', exitCode: 0 }] }, 'stopped', 'stopped'],
  [
    { ...stopped, stoppedReason: timedOut(5), containers: [{ name: 'step', exitCode: 0 }] },
    'timed-out',
    'not done within 5 ms',
  ],
])('a task of ECS %j is a job that is %s: %s', (task, state, reason) => {
  expect(jobStatus(task, 'step')).toMatchObject({ state, reason })
})

test('R36 what a task of ECS may cost is said before it is started, and its time ends where the money ends', async () => {
  await using aws = await cloud()
  const runtime = { ...fakeRuntime(), clock: fastClock(200) }
  const session = testSession({ ...aws, attempts: 1, timeout: 1000 })
  const inUs = { ...targets, jobs: { 'p.train': { ...targets.jobs['p.train'], region: 'us-east-1' } } }
  const paid = { ...train, size: { cpu: 4, memory: 8 * 2 ** 30 }, maxCost: 0.049, timeout: 3_600_000 }
  const parts = {
    context: { runtime, system },
    session,
    targets: async () => inUs as typeof targets,
    objects: new MemoryObjects(),
  }
  const jobs = new RecordedJobs(parts, new EcsTasks({ session, runtime, own: OWN }))
  // An hour of it is 4 * 0.04048 + 8 * 0.004445 = 0.19748 dollars.
  await jobs.start(spec('train-1', paid))
  expect(runtime.events).toContainEqual({
    kind: 'message',
    level: 'notice',
    text: 'step train: at most 14m 53s, 0.05 USD',
  })
  expect(parts.objects.json(RECORD)).toMatchObject({ timeout: Math.floor((0.049 * 3_600_000) / 0.19748) })
  const unknown = await errorOf(open(aws).start(spec('train-2', paid)))
  expect(unknown.message).toContain('the price of Fargate with 4 vCPU and 8 GiB in eu-west-1 is not known')
  expect(aws.count('RunTask')).toBe(1)
})
