import { expect, test } from 'vitest'
import { runJob } from '../../../src/commands/train/job.ts'
import { digestOf, imageReference } from '../../../src/domain/digest.ts'
import type { JobEngine } from '../../../src/providers/ports/jobs.ts'
import { FakeClock } from '../../../src/runtime/fake/clock.ts'
import { fakeRuntime } from '../../../src/runtime/fake/index.ts'
import { aStep } from '../../domain/pipeline/builders.ts'
import { errorOf } from '../../images/registry/client.ts'
import { ec2World } from '../../providers/aws/ec2/world.ts'
import { ec2Client, loadClients, train } from '../../world/cloud-world/http/ec2/client.ts'
import { TrainWorld } from './world.ts'

const run = { id: 'run-1', note: async () => {} }
const image = imageReference('local/films/trainer', digestOf('trainer'))
const never = <T>(): Promise<T> => new Promise<T>(() => {})

test('R48 a cancel says which job still runs where it does not end within the seven seconds that a runner leaves', async () => {
  const clock = new FakeClock(0)
  const cancel = new AbortController()
  const stopped: string[] = []
  const jobs: JobEngine = {
    start: async () => cancel.abort(new Error('cancelled by SIGINT')),
    wait: () => never(),
    status: async () => undefined,
    stop: (id) => {
      stopped.push(id)
      return never()
    },
    logs: async function* () {},
  }
  const runtime = { ...fakeRuntime(), clock, signals: { cancelled: cancel.signal } }
  const error = await errorOf(runJob(runtime, jobs, run, { step: aStep(), image, env: {}, fingerprint: 'f' }))
  expect(error).toMatchObject({
    outcome: 'cancelled',
    message: expect.stringContaining(`cancelled, but job ${stopped[0]} of step train has not ended yet`),
    remedy: 'run train again to follow it',
  })
  expect(clock.now()).toBeLessThan(7500)
})

test('R48 a cancel ends the machine of an ec2 step within the seven seconds', async () => {
  await loadClients()
  const world = await ec2World({ behaviour: () => ({ work: 3_600_000, prints: ['epoch 1'] }) })
  const { jobs, runtime, cancel } = ec2Client(world)
  const engine: JobEngine = {
    start: async (spec) => {
      await jobs.start(spec)
      cancel()
    },
    wait: (id) => jobs.wait(id),
    status: (id) => jobs.status(id),
    stop: (id) => jobs.stop(id),
    logs: (id) => jobs.logs(id),
  }
  const job = { step: train, image, env: {}, fingerprint: 'f' }
  const error = await errorOf(runJob(runtime, engine, run, job))
  expect(error).toMatchObject({
    outcome: 'cancelled',
    message: 'cancelled while step train ran; its job was stopped',
  })
  expect(world.running).toEqual([])
})

test.each([
  [
    'whose rows were never written',
    { rows: { path: 'rows.csv', id: 'id', challenger: 'c' } },
    'rows.csv was not written',
  ],
  ['with NaN as Python writes it', Number.NaN, 'it is not JSON'],
])('R37 an evaluation %s ends the training, and nothing is judged', async (_, change, said) => {
  const world: TrainWorld = new TrainWorld({
    score: async (env) => {
      const folder = env['SLUICE_OUTPUT_EVALUATION']
      const evaluation = { schema: 'sluice.evaluation/v1', dataset: { digest: 'x' } }
      const text =
        typeof change === 'number'
          ? `{"schema":"sluice.evaluation/v1","metrics":{"challenger":{"f1":${change}}}}`
          : JSON.stringify({ ...evaluation, ...change })
      await world.objects.write(`${folder}evaluation.json`, Buffer.from(text))
      return 0
    },
  })
  const { report } = await world.train()
  expect(report).toMatchObject({ outcome: 'external', message: expect.stringContaining(said) })
})
