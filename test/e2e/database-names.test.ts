import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeDatabases } from '../../src/commands/apply/database-names.ts'
import { digestOf } from '../../src/domain/digest.ts'
import { type Targets, targetsSchema } from '../../src/domain/stacks/targets.ts'
import { databaseNamesKey } from '../../src/domain/system/database-names.ts'
import { RecordedJobs } from '../../src/providers/aws/jobs/recorded-jobs.ts'
import { EcsTasks } from '../../src/providers/aws/jobs/tasks.ts'
import type { EngineEndpoint } from '../../src/providers/local/engine.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { fakeRuntime } from '../../src/runtime/fake/index.ts'
import { testSession } from '../providers/aws/session.ts'
import { ask, loginOf, openPlace } from '../providers/local/postgres/database.ts'
import { describeReal } from '../real.ts'
import type { Program, Started } from '../world/cloud-world/http/ecs/one-shot.ts'
import { openEcs } from '../world/cloud-world/http/ecs.ts'
import { MemoryObjects } from '../world/objects.ts'
import { type Deployment, openDeployment } from './deployment.ts'

const CLIENT = `public.ecr.aws/docker/library/postgres@${digestOf('client')}`

/** Stacks by OpenTofu, a task by the SDK, its command by psql in a server of PostgreSQL. */
describeReal('the databases of a server of RDS', ['tofu', 'plugin protocol', 'psql'], () => {
  let environment: Deployment
  let place: Awaited<ReturnType<typeof openPlace>>
  let login: ReturnType<typeof loginOf>
  let targets: Targets

  beforeAll(async () => {
    environment = await openDeployment('filmlens')
    await environment.bring()
    expect(await environment.plan()).toMatchObject({ outcome: 'done' })
    expect(await environment.apply()).toMatchObject({ outcome: 'done' })
    targets = targetsSchema.parse(JSON.parse(await readFile(join(environment.state, 'targets.json'), 'utf8')))
    place = await openPlace()
    const started: EngineEndpoint = await place.engine({ names: ['filmlens'] }).start()
    login = loginOf(started)
  }, 400_000)
  afterAll(async () => {
    await place.close()
    await environment[Symbol.asyncDispose]()
  })

  /** The engine of jobs as apply has it, at a door where `program` is what containers do. */
  async function cloud(program: Program) {
    const ecs = await openEcs(environment.world, { program })
    const objects = new MemoryObjects()
    // psql takes real time, in which the cloud's stands still.
    const clock = { now: () => environment.world.clock.now(), sleep: () => setTimeout(5) }
    const runtime = { ...fakeRuntime(), clock }
    const session = testSession({ endpoint: ecs.url, account: '222222222222', region: 'us-east-1' })
    const context = { runtime, system: environment.system }
    const jobs = new RecordedJobs(
      { context, session, targets: async () => targets, objects },
      new EcsTasks({ session, runtime, own: {} }),
    )
    const images = { resolve: async () => digestOf('client') }
    const provider = { objects, jobs, images } as unknown as Provider
    return {
      ecs,
      objects,
      make: (wanted = targets) => makeDatabases(runtime, wanted, async () => provider),
      async [Symbol.asyncDispose]() {
        jobs.close()
        await ecs[Symbol.asyncDispose]()
      },
    }
  }

  /** What ECS does with it, the address apart: nothing of the cloud's names leads to this machine. */
  const psql: Program = ({ command: [program = '', ...args], environment: env }, print) =>
    new Promise((resolve) => {
      const own = { PGHOST: login.host, PGPORT: String(login.port), PGUSER: login.user, PGSSLMODE: 'disable' }
      const all = { PATH: process.env['PATH'], ...env, ...own, PGPASSWORD: login.password }
      execFile(program, args, { env: all }, (error, stdout, stderr) => {
        for (const line of `${stdout}${stderr}`.trim().split('\n')) print(line)
        resolve(error === null ? 0 : Number(error.code))
      })
    })

  test('are made by the task of its stack, which may reach it and read its password, and by no second one', async () => {
    const seen: Started[] = []
    await using aws = await cloud((container, ...rest) => {
      seen.push(container)
      return psql(container, ...rest)
    })
    await aws.make()
    await aws.make()
    const [container] = seen
    expect(seen).toHaveLength(1)
    expect(container?.image).toBe(CLIENT)
    const { kind, ...server } = targets.databases['db'] ?? { kind: 'none' }
    expect(kind).toBe('rds')
    expect(container?.environment).toMatchObject({ PGDATABASE: 'filmlens', PGSSLMODE: 'require' })
    expect(container?.environment['PGHOST']).toBe((server as { host: string }).host)
    expect(container?.secrets).toEqual({ PGPASSWORD: `${(server as { secret: string }).secret}:password::` })
    expect(JSON.stringify(aws.ecs.requests)).not.toContain(login.password)
    expect(aws.ecs.requests.filter(({ name }) => name === 'RunTask')).toHaveLength(1)

    const rows = (await ask(login, 'SELECT datname FROM pg_database')) as { datname: string }[]
    expect(rows.map(({ datname }) => datname)).toEqual(expect.arrayContaining(['filmlens', 'mlflow']))

    const task = targets.jobs[databaseNamesKey('db')] as { readonly securityGroups: readonly string[] }
    const ways = environment.world.store.list('aws_vpc_security_group_ingress_rule')
    const isIts = ({ attributes }: (typeof ways)[number]): boolean =>
      task.securityGroups.includes(String(attributes['referenced_security_group_id']))
    expect(ways.filter(isIts).map(({ attributes }) => attributes['from_port'])).toEqual([5432])
  }, 120_000)

  test('R33 a start whose answer was lost is found by its token, not made twice', async () => {
    let started = 0
    await using aws = await cloud(async () => {
      started += 1
      return 0
    })
    aws.ecs.faults = (name) => (name === 'RunTask' ? { kind: 'lost' } : undefined)
    await expect(aws.make()).rejects.toMatchObject({ outcome: 'external' })
    expect(aws.objects.json(`${targets.ledger}/databases/db.json`)).toMatchObject({ made: false })
    aws.ecs.faults = () => undefined
    await aws.make()
    expect(started).toBe(1)
    expect(aws.objects.json(`${targets.ledger}/databases/db.json`)).toMatchObject({ made: true })
  }, 60_000)

  test('psql says why a server lets nobody in', async () => {
    await using aws = await cloud((container, ...rest) =>
      psql({ ...container, environment: { ...container.environment, PGDATABASE: 'absent' } }, ...rest),
    )
    await expect(aws.make()).rejects.toMatchObject({
      outcome: 'external',
      message: expect.stringMatching(
        /databases mlflow of db are not made: .*database "absent" does not exist/s,
      ),
    })
  }, 60_000)

  test('a password that the task may not read is the reason that is given, and the next apply tries again', async () => {
    const { store } = environment.world
    const task = targets.jobs[databaseNamesKey('db')] as { readonly family: string }
    const policies = store.list('aws_iam_role_policy')
    const its = policies.filter(({ attributes }) => String(attributes['role']).startsWith(task.family))
    expect(its.length).toBeGreaterThan(0)
    for (const { key } of its) store.remove('aws_iam_role_policy', key)
    await using aws = await cloud(async () => 0)
    await expect(aws.make()).rejects.toMatchObject({
      message: expect.stringMatching(/databases mlflow of db are not made: .*unable to pull secrets/s),
    })
    for (const policy of its) store.put(policy)
    await aws.make()
    expect(aws.objects.json(`${targets.ledger}/databases/db.json`)).toMatchObject({ made: true, attempt: 2 })
  }, 60_000)
})
