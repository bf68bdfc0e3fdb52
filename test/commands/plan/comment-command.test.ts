import { describe, expect, test } from 'vitest'
import type { World } from '../../../src/commands/command.ts'
import { commentCommand } from '../../../src/commands/plan/comment-command.ts'
import { holdTo } from '../../../src/commands/plan/pinned.ts'
import { Secret } from '../../../src/domain/secret.ts'
import { fakeRuntime } from '../../../src/runtime/fake/index.ts'
import { nodeHttp } from '../../../src/runtime/node/http.ts'
import { type Fault, strike } from '../../world/github/faults.ts'
import { type FakeGitHub, startFakeGitHub, TOKEN } from '../../world/github/server.ts'
import type { Account, Pull } from '../../world/github/store.ts'

const HEAD = 'a'.repeat(40)
const APPLY = '/sluice apply production 0123456789ab'

interface Scene {
  readonly github: FakeGitHub
  readonly author: Account
  readonly ada: Account
  readonly bob: Account
  readonly pull: Pull
}

/** A pull request of `author`, where `ada` asks and `bob` has approved its newest commit. */
async function scene(): Promise<Scene> {
  const github = await startFakeGitHub()
  const { store } = github
  const author = store.account('author', 'write')
  const ada = store.account('ada', 'write')
  const bob = store.account('bob', 'maintain')
  const pull = store.pull(7, author, HEAD)
  store.reviews.push({ pull: 7, user: bob, state: 'APPROVED', commit_id: HEAD })
  return { github, author, ada, bob, pull }
}

function worldOf(github: FakeGitHub, event: unknown, here = HEAD): World {
  const machine = fakeRuntime({
    env: { ...github.env, GITHUB_EVENT_PATH: '/event.json' },
    files: { '/event.json': JSON.stringify(event) },
    exec: () => ({ stdout: `${here}\n` }),
  })
  return {
    runtime: { ...machine, http: nodeHttp },
    openProvider: () => Promise.reject(new Error('no cloud is opened')),
    request: { file: 'sluice.yml', environment: 'staging', dryRun: false },
  }
}

const eventOf = (user: Account | null, body: string, more: object = {}) => ({
  action: 'created',
  issue: { number: 7, pull_request: {} },
  comment: { body, user },
  ...more,
})

const ask = (github: FakeGitHub, user: Account | null, body = APPLY, more: object = {}) =>
  commentCommand(worldOf(github, eventOf(user, body, more)), new Secret(TOKEN))

