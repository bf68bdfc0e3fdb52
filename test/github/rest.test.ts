import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { Secret } from '../../src/domain/secret.ts'
import { gitHubAddress } from '../../src/github/address.ts'
import { issuesOf } from '../../src/github/issues.ts'
import { nextPage } from '../../src/github/link.ts'
import { type Attempt, nextAfter } from '../../src/github/patience.ts'
import { permissionsOf } from '../../src/github/permissions.ts'
import { pullRequestsOf } from '../../src/github/pull-requests.ts'
import { runsOf } from '../../src/github/runs.ts'
import { viewer } from '../../src/github/viewer.ts'
import { gitHubClient } from '../world/github/client.ts'
import { primaryLimit, secondaryLimit, strike } from '../world/github/faults.ts'
import { startFakeGitHub } from '../world/github/server.ts'
import { BOT } from '../world/github/store.ts'

const anything = z.unknown()

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

describe('where GitHub is', () => {
  const token = new Secret('t')
  test('GITHUB_API_URL is honoured, with the GraphQL API that belongs to it', () => {
    const of = (url?: string) =>
      gitHubAddress(
        { GITHUB_REPOSITORY: 'a/b', ...(url === undefined ? {} : { GITHUB_API_URL: url }) },
        token,
      )
    expect(of().graphql).toBe('https://api.github.com/graphql')
    expect(of('https://ghe.acme.io/api/v3/')).toMatchObject({
      api: 'https://ghe.acme.io/api/v3',
      graphql: 'https://ghe.acme.io/api/graphql',
    })
  })

  test.each(['', 'shop', 'a/b/c', '../..%2f/x', 'a/b?c'])('%j is no repository', (name) => {
    expect(() => gitHubAddress({ GITHUB_REPOSITORY: name }, token)).toThrow('GITHUB_REPOSITORY is')
  })
})

describe('the next page', () => {
  const api = 'https://api.github.com'
  test.each([
    [
      '<https://api.github.com/x?page=2>; rel="next", <https://api.github.com/x?page=9>; rel="last"',
      `${api}/x?page=2`,
    ],
    [
      '<https://api.github.com/x?page=1>; rel="prev", <https://api.github.com/x?page=3>; rel="next"',
      `${api}/x?page=3`,
    ],
    ['<https://api.github.com/x?page=1>; rel="prev"', undefined],
    ['', undefined],
    [undefined, undefined],
    ['<https://elsewhere.example/x>; rel="next"', undefined],
    ['<http://api.github.com/x>; rel="next"', undefined],
  ])('of %j is %j', (link, expected) => {
    expect(nextPage(link, api)).toBe(expected)
  })
})

describe('patience', () => {
  const random = { bytes: (count: number) => new Uint8Array(count).fill(255) }
  const asked = { repeatable: true, failures: 1, now: 0, deadline: 900_000 }
  const answer = (status: number, headers = {}, message = ''): Attempt => ({ status, headers, message })

  test('R26 Retry-After is obeyed, and the reset of the primary limit', () => {
    const after = nextAfter(answer(429, { 'retry-after': '42' }), asked, random)
    expect(after).toEqual({ wait: expect.any(Number) })
    expect((after as { wait: number }).wait).toBeGreaterThanOrEqual(42_000)
    const reset = nextAfter(
      answer(403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '300' }),
      asked,
      random,
    )
    expect((reset as { wait: number }).wait).toBeGreaterThanOrEqual(300_000)
  })

  test('R26 a limit that lasts too long is given up', () => {
    expect(nextAfter(answer(429, { 'retry-after': '901' }), asked, random)).toBe('give-up')
  })

  test('R26 after a limit even what must not be said twice is said again, after a 5xx it is not', () => {
    const once = { ...asked, repeatable: false }
    expect(nextAfter(answer(429), once, random)).toEqual({ wait: expect.any(Number) })
    expect(nextAfter(answer(403, {}, 'You have exceeded a secondary rate limit'), once, random)).toEqual({
      wait: expect.any(Number),
    })
    expect(nextAfter(answer(502), once, random)).toBe('take')
    expect(nextAfter('no-answer', once, random)).toBe('give-up')
  })

  test('a missing permission is no limit', () => {
    expect(nextAfter(answer(403, {}, 'Resource not accessible by integration'), asked, random)).toBe('take')
  })

  test('R26 no wait ends after the deadline', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(403, 429, 500, 502, 503),
        fc.record({ 'retry-after': fc.nat(2000).map(String) }, { requiredKeys: [] }),
        fc.nat(1_000_000),
        fc.integer({ min: 1, max: 40 }),
        (status, headers, now, failures) => {
          const next = nextAfter(answer(status, headers), { ...asked, now, failures }, random)
          if (typeof next === 'object') expect(now + next.wait).toBeLessThanOrEqual(asked.deadline)
        },
      ),
    )
  })
})

