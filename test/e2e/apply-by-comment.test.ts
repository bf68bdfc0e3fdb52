import { execFileSync } from 'node:child_process'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Zippable, zipSync } from 'fflate'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { applyByComment } from '../../src/commands/apply/by-comment.ts'
import { takePlanOf } from '../../src/commands/apply/from-run.ts'
import { apply } from '../../src/commands/apply.ts'
import type { Report, World } from '../../src/commands/command.ts'
import { perform } from '../../src/commands/perform.ts'
import { digestOf } from '../../src/domain/digest.ts'
import { Secret } from '../../src/domain/secret.ts'
import { Redactor } from '../../src/runtime/redact.ts'
import { describeReal } from '../real.ts'
import { type FakeGitHub, startFakeGitHub, TOKEN } from '../world/github/server.ts'
import { type Account, type Artifact, type Pull, REPOSITORY, type Run } from '../world/github/store.ts'
import { bucket, type Moment, type OwnStack, openOwnStack } from './own-stack.ts'

const TIME = 120_000
const WORKFLOW = '.github/workflows/plan.yml'
const KEY = 'a-key-of-the-team-for-plan-and-apply'

let own: OwnStack
let github: FakeGitHub
let pull: Pull
let ada: Account
let head = ''
/** The id of the plan that the pull request's run has left. */
let id = ''

/** A pull request with one new bucket, planned by run 90, approved by bob; on this machine nothing of the plan is left. */
beforeEach(async () => {
  own = await openOwnStack({ aws_s3_bucket: { one: bucket('one') } })
  github = await startFakeGitHub()
  const git = (...words: string[]): string =>
    execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x.test', ...words], {
      cwd: own.folder,
      encoding: 'utf8',
    })
  await writeFile(join(own.folder, '.gitignore'), '.sluice\n')
  git('init', '-q')
  git('add', '.')
  git('commit', '-qm', 'one')
  head = git('rev-parse', 'HEAD').trim()
  const { store } = github
  pull = store.pull(7, store.account('author', 'write'), head)
  ada = store.account('ada', 'write')
  store.reviews.push({ pull: 7, user: store.account('bob', 'write'), state: 'APPROVED', commit_id: head })
  await own.plan(await planning(90))
  id = await own.id()
  upload(await archive())
  await rm(own.state, { recursive: true })
}, TIME)
afterEach(async () => {
  await own[Symbol.asyncDispose]()
  await github[Symbol.asyncDispose]()
})

/** As a run of the pull request. */
async function planning(run: number): Promise<Moment> {
  const event = join(own.folder, '.git/pull.json')
  const { base } = pull
  await writeFile(
    event,
    JSON.stringify({ pull_request: { number: 7, head: { sha: head }, base: { sha: base.sha } } }),
  )
  const env = {
    SLUICE_PLAN_KEY: KEY,
    GITHUB_REPOSITORY_ID: String(REPOSITORY.id),
    GITHUB_RUN_ID: String(run),
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_EVENT_PATH: event,
  }
  return { env }
}

/** What the job of the plan uploads. */
async function archive(more: Zippable = {}): Promise<Uint8Array> {
  const names = await readdir(own.state, { recursive: true, withFileTypes: true })
  const files: Zippable = {}
  for (const one of names) {
    const path = join(one.parentPath, one.name).slice(own.state.length + 1)
    if (one.isFile() && /^(approval\.json|plan\.json|plans\/|stacks\/(?!.*\.terraform\/))/.test(path)) {
      files[path] = await readFile(join(own.state, path))
    }
  }
  return zipSync({ ...files, ...more })
}

function upload(zip: Uint8Array, run: Partial<Run> = {}, artifact: Partial<Artifact> = {}): void {
  const { id: number = 90 } = run
  github.store.runs.push({
    id: number,
    run_attempt: 1,
    status: 'completed',
    conclusion: 'success',
    head_sha: head,
    path: WORKFLOW,
    event: 'pull_request',
    repository: { id: REPOSITORY.id },
    head_repository: { id: REPOSITORY.id },
    ...run,
  })
  github.store.artifacts.push({
    id: number + 1000,
    name: 'sluice-plan-production',
    size_in_bytes: zip.length,
    digest: digestOf(zip),
    expired: false,
    workflow_run: { id: number },
    archive: zip,
    ...artifact,
  })
}

interface Asked {
  readonly body?: string
  readonly by?: Account
  readonly env?: Readonly<Record<string, string>>
}