describe('R8 a command in a comment', () => {
  test('R8 is followed at the head that was approved, by somebody who may write', async () => {
    const { github, ada } = await scene()
    await using _ = github
    const report = await ask(github, ada)
    expect(report.outcome).toBe('done')
    expect(report.outputs).toMatchObject({
      command: 'apply',
      'command-environment': 'production',
      'command-plan': '0123456789ab',
      sha: HEAD,
    })
  })

  test('to plan needs no approval, and has the environment of the job where none is named', async () => {
    const { github, ada } = await scene()
    await using _ = github
    github.store.reviews.splice(0)
    const report = await ask(github, ada, '/sluice plan')
    expect(report.outputs).toMatchObject({ command: 'plan', 'command-environment': 'staging', sha: HEAD })
  })

  const broken: Fault = { kind: 'status', status: 500 }
  const hidden: Fault = { kind: 'status', status: 404, message: 'Not Found' }
  const closed: Fault = { kind: 'status', status: 403, message: 'Resource not accessible by integration' }

  const MATRIX: readonly (readonly [
    name: string,
    change: (scene: Scene) => Account | null | undefined,
    why: string,
  ])[] = [
    ['of a reader', ({ github }) => github.store.account('eve', 'read'), 'may write'],
    ['of somebody who triages', ({ github }) => github.store.account('eve', 'triage'), 'may write'],
    ['of a stranger', ({ github }) => github.store.account('eve'), 'may write'],
    ['of a deleted account', () => null, 'is gone'],
    ['of a login that another has now', ({ ada }) => ({ ...ada, id: 1 }), 'may write'],
    ['of a bot that may write', ({ github }) => github.store.account('app[bot]', 'write', 'Bot'), 'bot'],
    ['that a reader approved', ({ github }) => only(github, github.store.account('eve', 'read')), 'approved'],
    ['that the author approved', ({ github, author }) => only(github, author), 'approved'],
    ['that who asks approved', ({ github, ada }) => only(github, ada), 'approved'],
    ['that a deleted account approved', ({ github }) => only(github, null), 'approved'],
    [
      'approved before the last push',
      ({ pull }) => void Object.assign(pull.head, { sha: 'c'.repeat(40) }),
      'approved cccccccccccc',
    ],
    ['whose approval was dismissed', ({ github, bob }) => review(github, bob, 'DISMISSED'), 'approved'],
    [
      'whose approver has asked for changes since',
      ({ github, bob }) => review(github, bob, 'CHANGES_REQUESTED'),
      'changes',
    ],
    [
      'for which somebody asks for changes',
      ({ github }) => review(github, github.store.account('eve', 'write'), 'CHANGES_REQUESTED'),
      'changes',
    ],
    ['nobody approved', ({ github }) => void github.store.reviews.splice(0), 'approved'],
    ['on a closed pull request', ({ pull }) => void Object.assign(pull, { state: 'closed' }), 'closed'],
    ['on a pull request of a fork', ({ pull }) => void Object.assign(pull.head, { repo: { id: 6 } }), 'fork'],
    [
      'on a pull request of a fork that is gone',
      ({ pull }) => void Object.assign(pull.head, { repo: null }),
      'fork',
    ],
    [
      'while a push comes in between',
      ({ github, pull }) =>
        faulty(
          github,
          strike('GET', /reviews/, {
            kind: 'meanwhile',
            happens: () => void Object.assign(pull.head, { sha: 'd'.repeat(40) }),
          }),
        ),
      'could not be read',
    ],
    [
      'while it is closed in between',
      ({ github, pull }) =>
        faulty(
          github,
          strike('GET', /reviews/, {
            kind: 'meanwhile',
            happens: () => void Object.assign(pull, { state: 'closed' }),
          }),
        ),
      'closed',
    ],
    [
      'with permissions that break',
      ({ github }) => faulty(github, strike('GET', /permission/, broken, 99)),
      'could not be read',
    ],
    [
      'with permissions that are closed',
      ({ github }) => faulty(github, strike('GET', /permission/, closed, 99)),
      'could not be read',
    ],
    [
      'with permissions that are not there',
      ({ github }) => faulty(github, strike('GET', /permission/, hidden, 99)),
      'may write',
    ],
    [
      'with reviews that break',
      ({ github }) => faulty(github, strike('GET', /reviews/, broken, 99)),
      'reviews could not',
    ],
    [
      'with reviews that are not there',
      ({ github }) => faulty(github, strike('GET', /reviews/, hidden, 99)),
      'reviews could not',
    ],
    [
      'with a pull request that breaks',
      ({ github }) => faulty(github, strike('GET', /pulls\/7$/, broken, 99)),
      'could not be read',
    ],
    [
      'with a pull request that is not there',
      ({ github }) => void github.store.pulls.splice(0),
      'could not be read',
    ],
  ]

  test.each(MATRIX)('R8 %s is refused', async (_name, change, why) => {
    const all = await scene()
    await using _ = all.github
    const by = change(all)
    const report = await ask(all.github, by === undefined ? all.ada : by)
    expect(report).toMatchObject({ outcome: 'refused', outputs: { command: '', sha: '' } })
    expect(report.message).toContain(why)
  })

  test('R8 that was edited, on an issue, or in a review is none', async () => {
    const { github, ada } = await scene()
    await using _ = github
    const others = [{ action: 'edited' }, { issue: { number: 7 } }, { issue: undefined }]
    for (const more of others) {
      expect(await ask(github, ada, APPLY, more)).toMatchObject({ outcome: 'done', outputs: { command: '' } })
    }
    expect(github.asked).toEqual([])
  })

  test('R8 without a token is refused', async () => {
    const { github, ada } = await scene()
    await using _ = github
    const report = await commentCommand(worldOf(github, eventOf(ada, APPLY)), undefined)
    expect(report.outcome).toBe('refused')
  })
})

/** The approval is by this account and nobody else. */
function only(github: FakeGitHub, user: Account | null): undefined {
  github.store.reviews.splice(0, 99, { pull: 7, user, state: 'APPROVED', commit_id: HEAD })
  return undefined
}

function faulty(github: FakeGitHub, plan: FakeGitHub['faults']): undefined {
  github.faults = plan
  return undefined
}

function review(github: FakeGitHub, user: Account, state: 'DISMISSED' | 'CHANGES_REQUESTED'): undefined {
  github.store.reviews.push({ pull: 7, user, state, commit_id: HEAD })
  return undefined
}

describe('R8 a run that is held to a commit', () => {
  const event = { issue: { number: 7, pull_request: {} } }
  const hold = (github: FakeGitHub, here = HEAD, given: unknown = event) =>
    holdTo(worldOf(github, given, here), HEAD, new Secret(TOKEN))

  test('goes on where it is still the newest', async () => {
    const { github } = await scene()
    await using _ = github
    await expect(hold(github)).resolves.toBeUndefined()
  })

  test('R8 stops where the head has moved between the command and the run', async () => {
    const { github, pull } = await scene()
    await using _ = github
    pull.head.sha = 'e'.repeat(40)
    await expect(hold(github)).rejects.toMatchObject({ outcome: 'stale', message: /is at e{40} now/ })
  })

  test('R8 stops where another commit is checked out, or the pull request is closed', async () => {
    const { github, pull } = await scene()
    await using _ = github
    await expect(hold(github, 'f'.repeat(40))).rejects.toMatchObject({ outcome: 'stale' })
    pull.state = 'closed'
    await expect(hold(github)).rejects.toMatchObject({ outcome: 'stale', message: /is closed/ })
  })

  test('R8 stops where GitHub does not say, or there is no pull request', async () => {
    const { github } = await scene()
    await using _ = github
    await expect(hold(github, HEAD, {})).rejects.toMatchObject({ outcome: 'cannot-observe' })
    github.faults = strike('GET', /pulls/, { kind: 'status', status: 500 }, 99)
    await expect(hold(github)).rejects.toMatchObject({ outcome: 'external' })
  })
})