describe('the client', () => {
  test('reads all pages', async () => {
    await using github = await startFakeGitHub()
    for (let n = 0; n < 250; n++) github.store.comment(7, `comment ${n}`, BOT)
    const { rest } = gitHubClient(github)
    const bodies: string[] = []
    for await (const { body } of rest.list('/issues/7/comments', z.looseObject({ body: z.string() })))
      bodies.push(body)
    expect(bodies).toHaveLength(250)
    expect(bodies.at(-1)).toBe('comment 249')
    expect(github.asked).toHaveLength(3)
  })

  test('R26 ten minutes of secondary limits are waited out, at a bounded rate', async () => {
    await using github = await startFakeGitHub()
    const { rest, clock } = gitHubClient(github)
    const start = clock.now()
    github.faults = () => (clock.now() < start + 600_000 ? secondaryLimit() : undefined)
    github.store.pull(7, BOT)
    await rest.get('/pulls/7', anything)
    expect(clock.now() - start).toBeGreaterThanOrEqual(600_000)
    expect(github.asked.length).toBeLessThanOrEqual(12)
  })

  test('R26 a primary limit is waited out, or given up where it lasts an hour', async () => {
    await using github = await startFakeGitHub()
    github.store.pull(7, BOT)
    const { rest, clock } = gitHubClient(github)
    github.faults = strike('GET', /pulls/, primaryLimit(clock.now() + 120_000))
    await rest.get('/pulls/7', anything)
    github.faults = strike('GET', /pulls/, primaryLimit(clock.now() + 3_600_000))
    await expect(rest.get('/pulls/7', anything)).rejects.toMatchObject({
      status: 403,
      remedy: /limit is over/,
    })
    expect(github.asked).toHaveLength(3)
  })

  test('R26 trouble of the server and of the line passes', async () => {
    await using github = await startFakeGitHub()
    github.store.pull(7, BOT)
    const { rest } = gitHubClient(github)
    const faults = [{ kind: 'broken' }, { kind: 'status', status: 502 }, { kind: 'lost' }] as const
    github.faults = ({ number }) => faults[number - 1]
    await rest.get('/pulls/7', anything)
    expect(github.asked).toHaveLength(4)
  })

  test('a creation is not said twice when its answer is lost', async () => {
    await using github = await startFakeGitHub()
    const { rest } = gitHubClient(github)
    github.faults = strike('POST', /comments/, { kind: 'lost' })
    await expect(rest.send('POST', '/issues/7/comments', { body: 'x' }, anything)).rejects.toThrow()
    expect(github.store.comments).toHaveLength(1)
    expect(github.asked).toHaveLength(1)
  })

  test('writes are at least a second apart', async () => {
    await using github = await startFakeGitHub()
    const { rest, clock } = gitHubClient(github)
    const start = clock.now()
    for (const body of ['a', 'b', 'c']) await rest.send('POST', '/issues/7/comments', { body }, anything)
    expect(clock.now() - start).toBeGreaterThanOrEqual(2000)
  })

  test('R5 the token stands in no error', async () => {
    await using github = await startFakeGitHub()
    const { rest } = gitHubClient(github, 'ghs_wrong_canary')
    const failure = await rest.get('/pulls/7', anything).catch((error: unknown) => error)
    expect(failure).toMatchObject({ status: 401, outcome: 'cannot-observe' })
    expect(`${JSON.stringify(failure)} ${String(failure)} ${(failure as Error).stack}`).not.toContain(
      'canary',
    )
  })

  test('an answer that is not as promised says what is missing', async () => {
    await using github = await startFakeGitHub()
    github.store.pull(7, BOT)
    const { rest } = gitHubClient(github)
    await expect(rest.get('/pulls/7', z.looseObject({ nothing: z.string() }))).rejects.toThrow(
      'without nothing',
    )
  })
})

