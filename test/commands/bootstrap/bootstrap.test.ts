import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { bootstrapper } from '../../../cdktf/index.ts'
import { type BootstrapOptions, bootstrap } from '../../../src/commands/bootstrap.ts'
import type { Report, World } from '../../../src/commands/command.ts'
import type { StateStore } from '../../../src/providers/ports/states.ts'
import { fakeRuntime } from '../../../src/runtime/fake/index.ts'
import { nodeRuntime } from '../../../src/runtime/node/index.ts'
import { describeReal } from '../../real.ts'
import { type EngineWorld, openEngineWorld } from '../../world/cloud-world/engine-world.ts'

const FILE = `system: films
environments:
  local: { cloud: local }
  production: { cloud: aws, region: us-east-1, account: "222222222222" }
  europe: { cloud: gcp, region: europe-west1, project: sluice-test }
`
const SAID: BootstrapOptions = { repository: 'octo/films', repositoryId: '77', ownerId: '11' }
const TYPES = {
  aws: { resources: ['aws_iam_policy', 'aws_iam_role', 'aws_iam_role_policy_attachment'], data: [] },
  google: {
    resources: [
      'google_iam_workload_identity_pool',
      'google_iam_workload_identity_pool_provider',
      'google_project_iam_custom_role',
      'google_project_iam_member',
      'google_project_service',
      'google_service_account',
      'google_service_account_iam_member',
      'google_storage_bucket_iam_member',
    ],
    data: [],
  },
}

/** A store that knows whether it was asked to make something. */
class Ground implements StateStore {
  state: 'there' | 'missing'
  closed = false
  ensured = 0
  constructor(state: 'there' | 'missing') {
    this.state = state
  }
  inspect = async () => ({ place: 's3://states', parts: [{ what: 'bucket states', state: this.state }] })
  ensure = async () => {
    this.ensured++
    this.state = 'there'
    return this.inspect()
  }
  close = async () => {
    this.closed = true
  }
}

const worldOf = (runtime: World['runtime'], environment: string, ground: Ground, dryRun = false): World => ({
  runtime,
  openProvider: () => Promise.reject(new Error('bootstrap opens no provider')),
  openStateStore: async () => ground,
  openBootstrapper: async () => bootstrapper,
  request: { file: 'sluice.yml', environment, dryRun },
})

describe('sluice bootstrap decides', () => {
  const run = (
    options: BootstrapOptions,
    {
      env = {},
      environment = 'production',
      ground = new Ground('missing'),
    }: {
      env?: Record<string, string>
      environment?: string
      ground?: Ground
    } = {},
  ): Promise<Report> =>
    bootstrap(
      worldOf(fakeRuntime({ env, files: { '/project/sluice.yml': FILE } }), environment, ground, true),
      options,
    )

  test('cloud local needs none of it', async () => {
    expect((await run({}, { environment: 'local' })).message).toContain('nothing to do')
  })

  test('R21 a dry run makes nothing, and shows every part, change and login', async () => {
    const ground = new Ground('missing')
    const report = await run(SAID, { ground })
    expect(ground).toMatchObject({ ensured: 0, closed: true })
    expect(report.summary).toContain('bucket states: to be made')
    expect(report.summary).toContain('create `aws_iam_role.apply`')
    expect(report.data['logins']).toEqual({
      plan: 'arn:aws:iam::222222222222:role/sluice/bootstrap/films-production-plan',
      apply: 'arn:aws:iam::222222222222:role/sluice/bootstrap/films-production-apply',
    })
  })

  test('R12 inside GitHub Actions the repository is the one of the run', async () => {
    const env = {
      GITHUB_REPOSITORY: 'octo/films',
      GITHUB_REPOSITORY_ID: '77',
      GITHUB_REPOSITORY_OWNER_ID: '11',
    }
    expect((await run({}, { env })).summary).toContain('Jobs of octo/films (id 77)')
  })

  test('R12 the name of one repository is never joined with the ids of another', async () => {
    const env = {
      GITHUB_REPOSITORY: 'octo/films',
      GITHUB_REPOSITORY_ID: '77',
      GITHUB_REPOSITORY_OWNER_ID: '11',
    }
    await expect(run({ repository: 'octo/other' }, { env })).rejects.toMatchObject({
      outcome: 'usage',
      message: expect.stringContaining('the id of the repository is not given'),
    })
  })

  test('R12 without a repository nobody is trusted', async () => {
    const ground = new Ground('missing')
    await expect(run({}, { ground })).rejects.toMatchObject({ outcome: 'usage' })
    expect(ground.ensured).toBe(0)
  })

  test.each([
    ['sluice', 'state', 'begin like the bucket of the states'],
    ['a'.repeat(40), 'production-in-europe', 'have 61 characters'],
  ])('the names %s and %s are refused', async (system, environment, words) => {
    const file = `system: ${system}\nenvironments:\n  ${environment}: { cloud: aws, region: us-east-1, account: "222222222222" }\n`
    const runtime = fakeRuntime({ files: { '/project/sluice.yml': file } })
    await expect(bootstrap(worldOf(runtime, environment, new Ground('missing'), true), SAID)).rejects.toThrow(
      words,
    )
  })
})

