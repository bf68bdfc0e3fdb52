import { beforeAll, expect, test } from 'vitest'
import { TASK_PLACING } from '../../../../../src/domain/jobs/ecs-tasks.ts'
import { GRACE, reapVerdict } from '../../../../../src/domain/jobs/reaping.ts'
import { HOUR, loadClients, specOf, taskClient } from '../../../../world/cloud-world/http/ecs-tasks/client.ts'
import { taskWorld } from './world.ts'

beforeAll(loadClients)

const RECORD = 's3://ledger/ledger/jobs/train-1.json'
const verdicts = async (client: ReturnType<typeof taskClient>): Promise<readonly string[]> =>
  (await client.reaper.look()).map((sighting) => `${sighting.kind} ${reapVerdict(sighting).verdict}`)

test('R34 a busy task is spared, by a client whose clock is a day ahead too', async () => {
  const world = await taskWorld({ behaviour: () => ({ lasts: HOUR }) })
  await taskClient(world).jobs.start(specOf())
  await world.until(world.clock.now() + HOUR / 2)
  expect(await verdicts(taskClient(world))).toEqual(['task spare'])
  expect(await verdicts(taskClient(world, { skew: 24 * HOUR }))).toEqual(['task spare'])
})

test('R34 a task past its time whose killers were removed is ended after the grace, and says whose it was', async () => {
  const world = await taskWorld()
  const client = taskClient(world)
  await client.jobs.start(specOf())
  world.schedules.clear()
  await world.until(world.clock.now() + 2 * HOUR)
  expect(await verdicts(client)).toEqual(['task spare'])
  await world.until(world.clock.now() + TASK_PLACING + GRACE + 60_000)
  expect(await verdicts(client)).toEqual(['task end'])
  const [sighting] = await client.reaper.look()
  if (sighting === undefined) throw new Error('nothing was seen')
  await client.reaper.end(sighting)
  await client.reaper.end(sighting)
  expect(world.running).toEqual([])
  expect(await client.jobs.status('train-1')).toMatchObject({ state: 'stopped' })
})

test('R34 a task that no job names is ended when its time is over, one of a running job is spared', async () => {
  const world = await taskWorld({ page: 1 })
  const client = taskClient(world)
  await client.jobs.start(specOf())
  await client.jobs.start(specOf('train-2'))
  world.schedules.clear()
  await world.objects.remove(RECORD)
  await world.until(world.clock.now() + HOUR)
  expect(await verdicts(client)).toEqual(['task spare', 'task spare'])
  await world.until(world.clock.now() + HOUR + GRACE + 2 * 60_000)
  expect(await verdicts(client)).toEqual(['task end', 'task spare'])
})

test('R34 a task whose start nobody has written down yet is one of a job that goes on', async () => {
  const world = await taskWorld({ behaviour: () => ({ lasts: HOUR }) })
  const client = taskClient(world)
  await client.jobs.start(specOf())
  const kept = world.objects.contents.get(RECORD)
  const record = JSON.parse(new TextDecoder().decode(kept?.bytes))
  await world.objects.write(RECORD, new TextEncoder().encode(JSON.stringify({ ...record, task: null })))
  const [sighting] = await client.reaper.look()
  expect(sighting?.claim).toMatchObject({ until: expect.any(Number) })
  // One of another task's job has no use for this one.
  const other = `${sighting?.name}0`
  await world.objects.write(RECORD, new TextEncoder().encode(JSON.stringify({ ...record, task: other })))
  expect((await client.reaper.look())[0]?.claim).toBe('ended')
})

test('R34 tasks of others and copies of services are not seen', async () => {
  const world = await taskWorld()
  const client = taskClient(world)
  await client.jobs.start(specOf())
  const [own] = world.tasks
  if (own === undefined) throw new Error('no task was started')
  world.tasks.push({ ...own, arn: `${own.arn}1`, tags: { ...own.tags, 'sluice:system': 'others' } })
  world.tasks.push({ ...own, arn: `${own.arn}2`, tags: { ...own.tags, 'sluice:environment': 'production' } })
  const { 'sluice:job': _, ...copy } = own.tags
  world.tasks.push({ ...own, arn: `${own.arn}3`, tags: copy })
  expect((await client.reaper.look()).map(({ name }) => name)).toEqual([own.arn])
})

test('R34 the run of a workflow that began a task is a source beside the others', async () => {
  const world = await taskWorld()
  const env = { GITHUB_REPOSITORY: 'films/films', GITHUB_RUN_ID: '7' }
  const client = taskClient(world, { env })
  await client.jobs.start(specOf())
  const [sighting] = await client.reaper.look()
  expect(sighting).toMatchObject({ run: { repository: 'films/films', id: 7 }, life: null })
})
