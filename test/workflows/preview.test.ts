import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { digestOf } from '../../src/domain/digest.ts'
import { describeReal } from '../real.ts'
import { type FakeGitHub, startFakeGitHub, TOKEN } from '../world/github/server.ts'
import { REPOSITORY } from '../world/github/store.ts'
import { type Caller, type Ended, filledIn, openCaller } from './act.ts'
import { builtDist } from './dist.ts'

const root = join(import.meta.dirname, '../..')
const FORK = 2002
const template = (name: string): string =>
  filledIn(readFileSync(join(root, 'workflows-templates', `${name}.yml`), 'utf8'))

const SYSTEM = (buckets: string): string => `system: tiny
environments:
  local: { cloud: local }
  production: { cloud: aws, account: "222222222222", region: us-east-1 }
images:
  web: { context: app }
services:
  web: { image: web, port: 8080, health: /health }
rollout: { strategy: canary, steps: [100%], bake: 1s, checks: [{ http: /health, requests: 2 }] }
buckets: { ${buckets} }
`

describeReal('previews of pull requests, by the callers that are copied', ['act', 'git'], () => {
  let dist: string
  let caller: Caller
  let base: string
  let head: string
  beforeAll(async () => {
    dist = await builtDist()
    caller = openCaller({
      dist,
      files: {
        '.github/workflows/sluice-preview.yml': template('preview'),
        '.github/workflows/sluice-preview-comment.yml': template('preview-comment'),
        '.github/workflows/sluice-command.yml': template('command'),
        'sluice.yml': SYSTEM('films: {}'),
      },
      folders: { app: join(root, 'test/e2e/fixtures/tiny/app') },
    })
    base = caller.git('rev-parse', 'HEAD')
    caller.write('sluice.yml', SYSTEM('films: {}, trailers: { versioned: true }'))
    head = caller.git('rev-parse', 'HEAD')
  })
  afterAll(() => {
    caller[Symbol.dispose]()
  })

  let github: FakeGitHub
  beforeEach(async () => {
    github = await startFakeGitHub()
    return () => github[Symbol.asyncDispose]()
  })

  const pullRequest = (repository: number | null, action = 'opened'): Promise<Ended> => {
    caller.git('checkout', '--quiet', head)
    return caller.run({
      workflow: 'sluice-preview.yml',
      event: 'pull_request',
      token: TOKEN,
      env: github.env,
      payload: {
        action,
        repository: { id: REPOSITORY.id },
        pull_request: {
          number: 7,
          head: { sha: head, repo: repository === null ? null : { id: repository } },
          base: { sha: base },
        },
      },
    })
  }

  /** What a run of the first half left at GitHub, as it is or changed by whoever ran it. */
  const leave = (change: (text: string) => string = (text) => text): void => {
    const [artifact = ''] = readdirSync(caller.artifacts).filter((name) =>
      name.endsWith('=sluice-synthesis-production'),
    )
    const folder = join(caller.artifacts, artifact)
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    )
    const archive = zipSync(
      Object.fromEntries(
        files.map(({ parentPath, name }) => {
          const path = join(parentPath, name)
          return [path.slice(folder.length + 1), Buffer.from(change(readFileSync(path, 'utf8')))]
        }),
      ),
    )
    const { store } = github
    store.runs.push({
      id: 31,
      run_attempt: 1,
      status: 'completed',
      conclusion: 'success',
      head_sha: head,
      path: '.github/workflows/sluice-preview.yml',
      event: 'pull_request',
      repository: { id: REPOSITORY.id },
      head_repository: { id: FORK },
    })
    store.artifacts.push({
      id: 32,
      name: 'sluice-synthesis-production',
      size_in_bytes: archive.length,
      digest: digestOf(archive),
      expired: false,
      workflow_run: { id: 31 },
      archive,
    })
    store.pull(7, store.account('stranger'), head).head.repo = { id: FORK }
  }
  const comment = (repository = FORK): Promise<Ended> => {
    caller.git('checkout', '--quiet', base)
    return caller.run({
      workflow: 'sluice-preview-comment.yml',
      event: 'workflow_run',
      token: TOKEN,
      env: { ...github.env, GITHUB_REPOSITORY_ID: String(REPOSITORY.id) },
      payload: {
        workflow_run: {
          id: 31,
          head_sha: head,
          conclusion: 'success',
          event: 'pull_request',
          head_repository: { id: repository },
          repository: { id: REPOSITORY.id },
        },
        repository: { id: REPOSITORY.id },
      },
    })
  }

  test('R7 a fork is synthesized and tried without secrets, and commented on by a job without its code', async () => {
    const first = await pullRequest(FORK)
    expect(first.code, first.log).toBe(0)
    expect(first.jobs).toEqual({
      'preview/preview/synthesize production': 'success',
      'preview/preview/try local': 'success',
    })
    expect(github.asked).toEqual([])
    // Where it was, and that it was well, stands in the summary of the run.
    expect(first.log).toMatch(/set-output:: url=http:\/\/127\.0\.0\.1:\d+/)
    expect(first.log).toMatch(/\| web \| running .*\| healthy \| http:\/\/127\.0\.0\.1:\d+/)
    // What was tried is gone.
    expect(first.log).toContain('environment local is destroyed')
    leave()
    const second = await comment()
    expect(second.code, second.log).toBe(0)
    const [posted, ...more] = github.store.commentsOf(7)
    expect(more).toEqual([])
    expect(posted?.body).toContain('trailers')
    expect(posted?.body).toContain('Synthesized without credentials')
  }, 300_000)

  test('R7 a synthesis that somebody has changed is refused, and nothing is posted', async () => {
    leave((text) =>
      text.replace('"resource":', '"data": {"external": {"x": {"program": ["sh"]}}}, "resource":'),
    )
    const { code, log } = await comment()
    expect(code).not.toBe(0)
    expect(log).toContain('the synthesis is not taken')
    expect(github.store.commentsOf(7)).toEqual([])
  }, 300_000)

  test('R7 the second half leaves branches of the repository itself alone', async () => {
    leave()
    const { jobs } = await comment(REPOSITORY.id)
    expect(jobs).toEqual({})
    expect(github.asked).toEqual([])
  }, 300_000)

  test('R7 a fork that was deleted is a fork', async () => {
    const { jobs } = await pullRequest(null)
    expect(Object.keys(jobs)).not.toContain('preview/preview/plan production')
  }, 300_000)

  test('a pull request that is closed starts nothing', async () => {
    const { jobs } = await pullRequest(FORK, 'closed')
    expect(jobs).toEqual({})
  }, 300_000)

  test('a branch of the repository itself signs in to plan, and where no role is given to it, nothing is planned', async () => {
    const { code, jobs, log } = await pullRequest(REPOSITORY.id)
    expect(code).not.toBe(0)
    expect(jobs).toMatchObject({ 'preview/preview/plan production': 'failure' })
    expect(log).toContain('Not authorized to perform sts:AssumeRoleWithWebIdentity')
    expect(github.store.commentsOf(7)).toEqual([])
  }, 300_000)

  const says = (body: string, login: string): Promise<Ended> => {
    const user = github.store.accounts.get(login)
    return caller.run({
      workflow: 'sluice-command.yml',
      event: 'issue_comment',
      token: TOKEN,
      env: {
        ...github.env,
        GITHUB_REPOSITORY_ID: String(REPOSITORY.id),
        SLUICE_TEST_ROLES: JSON.stringify({
          'arn:aws:iam::222222222222:role/sluice/bootstrap/SYSTEM-production-plan': {},
        }),
      },
      payload: {
        action: 'created',
        repository: { id: REPOSITORY.id },
        issue: { number: 7, pull_request: {} },
        comment: { id: 1, body, user },
      },
    })
  }

  test.each([
    ['a reader asks for a plan', 'reader', '/sluice plan production'],
    ['nobody has approved what a writer wants to apply', 'writer', '/sluice apply production 6362b952fc62'],
  ])(
    'R8 %s: no job with rights begins',
    async (_, login, body) => {
      github.store.account('reader', 'read')
      github.store.pull(7, github.store.account('writer', 'write'), head)
      const { code, jobs, log } = await says(body, login)
      expect(code, log).not.toBe(0)
      expect(jobs).toEqual({ 'production/command/asked': 'failure' })
      expect(log).toContain('is not followed')
    },
    300_000,
  )

  test('R8 a comment that asks nothing starts nothing', async () => {
    github.store.pull(7, github.store.account('writer', 'write'), head)
    const { jobs } = await says('what would /sluice plan production do?', 'writer')
    expect(jobs).toEqual({})
  }, 300_000)

  test('R8 a comment on a pull request of a fork is not followed, whoever writes it', async () => {
    github.store.pull(7, github.store.account('writer', 'write'), head).head.repo = { id: FORK }
    const { code, jobs, log } = await says('/sluice plan production', 'writer')
    expect(code, log).not.toBe(0)
    expect(jobs).toEqual({ 'production/command/asked': 'failure' })
    expect(log).toContain('code of a fork is never run where credentials are')
  }, 300_000)

  test('R8 a push between the comment and its run ends it', async () => {
    caller.git('checkout', '--quiet', head)
    const pull = github.store.pull(7, github.store.account('writer', 'write'), head)
    let looks = 0
    github.faults = ({ path }) => {
      // The job without rights asks before and after it has looked at rights; the one with rights asks again.
      if (path.endsWith('/pulls/7')) looks += 1
      if (looks === 3) pull.head.sha = base
      return undefined
    }
    const { code, jobs, log } = await says('/sluice plan production', 'writer')
    expect(code, log).not.toBe(0)
    expect(jobs).toMatchObject({ 'production/command/plan production': 'failure' })
    expect(log).toContain(`pull request 7 is at ${base} now, not at ${head}`)
    expect(log).toContain('set-output:: code=5')
  }, 300_000)

  test('R8 a command is followed for one commit: where the pull request has moved on, nothing is planned', async () => {
    caller.git('checkout', '--quiet', base)
    github.store.pull(7, github.store.account('writer', 'write'), head)
    const { code, jobs, log } = await says('/sluice plan production', 'writer')
    expect(code, log).not.toBe(0)
    expect(jobs, log).toEqual({
      'production/command/asked': 'success',
      'production/command/plan production': 'failure',
    })
    expect(log).toContain('set-output:: code=5')
  }, 300_000)
})