describeReal('sluice bootstrap with OpenTofu', ['tofu'], () => {
  const opened: { readonly world: EngineWorld; readonly folder: string }[] = []
  afterEach(async () => {
    for (const { world, folder } of opened.splice(0)) {
      await world[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    }
  })

  const place = async (project?: EngineWorld): Promise<{ world: EngineWorld; folder: string }> => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-bootstrap-'))
    await writeFile(join(folder, 'sluice.yml'), FILE)
    const world =
      project ??
      (await openEngineWorld({ types: () => TYPES, buckets: ['sluice-state-222222222222-us-east-1'] }))
    opened.push({ world, folder })
    return { world, folder }
  }
  const run = (
    { world, folder }: { world: EngineWorld; folder: string },
    environment: string,
    dryRun = false,
    options: BootstrapOptions = SAID,
  ): Promise<Report> => {
    const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], ...world.env }
    const signals = { cancelled: new AbortController().signal }
    const runtime = nodeRuntime({ emit: () => {} }, signals, folder, env)
    return bootstrap(worldOf(runtime, environment, new Ground('there'), dryRun), options)
  }
  const changed = ({ data }: Report): number => (data['changes'] as readonly unknown[]).length

  test.each(['production', 'europe'])('makes the roles of %s once', async (environment) => {
    const at = await place()
    expect(changed(await run(at, environment, true))).toBeGreaterThan(10)
    expect(changed(await run(at, environment))).toBeGreaterThan(10)
    const again = await run(at, environment)
    expect(changed(again)).toBe(0)
    expect(again.message).toContain('is ready')
    // A saved plan would hold what the state holds.
    expect((await readdir(join(at.folder, '.sluice', environment, 'bootstrap'))).join()).not.toContain(
      'tfplan',
    )
  })

  test('R12 another repository takes the place of the first: nobody else keeps a login', async () => {
    const at = await place()
    await run(at, 'production')
    const moved = await run(at, 'production', false, { ...SAID, repository: 'octo/movies' })
    expect(moved.data['changes']).toEqual([
      { address: 'aws_iam_role.apply', action: 'update' },
      { address: 'aws_iam_role.plan', action: 'update' },
    ])
  })

  test('R21 RACE two bootstraps at once make one set of roles', async () => {
    const first = await place()
    const second = await place(first.world)
    opened.pop()
    const ended = await Promise.all([run(first, 'production'), run(second, 'production')])
    expect(ended.map(({ outcome }) => outcome)).toEqual(['done', 'done'])
    expect(changed(await run(first, 'production'))).toBe(0)
    await rm(second.folder, { recursive: true, force: true })
  })
})