async function ask({
  body = `/sluice apply production ${id}`,
  by = ada,
  env = {},
}: Asked = {}): Promise<Report> {
  const event = join(own.folder, '.git/comment.json')
  const comment = { action: 'created', issue: { number: 7, pull_request: {} }, comment: { body, user: by } }
  await writeFile(event, JSON.stringify(comment))
  const moment: Moment = {
    env: {
      ...github.env,
      GITHUB_ACTIONS: 'true',
      GITHUB_RUN_ID: '200',
      GITHUB_RUN_ATTEMPT: '1',
      GITHUB_EVENT_PATH: event,
      SLUICE_PLAN_KEY: KEY,
      ...env,
    },
  }
  const world: World = {
    runtime: own.runtime(moment),
    openProvider: () => Promise.reject(new Error('no provider here')),
    request: { file: join(own.folder, 'sluice.yml'), environment: 'production', dryRun: false },
  }
  const options = { token: new Secret(TOKEN), workflow: WORKFLOW, allowLoss: [] }
  return (await perform(world, new Redactor(), 'apply', (made) => applyByComment(made, options))).report
}

const made = (): string[] => own.world.store.list().map(({ key }) => key)

const archiveOf = (list: object): Uint8Array =>
  zipSync({ 'approval.json': Buffer.from('{}'), 'stacks/stacks.json': Buffer.from(JSON.stringify(list)) })
const poisoned = archiveOf({ schema: 'sluice.stacks/v1', system: 'x', environment: 'production', stacks: [] })
const broken = archiveOf([])

/** Where an engine would be found, there is none: what is refused is refused before any reads a plan. */
const withoutEngine = (): Readonly<Record<string, string>> => ({ PATH: '/usr/bin:/bin' })

