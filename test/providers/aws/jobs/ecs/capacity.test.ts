import { beforeAll, describe, expect, test } from 'vitest'
import { TASK_PLACING } from '../../../../../src/domain/jobs/ecs-tasks.ts'
import { GRACE, reapVerdict } from '../../../../../src/domain/jobs/reaping.ts'
import {
  FARGATE,
  HOUR,
  loadClients,
  MACHINES,
  specOf,
  taskClient,
} from '../../../../world/cloud-world/http/ecs-tasks/client.ts'
import { launch } from '../../../../world/cloud-world/http/ecs-tasks/machines.ts'
import { taskWorld } from './world.ts'

beforeAll(loadClients)

const MINUTE = 60_000
type Client = ReturnType<typeof taskClient>

const machines = async ({ reaper }: Client) =>
  (await reaper.look()).filter(({ kind }) => kind === 'capacity').map((one) => ({ one, ...reapVerdict(one) }))
const verdicts = async (client: Client) =>
  (await machines(client)).map(({ one, verdict }) => `${one.name} ${verdict}`)

/** A cloud with a machine for the tasks of step `train`, and a task that takes an hour. */
async function opened() {
  const world = await taskWorld({ behaviour: () => ({ lasts: HOUR }) })
  const client = taskClient(world, { target: MACHINES })
  await client.jobs.start(specOf())
  return { world, client, machine: launch(world, 'i-1') }
}

/** Somebody sees the end of the job and writes it down. */
const concluded = (client: Client) => client.jobs.status('train-1')

describe('R34 a machine that ECS keeps for tasks', () => {
  test('is spared while one of them runs, or waits for a place, whatever the ledger and our clock say', async () => {
    const { world, client } = await opened()
    await world.objects.remove('s3://ledger/ledger/jobs/train-1.json')
    for (const minutes of [0, 20, 59]) {
      await world.until(Date.UTC(2026, 0, 1) + minutes * MINUTE)
      expect(await verdicts(client)).toEqual(['i-1 spare'])
      expect(await verdicts(taskClient(world, { target: MACHINES, skew: 24 * HOUR }))).toEqual(['i-1 spare'])
    }
  })

  test('is ended when none was there for a while and no job of its step is to be done, and says both', async () => {
    const { world, client } = await opened()
    await world.until(world.clock.now() + HOUR + 5 * MINUTE)
    await concluded(client)
    expect(await verdicts(client)).toEqual(['i-1 spare'])
    await world.until(world.clock.now() + 8 * MINUTE)
    const [found] = await machines(client)
    expect(found).toMatchObject({ one: { job: 'p.train' }, verdict: 'end' })
    expect(found?.signals).toEqual([
      'no job of its step is to be done',
      expect.stringMatching(/^no task for 1[23]m/),
    ])
  })

  test('is spared without a task while the ledger has a job to be done, and ended once its time is over', async () => {
    const { world, client } = await opened()
    for (const task of world.tasks) world.stop(task.arn, 'lost')
    await world.until(world.clock.now() + HOUR)
    expect(await verdicts(client)).toEqual(['i-1 spare'])
    await world.until(world.clock.now() + HOUR + TASK_PLACING + GRACE + MINUTE)
    expect(await verdicts(client)).toEqual(['i-1 end'])
  })

  test('is not replaced by its group; what is gone, or wanted by nobody, is fine', async () => {
    const { world, client, machine } = await opened()
    const spare = launch(world, 'i-2')
    await world.until(world.clock.now() + 2 * HOUR)
    await concluded(client)
    const found = await machines(client)
    for (const { one } of found) await client.reaper.end(one)
    expect([machine.left, spare.left, world.wanted]).toEqual(['smaller', 'smaller', 0])
    for (const { one } of found) await client.reaper.end(one)
    expect(await machines(client)).toEqual([])
  })

  test('of others, of a job of its own, or of no group, is not seen; steps on Fargate have none', async () => {
    const { world, client } = await opened()
    launch(world, 'i-3', { 'sluice:system': 'others' })
    launch(world, 'i-4', { 'sluice:environment': 'production' })
    launch(world, 'i-5', { 'sluice:step': 'p.score' })
    launch(world, 'i-6', { 'sluice:job': 'train-1' })
    expect((await machines(client)).map(({ one }) => one.name)).toEqual(['i-1'])
    expect(await machines(taskClient(world, { target: FARGATE }))).toEqual([])
  })
})

test('R32 a step whose timeout has grown since apply is not started on machines that end before it', async () => {
  const world = await taskWorld()
  const target = { ...MACHINES, machines: { ...MACHINES.machines, timeout: HOUR } }
  await expect(taskClient(world, { target }).jobs.start(specOf())).rejects.toThrow(
    'step train may take 2h, and its machines know of 1h',
  )
  expect(world.tasks).toEqual([])
  const long = { ...MACHINES, machines: { ...MACHINES.machines, timeout: 2 * HOUR } }
  await taskClient(world, { target: long }).jobs.start(specOf())
  expect(world.tasks).toHaveLength(1)
})
