import { expect, test } from 'vitest'
import { runJob } from '../../../src/commands/train/job.ts'
import { fakeRuntime } from '../../../src/runtime/fake/index.ts'
import { errorOf } from '../../images/registry/client.ts'
import { Wire } from '../../world/faults.ts'
import { type GcpEngine, GcpJobsWorld, gcpImage, gcpOrder } from '../../world/gcp-jobs-world.ts'

const MINUTE = 60_000
const PROGRAMS = {
  trains: { says: ['epoch 1'], lasts: 5 * MINUTE },
  killed: { exits: 137 },
  hangs: { lasts: Number.POSITIVE_INFINITY },
}

function open(placing = MINUTE) {
  const world = new GcpJobsWorld({ programs: PROGRAMS, placing })
  const machine = () => ({ ...fakeRuntime(), clock: world.cloud.clock })
  return { world, machine }
}

const spec = (kind: GcpEngine, program: string, change = {}) =>
  gcpOrder(kind, 'train-1', program, { timeout: 10 * MINUTE, ...change }, { SLUICE_RUN: '7' })

/** Executions of Cloud Run and custom jobs together. */
const made = ({ door, vertex }: GcpJobsWorld): number => door.jobs.executions.length + vertex.jobs.length

test('R32 R33 a step is a custom job of a name that its id gives, with a time-out that Vertex AI keeps', async () => {
  const { world, machine } = open()
  await world.open('vertex', machine()).start(spec('vertex', 'trains'))
  expect(world.vertex.jobs.map(({ body }) => body)).toEqual([
    {
      displayName: 'sluice-train-1',
      labels: {
        'sluice-system': 'films',
        'sluice-environment': 'test',
        'sluice-job': expect.stringMatching(/^[0-9a-f]{32}$/),
        'sluice-step': 'train',
      },
      jobSpec: {
        workerPoolSpecs: [
          {
            machineSpec: { machineType: 'n1-standard-4' },
            replicaCount: 1,
            containerSpec: {
              imageUri: gcpImage('trains'),
              env: [
                { name: 'WHO', value: 'template' },
                { name: 'SLUICE_RUN', value: '7' },
              ],
              command: ['node'],
              args: ['train.ts'],
            },
          },
        ],
        scheduling: { timeout: '600s', strategy: 'SPOT' },
        serviceAccount: 'fit@films-1.iam.gserviceaccount.com',
      },
    },
  ])
})

test('nodes are one custom job of two pools; a line says which node wrote it', async () => {
  const { world, machine } = open()
  const runtime = machine()
  const engine = world.open('nodes', runtime)
  await engine.start(spec('nodes', 'trains'))
  expect(world.vertex.jobs[0]?.body.jobSpec.workerPoolSpecs[1]?.containerSpec).toMatchObject({
    command: ['sh'],
    args: ['-c', expect.stringContaining('CLUSTER_SPEC'), 'sh', 'node', 'train.ts'],
    env: expect.arrayContaining([{ name: 'PET_NNODES', value: '3' }]),
  })
  expect(await engine.wait('train-1')).toMatchObject({ state: 'succeeded' })
  const sources = runtime.events.flatMap((event) => (event.kind === 'output' ? [event.source] : []))
  expect(sources.sort()).toEqual(['train', 'train node 1', 'train node 2'])
})

test.each(['cloud-run', 'vertex', 'nodes'] as const)(
  'R33 a %s step killed at any request, on both sides of its effect, is one job when it is run again',
  async (kind) => {
    const killedThenAgain = async (k: number, when: 'before' | 'after') => {
      const { world, machine } = open()
      const wire = new Wire((_, n) => (n === k ? { kind: 'kill', when } : undefined))
      const first = world.open(kind, machine(), { wire })
      const ended = await wire.run(first.start(spec(kind, 'trains')).then(() => first.wait('train-1')))
      const again = world.open(kind, machine())
      await again.start(spec(kind, 'trains'))
      return { ended, requests: wire.requests, jobs: made(world), status: await again.wait('train-1') }
    }
    const whole = await killedThenAgain(Number.POSITIVE_INFINITY, 'before')
    expect(whole.ended).toMatchObject({ state: 'succeeded' })
    let killed = 0
    for (let k = 1; k <= Math.min(whole.requests.length, 24); k++) {
      for (const when of ['before', 'after'] as const) {
        const { ended, status, jobs } = await killedThenAgain(k, when)
        if (ended !== 'killed') continue
        killed++
        const at = `${when} request ${k}, ${whole.requests[k - 1]}`
        expect(status, at).toMatchObject({ state: 'succeeded', exitCode: 0 })
        expect(jobs, at).toBe(1)
      }
    }
    expect(killed).toBeGreaterThan(20)
  },
  60_000,
)