describe('the ports', () => {
  test('whose token it is', async () => {
    await using github = await startFakeGitHub()
    expect(await viewer(gitHubClient(github).rest)).toBe(BOT.id)
  })

  test('pull requests and their reviews', async () => {
    await using github = await startFakeGitHub()
    const ada = github.store.account('ada', 'write')
    const pull = github.store.pull(7, ada)
    github.store.reviews.push({ pull: 7, user: null, state: 'APPROVED', commit_id: pull.head.sha })
    const pulls = pullRequestsOf(gitHubClient(github).rest)
    expect(await pulls.get(7)).toMatchObject({
      state: 'open',
      headSha: 'a'.repeat(40),
      author: { login: 'ada' },
    })
    expect(await pulls.reviews(7)).toEqual([{ by: undefined, state: 'approved', commit: pull.head.sha }])
    expect(await pulls.withHead('a'.repeat(40))).toEqual([7])
    expect(await pulls.withHead('c'.repeat(40))).toEqual([])
  })

  test('R8 a login that was given up and taken by another has no permission', async () => {
    await using github = await startFakeGitHub()
    const ada = github.store.account('ada', 'maintain')
    const permissions = permissionsOf(gitHubClient(github).rest)
    expect(await permissions.of(ada)).toBe('write')
    expect(await permissions.of({ ...ada, id: ada.id + 1 })).toBe('none')
    expect(await permissions.of({ id: 1, login: 'ghost' })).toBe('none')
  })

  test('runs, who let them into an environment, and artifacts', async () => {
    await using github = await startFakeGitHub()
    const ada = github.store.account('ada', 'admin')
    github.store.runs.push({
      id: 9,
      run_attempt: 2,
      status: 'completed',
      conclusion: 'success',
      head_sha: 'a'.repeat(40),
      path: '.github/workflows/preview.yml@main',
      event: 'pull_request',
      repository: { id: 1001 },
      head_repository: null,
    })
    github.store.approvals.push({
      run: 9,
      environments: [{ name: 'production' }],
      state: 'approved',
      user: ada,
    })
    const artifact = { size_in_bytes: 10, digest: 'sha256:1', expired: false, workflow_run: { id: 9 } }
    for (let id = 1; id <= 130; id++) github.store.artifacts.push({ ...artifact, id, name: `a${id}` })
    const runs = runsOf(gitHubClient(github).rest)
    expect(await runs.get(9)).toMatchObject({
      attempt: 2,
      finished: true,
      path: '.github/workflows/preview.yml',
    })
    expect(await runs.approvals(9)).toMatchObject([
      { environments: ['production'], state: 'approved', by: ada },
    ])
    expect(await runs.artifacts(9)).toHaveLength(130)
  })

  test('issues, without the pull requests among them', async () => {
    await using github = await startFakeGitHub()
    const issues = issuesOf(gitHubClient(github).rest)
    const { number } = await issues.create({ title: 't', body: 'b', label: 'drift' })
    github.store.pull(3, BOT)
    expect(await all(issues.open('drift'))).toMatchObject([{ number, body: 'b', author: BOT.id }])
    await issues.update(number, { body: 'c' })
    expect(github.store.issues).toMatchObject([{ title: 't', body: 'c' }])
    await issues.close(number)
    expect(await all(issues.open('drift'))).toEqual([])
  })
})