describeReal('/sluice apply in a comment, by OpenTofu', ['tofu'], () => {
  test(
    'R8 R13 applies the plan that the pull request shows, approved by somebody else, once',
    async () => {
      const report = await ask()
      expect(report.message).toBe('applied own')
      expect(report.outcome).toBe('done')
      expect(made()).toEqual(['one'])
      const record: unknown = JSON.parse(await readFile(join(own.state, 'approval.json'), 'utf8'))
      expect(record).toMatchObject({
        stacks: [
          {
            approved: { by: 'bob', how: 'reviewed' },
            bound: { source: { pullRequest: 7, head }, run: { id: '90' } },
          },
        ],
      })
      // The same comment again: the plan is fetched anew, and the state says that nothing of it is left.
      const again = await ask()
      expect(again).toMatchObject({ outcome: 'stale', data: { reason: 'replayed' } })
    },
    TIME,
  )

  test(
    'R8 R14 anything else is refused before an engine reads it, and nothing is made',
    async () => {
      const { store } = github
      const [genuine] = store.artifacts
      const [run] = store.runs
      if (genuine === undefined || run === undefined) throw new Error('nothing was uploaded')
      const restore = (): void => {
        store.artifacts.splice(0, 99, { ...genuine })
        store.runs.splice(0, 99, { ...run })
        Object.assign(pull, { state: 'open', head: { sha: head, repo: { id: REPOSITORY.id } } })
      }
      const CASES: readonly (readonly [
        name: string,
        change: () => void,
        outcome: string,
        why: string,
        asked?: Asked,
      ])[] = [
        [
          'another plan',
          () => {},
          'stale',
          'was asked for',
          { body: `/sluice apply production ${'0'.repeat(12)}` },
        ],
        [
          'another environment',
          () => {},
          'refused',
          'is about staging',
          { body: `/sluice apply staging ${id}` },
        ],
        ['a reader', () => {}, 'refused', 'may write', { by: store.account('eve', 'read') }],
        [
          'another key',
          () => {},
          'stale',
          'not the one that plan has written',
          { env: { SLUICE_PLAN_KEY: 'x'.repeat(20) } },
        ],
        ['a push since', () => void Object.assign(pull.head, { sha: 'c'.repeat(40) }), 'refused', 'approved'],
        ['a closed pull request', () => void Object.assign(pull, { state: 'closed' }), 'refused', 'closed'],
        [
          'bytes that were changed',
          () => void Object.assign(store.artifacts[0] ?? {}, { archive: poisoned }),
          'refused',
          'not those that were',
        ],
        [
          'a newer plan under way',
          () => upload(poisoned, { id: 95, status: 'in_progress', conclusion: null }),
          'refused',
          'still planning',
        ],
        [
          'a poisoned newer one',
          () => upload(poisoned, { id: 95 }),
          'stale',
          'not the one that plan has written',
        ],
        ['a broken newer one', () => upload(broken, { id: 95 }), 'stale', 'stacks.json is not one'],
        [
          'two of the name',
          () => void store.artifacts.push({ ...genuine, id: 7777 }),
          'refused',
          'more than one',
        ],
        [
          'one that has expired',
          () => void Object.assign(store.artifacts[0] ?? {}, { expired: true }),
          'refused',
          'expired',
        ],
        ['no plan at all', () => void store.runs.splice(0), 'refused', 'has not run on'],
      ]
      for (const [name, change, outcome, why, asked = {}] of CASES) {
        restore()
        change()
        const report = await ask({ ...asked, env: { ...withoutEngine(), ...asked.env } })
        expect({ name, outcome: report.outcome, message: report.message }).toEqual({
          name,
          outcome,
          message: expect.stringContaining(why),
        })
      }
      restore()
      // And the engine is what is missing for the genuine one.
      expect(await ask({ env: withoutEngine() })).toMatchObject({
        outcome: 'usage',
        message: expect.stringContaining('on PATH'),
      })
      expect(made()).toEqual([])
    },
    TIME,
  )

  test(
    'R14 a newer artifact of the same name from a run of a fork, of another workflow or by hand is passed over',
    async () => {
      upload(poisoned, { id: 95, head_repository: { id: 6 } })
      upload(poisoned, { id: 96, path: '.github/workflows/evil.yml' })
      upload(poisoned, { id: 97, event: 'workflow_dispatch' })
      expect(await ask()).toMatchObject({ outcome: 'done', message: 'applied own' })
      expect(made()).toEqual(['one'])
    },
    TIME,
  )

  test(
    'R14 with a plan file that is a link, or one of another environment, the digest says so before an engine reads it',
    async () => {
      const { store } = github
      const link = { os: 3, attrs: 0o120777 * 2 ** 16 } as const
      const [genuine] = store.artifacts
      if (genuine?.archive === undefined) throw new Error('nothing was uploaded')
      const { unzipSync } = await import('fflate')
      const files = unzipSync(genuine.archive)
      const tampered: readonly Zippable[] = [
        { ...files, 'plans/own.tfplan': [Buffer.from('/etc/passwd'), link] },
        { ...files, 'plans/own.tfplan': Buffer.from('a plan of staging') },
        { ...files, 'stacks/own/more.tf': Buffer.from('resource "x" "y" {}') },
      ]
      for (const content of tampered) {
        const zip = zipSync(content)
        store.artifacts.splice(0, 99, { ...genuine, archive: zip, digest: digestOf(zip) })
        expect(await ask({ env: withoutEngine() })).toMatchObject({
          outcome: 'stale',
          data: { reason: 'stale', applied: [] },
          message: expect.stringMatching(/(plan file|configuration) of stack own is sha256:/),
        })
      }
      expect(made()).toEqual([])
    },
    TIME,
  )

  test(
    'R14 in a job of the same run the plan is fetched by its digest, and one of another run is refused',
    async () => {
      const take = async (run: string, now: string): Promise<Report> => {
        const moment = await planning(Number(now))
        const world: World = {
          runtime: own.runtime({ env: { ...github.env, ...moment.env } }),
          openProvider: () => Promise.reject(new Error('no provider here')),
          request: { file: join(own.folder, 'sluice.yml'), environment: 'production', dryRun: false },
        }
        const fetched = await perform(world, new Redactor(), 'apply', async (made) => {
          await takePlanOf(made, run, new Secret(TOKEN))
          return apply(made, { approve: id })
        })
        return fetched.report
      }
      expect(await take('../90', '90')).toMatchObject({ outcome: 'usage' })
      expect(await take('91', '91')).toMatchObject({ outcome: 'refused' })
      expect((await take('90', '91')).message).toContain('run.id of stack own is 91, and was 90')
      expect(made()).toEqual([])
      expect(await take('90', '90')).toMatchObject({ outcome: 'done', message: 'applied own' })
    },
    TIME,
  )

  test(
    'R16 what holds data is named in the comment, together with the plan',
    async () => {
      const moment = await planning(90)
      const first = await own.plan(moment)
      expect(first.outcome).toBe('done')
      expect((await own.apply({}, moment)).outcome).toBe('done')
      await own.resources({ aws_s3_bucket: { two: bucket('two') } })
      await own.plan(moment)
      const lossy = await own.id()
      github.store.artifacts.splice(0)
      github.store.runs.splice(0)
      upload(await archive())
      await rm(own.state, { recursive: true })
      const refused = await ask({ body: `/sluice apply production ${lossy}` })
      expect(refused).toMatchObject({
        outcome: 'refused',
        message: expect.stringContaining('aws_s3_bucket.one'),
      })
      expect(made()).toEqual(['one'])
      const body = `/sluice apply production ${lossy} --allow-loss aws_s3_bucket.one@\u2060${lossy}`
      expect(await ask({ body })).toMatchObject({ outcome: 'done' })
      expect(made()).toEqual(['two'])
    },
    TIME,
  )
})
