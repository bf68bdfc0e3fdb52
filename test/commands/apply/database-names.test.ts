import { expect, test } from 'vitest'
import { makeDatabases, nextTask } from '../../../src/commands/apply/database-names.ts'
import { digestOf } from '../../../src/domain/digest.ts'
import { type Targets, targetsSchema } from '../../../src/domain/stacks/targets.ts'
import type { Provider } from '../../../src/providers/provider.ts'
import { fakeRuntime } from '../../../src/runtime/fake/index.ts'
import { type JobProgram, MemoryJobs } from '../../world/jobs.ts'
import { MemoryObjects } from '../../world/objects.ts'

const RECORD = 's3://ledger/ledger/databases/db.json'
const CLIENT = 'public.ecr.aws/docker/library/postgres:16-alpine'

const targets = (names: readonly string[], host = 'db.internal'): Targets =>
  targetsSchema.parse({
    schema: 'sluice.targets/v1',
    system: 'films',
    environment: 'production',
    ledger: 's3://ledger/ledger',
    databases: { db: { kind: 'rds', id: 'films-db', host, port: 5432, name: 'films', secret: 'arn' } },
    jobs: {
      'db-names': {
        kind: 'ecs-task',
        region: 'eu-west-1',
        cluster: 'films',
        family: 'films-db',
        image: CLIENT,
        names,
      },
      'p.train': { kind: 'ecs-task', region: 'eu-west-1', cluster: 'films', family: 'films-p-train' },
    },
  })

/** A cloud whose task ends as it is told, one end after the other. */
function world(...ends: Awaited<ReturnType<JobProgram>>[]) {
  const objects = new MemoryObjects()
  const jobs = new MemoryJobs({
    'db-names': async (_, print) => {
      print('psql was here')
      return ends.shift() ?? 0
    },
  })
  const asked: string[] = []
  const images = {
    resolve: async (reference: string) => {
      asked.push(reference)
      return digestOf('client')
    },
  }
  const runtime = fakeRuntime()
  const cloud = async () => ({ objects, jobs, images }) as unknown as Provider
  const make = (wanted: Targets): Promise<void> => makeDatabases(runtime, wanted, cloud)
  return { objects, jobs, asked, runtime, make }
}

test('the databases of a new server are made by one task with a pinned client, and not again', async () => {
  const { jobs, asked, objects, make } = world()
  await make(targets(['mlflow', 'airflow']))
  await make(targets(['mlflow', 'airflow']))
  expect(jobs.started).toEqual(['db-names'])
  expect(asked).toEqual([CLIENT])
  const [job] = [...jobs.jobs.values()]
  expect(job?.spec.image).toBe(`public.ecr.aws/docker/library/postgres@${digestOf('client')}`)
  // What it must be given stands in its task definition: nothing secret is told here.
  expect(job?.spec.env).toEqual({})
  expect(job?.spec.step.command).toBeUndefined()
  expect(objects.json(RECORD)).toMatchObject({ names: ['mlflow', 'airflow'], made: true, attempt: 1 })
})

test('another name, and another server, are made by a task of their own', async () => {
  const { jobs, make } = world()
  await make(targets(['mlflow']))
  await make(targets(['mlflow', 'airflow']))
  await make(targets(['mlflow']))
  expect(jobs.started).toHaveLength(2)
  await make(targets(['mlflow'], 'restored.internal'))
  expect(jobs.started).toHaveLength(3)
})

test('a task that failed says why and what to do, and the next apply starts another', async () => {
  const { jobs, objects, make } = world(2, 0)
  const failed = make(targets(['mlflow']))
  await expect(failed).rejects.toMatchObject({
    outcome: 'external',
    message: expect.stringMatching(/databases mlflow of db are not made: .*\n {2}psql was here/),
    remedy: expect.stringContaining('run plan and apply again'),
  })
  expect(objects.json(RECORD)).toMatchObject({ made: false })
  await make(targets(['mlflow']))
  expect(jobs.started).toHaveLength(2)
  expect(objects.json(RECORD)).toMatchObject({ made: true, attempt: 2 })
})

test('R33 a task whose apply was killed is found again, not started twice', async () => {
  const { jobs, objects, make } = world()
  await make(targets(['mlflow']))
  await objects.write(
    RECORD,
    Buffer.from(JSON.stringify({ ...(objects.json(RECORD) as object), made: false })),
  )
  await make(targets(['mlflow']))
  expect(jobs.started).toHaveLength(1)
  expect(objects.json(RECORD)).toMatchObject({ made: true, attempt: 1 })
})

test('a cancel stops the task and leaves it to be done', async () => {
  const { jobs, objects, runtime, make } = world('hangs')
  jobs.begun = () => runtime.cancel()
  await expect(make(targets(['mlflow']))).rejects.toMatchObject({ outcome: 'cancelled' })
  expect(objects.json(RECORD)).toMatchObject({ made: false })
  const [job] = [...jobs.jobs.values()]
  expect(job?.status.state).toBe('stopped')
})

test('of two applies at once one makes them, and the other is told', async () => {
  const { objects, make } = world()
  const { write } = objects
  objects.write = async (uri, body, only) => {
    objects.write = write
    await objects.write(uri, Buffer.from('{}'))
    return objects.write(uri, body, only)
  }
  await expect(make(targets(['mlflow']))).rejects.toMatchObject({ outcome: 'locked' })
})

test('without databases to make nothing is asked of the cloud', async () => {
  const { jobs, ...none } = targets([])
  const asked = (): Promise<never> => Promise.reject(new Error('asked'))
  await makeDatabases(fakeRuntime(), { ...none, jobs: { 'p.train': jobs['p.train'] as never } }, asked)
})

test('a task that ended in any other way than well is followed by another', () => {
  const server = { name: 'db', host: 'h', names: ['a'] }
  const before = { schema: 'sluice.databases/v1', ...server, image: 'x', attempt: 3, made: false } as const
  const kinds = (['pending', 'running', 'succeeded', 'failed', 'timed-out', 'stopped'] as const).map(
    (state) => nextTask(server, { ...before, names: ['a'] }, { state }).kind,
  )
  expect(kinds).toEqual(['same', 'same', 'same', 'new', 'new', 'new'])
  expect(nextTask(server, { ...before, names: ['a'] }, undefined).kind).toBe('same')
  expect(nextTask(server, { ...before, names: ['a'] }, { state: 'failed' })).toMatchObject({
    record: { attempt: 4, made: false },
  })
})
