import { expect, test } from 'vitest'
import type { World } from '../../../src/commands/command.ts'
import { explainLock } from '../../../src/commands/infrastructure/explain-lock.ts'
import { runsOnGitHub } from '../../../src/commands/operate/runs.ts'
import { fakeRuntime } from '../../../src/runtime/fake/index.ts'
import { StateLocked } from '../../../src/tools/engine/failure.ts'

const TAKEN = Date.parse('2026-11-21T18:00:00.000Z')
const run = (id: number, status: string, updated_at: string) => ({
  id,
  html_url: `https://github.test/runs/${id}`,
  status,
  updated_at,
})
const RUNS = [
  run(1, 'completed', '2026-11-21T17:59:00Z'),
  run(2, 'completed', '2026-11-21T18:05:00Z'),
  run(3, 'in_progress', '2026-11-21T17:00:00Z'),
  run(4, 'waiting', '2026-11-21T17:30:00Z'),
]

const gitHub = (env: Record<string, string> = {}) =>
  fakeRuntime({
    env: {
      GITHUB_API_URL: 'https://api.github.test',
      GITHUB_REPOSITORY: 'o/r',
      GITHUB_TOKEN: 'token',
      ...env,
    },
    http: ({ url }) =>
      url.startsWith(
        'https://api.github.test/repos/o/r/actions/runs?created=2026-10-17T18%3A00%3A00Z..2026-11-21T18%3A00%3A00Z',
      )
        ? { status: 200, body: JSON.stringify({ total_count: 4, workflow_runs: RUNS }) }
        : { status: 404 },
  })

test('R18 the runs that were under way at a time are those that had not ended before it', async () => {
  expect(await runsOnGitHub(gitHub())?.at(TAKEN)).toEqual([
    { id: '2', url: 'https://github.test/runs/2', finished: true },
    { id: '3', url: 'https://github.test/runs/3', finished: false },
    { id: '4', url: 'https://github.test/runs/4', finished: false },
  ])
})

test('R18 without a token or a repository nobody is asked', () => {
  expect(runsOnGitHub(fakeRuntime({ env: { GITHUB_REPOSITORY: 'o/r' } }))).toBeUndefined()
  expect(runsOnGitHub(fakeRuntime({ env: { GITHUB_TOKEN: 'token' } }))).toBeUndefined()
})

const holder = { id: 'x', who: 'runner@fv-az1', operation: 'OperationTypeApply', created: TAKEN, path: 'p' }
const world = (runtime: World['runtime']): World => ({
  runtime,
  openProvider: () => Promise.reject(new Error('no cloud here')),
  request: { file: 'sluice.yml', environment: 'production', dryRun: false },
})

test('R18 a held lock is told with links to the runs that may hold it, and not to the own run', async () => {
  const explained = await explainLock(world(gitHub({ GITHUB_RUN_ID: '4' })), new StateLocked('waits', holder))
  expect(explained).toMatchObject({ outcome: 'locked', code: 4 })
  expect((explained as Error).message).toContain('waits; runs under way: https://github.test/runs/3')
  expect((explained as Error).message).not.toContain('runs/4')
})

test('R18 where GitHub does not answer, the lock is still the news', async () => {
  const locked = new StateLocked('waits', holder)
  const silent = fakeRuntime({
    env: { GITHUB_API_URL: 'https://api.github.test', GITHUB_REPOSITORY: 'o/r', GITHUB_TOKEN: 't' },
  })
  expect(await explainLock(world(silent), locked)).toBe(locked)
  const other = new Error('another')
  expect(await explainLock(world(gitHub()), other)).toBe(other)
})