test('R33 a creation whose answer was lost is found again', async () => {
  const { world, machine } = open()
  world.cloud.faults.plan = (request) =>
    request.startsWith('POST') && request.endsWith('customJobs') ? { kind: 'lost' } : undefined
  const engine = world.open('vertex', machine())
  await engine.start(spec('vertex', 'trains'))
  expect(world.vertex.jobs).toHaveLength(1)
  expect(await engine.wait('train-1')).toMatchObject({ state: 'succeeded' })
})

test('R26 a quota of requests is waited for; one of machines is said with the words of Google', async () => {
  const { world, machine } = open()
  let throttled = 0
  world.cloud.faults.plan = (request) => {
    if (!request.startsWith('POST') || !request.endsWith('customJobs')) return undefined
    throttled++
    const message = 'Quota exceeded for aiplatform.googleapis.com/custom_model_training_nvidia_l4_gpus'
    return throttled < 4
      ? { kind: 'refuse', code: 'RESOURCE_EXHAUSTED', message }
      : { kind: 'refuse', code: 'FAILED_PRECONDITION', message }
  }
  const error = await errorOf(world.open('vertex', machine()).start(spec('vertex', 'trains')))
  expect(throttled).toBe(4)
  expect(error).toMatchObject({ outcome: 'external', message: expect.stringContaining('nvidia_l4_gpus') })
})

test.each(['cloud-run', 'vertex'] as const)(
  'R26 an API that is down for ten minutes does not end the wait for a %s step',
  async (kind) => {
    const { world, machine } = open()
    const engine = world.open(kind, machine())
    await engine.start(spec(kind, 'trains'))
    const until = world.cloud.clock.now() + 10 * MINUTE
    world.cloud.faults.plan = () =>
      world.cloud.clock.now() < until ? { kind: 'refuse', code: 'UNAVAILABLE', message: 'down' } : undefined
    expect(await engine.wait('train-1')).toMatchObject({ state: 'succeeded' })
  },
)

test('R32 nothing of a vertex step runs after its deadline, even if all who watch have died', async () => {
  const { world, machine } = open()
  await world.open('vertex', machine()).start(spec('vertex', 'hangs'))
  world.cloud.clock.advance(2 * MINUTE)
  expect(world.vertex.running()).toBe(1)
  world.cloud.clock.advance(10 * MINUTE)
  expect(world.vertex.running()).toBe(0)
  expect(await world.open('vertex', machine()).wait('train-1')).toMatchObject({ state: 'timed-out' })
})

test.each([
  ['cloud-run', 60],
  ['cloud-run', -60],
  ['vertex', 60],
  ['nodes', 60],
] as const)(
  'R36 a busy %s job is ended by no clock of ours that is %i minutes ahead',
  async (kind, minutes) => {
    const { world, machine } = open(8 * MINUTE)
    const { clock } = world.cloud
    const skewed = { now: () => clock.now() + minutes * MINUTE, sleep: clock.sleep.bind(clock) }
    const engine = world.open(kind, { ...machine(), clock: skewed })
    await engine.start(spec(kind, 'trains'))
    expect(await engine.wait('train-1')).toMatchObject({ state: 'succeeded' })
  },
)

test('R36 a custom job that finds no machine is given up', async () => {
  const { world, machine } = open(Number.POSITIVE_INFINITY)
  const engine = world.open('vertex', machine())
  await engine.start(spec('vertex', 'trains'))
  expect(await engine.wait('train-1')).toMatchObject({ state: 'timed-out' })
})

