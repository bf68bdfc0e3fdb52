import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { finishedRuns } from '../../../src/commands/operate/finished-runs.ts'
import { ownWorkflowRun } from '../../../src/domain/jobs/workflow-run.ts'
import { fakeRuntime } from '../../../src/runtime/fake/index.ts'
import type { HttpRequest, HttpResponse, Runtime } from '../../../src/runtime/runtime.ts'

const ENV = { GITHUB_REPOSITORY: 'films/web', GITHUB_RUN_ID: '42', GITHUB_TOKEN: 'token' }
const RUN = { repository: 'films/web', id: 42 }
const answer = (status: number, value: object): HttpResponse => {
  const bytes = Buffer.from(JSON.stringify(value))
  return {
    status,
    headers: {},
    body: Readable.from([bytes]),
    bytes: async () => bytes,
    text: async () => bytes.toString(),
  }
}
const body = (status: string) => ({
  id: 42,
  status,
  head_sha: 'c0ffee',
  path: '.github/workflows/train.yml',
  event: 'schedule',
  repository: { id: 1 },
})

function gitHub(reply: () => HttpResponse, env: Record<string, string> = ENV) {
  const asked: string[] = []
  const fake = fakeRuntime()
  const request = async ({ url }: HttpRequest) => {
    asked.push(url)
    return reply()
  }
  const runtime: Runtime = { ...fake, env, http: { request } }
  return { asked, state: finishedRuns(runtime) }
}

test.each([
  ['completed', 'ended'],
  ['in_progress', 'running'],
  ['queued', 'running'],
])('R34 a run that GitHub calls %s is %s, and is asked for once', async (status, expected) => {
  const { state, asked } = gitHub(() => answer(200, body(status)))
  expect(await state(RUN)).toBe(expected)
  expect(await state(RUN)).toBe(expected)
  expect(asked).toEqual(['https://api.github.com/repos/films/web/actions/runs/42'])
})

test.each([404, 500, 502, 503, 403])(
  'R34 a GitHub that answers %i says nothing about a job',
  async (status) => {
    const { state, asked } = gitHub(() => answer(status, { message: 'no' }))
    expect(await state(RUN)).toBe('unknown')
    expect(asked.length).toBeGreaterThan(0)
  },
)

test('R34 a GitHub that cannot be reached says nothing about a job', async () => {
  const { state } = gitHub(() => {
    throw new Error('ECONNREFUSED')
  })
  expect(await state(RUN)).toBe('unknown')
})

test('R34 runs of other repositories, and all runs without a token, are not asked for', async () => {
  const other = gitHub(() => answer(200, body('completed')))
  expect(await other.state({ ...RUN, repository: 'others/web' })).toBe('unknown')
  expect(await other.state(undefined)).toBe('unknown')
  const without = gitHub(() => answer(200, body('completed')), { GITHUB_REPOSITORY: 'films/web' })
  expect(await without.state(RUN)).toBe('unknown')
  expect([...other.asked, ...without.asked]).toEqual([])
})

test('the run of this process is what the runner says, where it says something', () => {
  expect(ownWorkflowRun(ENV)).toEqual(RUN)
  expect(ownWorkflowRun({ GITHUB_REPOSITORY: 'films/web' })).toBeUndefined()
  expect(ownWorkflowRun({ ...ENV, GITHUB_RUN_ID: 'x' })).toBeUndefined()
  expect(ownWorkflowRun({ ...ENV, GITHUB_REPOSITORY: '' })).toBeUndefined()
})