test('exit 137 is in the reason', async () => {
  const { world, machine } = open()
  const engine = world.open('vertex', machine())
  await engine.start(spec('vertex', 'killed'))
  expect(await engine.wait('train-1')).toMatchObject({
    state: 'failed',
    exitCode: 137,
    reason: 'exit code 137',
  })
})

test.each(['cloud-run', 'vertex'] as const)('R48 a cancel stops the job of a %s step', async (kind) => {
  const { world, machine } = open()
  const runtime = machine()
  const engine = world.open(kind, runtime)
  const { step, image, env } = spec(kind, 'hangs')
  const run = { id: 'r', resumed: false, note: async () => {}, end: async () => {} }
  const work = errorOf(runJob(runtime, engine, run, { step, image, env, fingerprint: 'f' }))
  await world.cloud.clock.sleep(3 * MINUTE)
  runtime.cancel()
  expect(await work).toMatchObject({ message: 'cancelled while step train ran; its job was stopped' })
  expect(world.vertex.running()).toBe(0)
})

test('R36 what a step on Cloud Run may cost is said before it is started, and Cloud Run ends it where the money ends', async () => {
  const { world, machine } = open()
  const runtime = machine()
  const size = { cpu: 2, memory: 4 * 2 ** 30 }
  // An hour of it is 2 * 0.0648 + 4 * 0.0072 = 0.1584 dollars.
  const order = spec('cloud-run', 'hangs', { size, maxCost: 0.0792, timeout: 60 * MINUTE })
  await world.open('cloud-run', runtime).start(order)
  expect(runtime.events).toContainEqual({
    kind: 'message',
    level: 'notice',
    text: 'step train: at most 30m, 0.08 USD',
  })
  // Whoever started it is gone.
  world.cloud.clock.advance(31 * MINUTE)
  expect(await world.open('cloud-run', machine()).status('train-1')).toMatchObject({ state: 'timed-out' })
})

test.each<[GcpEngine, object, string]>([
  ['vertex', {}, 'n1-standard-4 in europe-west1'],
  ['nodes', {}, '3 x n1-standard-4 in europe-west1'],
  ['cloud-run', { gpu: 1 }, 'Cloud Run with 1 vCPU and 1 GiB and 1 GPU in europe-west1'],
])(
  'R36 max-cost on %s %j without a price is refused before anything is asked',
  async (kind, change, what) => {
    const { world, machine } = open()
    const error = await errorOf(
      world.open(kind, machine()).start(spec(kind, 'trains', { ...change, maxCost: 5 })),
    )
    expect(error.message).toContain(`the price of ${what} is not known`)
    expect(made(world)).toBe(0)
    expect(world.objects.uris('')).toEqual([])
  },
)

test('R36 a GPU on Cloud Run has the price of an L4, and one of another kind has none', async () => {
  const { world, machine } = open()
  const location = 'us-central1'
  const size = { cpu: 4, memory: 16 * 2 ** 30 }
  // An hour of it is 4 * 0.0648 + 16 * 0.0072 + 0.67212 = 1.04652 dollars.
  const order = spec('cloud-run', 'hangs', { gpu: 1, size, maxCost: 0.52326, timeout: 60 * MINUTE })
  const error = await errorOf(
    world.open('cloud-run', machine(), { location, accelerator: 'nvidia-rtx-pro-6000' }).start(order),
  )
  expect(error.message).toContain('1 GPU in us-central1, of a kind of your own is not known')
  const runtime = machine()
  await errorOf(world.open('cloud-run', runtime, { location }).start(order))
  expect(runtime.events).toContainEqual({
    kind: 'message',
    level: 'notice',
    text: 'step train: at most 30m, 0.53 USD',
  })
})

test('R36 a custom job has the time that its money buys from Vertex AI itself', async () => {
  const { world, machine } = open()
  const location = 'us-central1'
  const engine = world.open('nodes', machine(), { location })
  // An hour of three nodes is 0.6555 dollars.
  await engine.start(spec('nodes', 'hangs', { maxCost: 0.3, timeout: 60 * MINUTE }))
  const [job] = world.vertex.jobs
  expect(job?.body.jobSpec.scheduling?.timeout).toBe('1648s')
  world.cloud.clock.advance(31 * MINUTE)
  expect(world.vertex.running()).toBe(0)
})
