import { expect, test } from 'vitest'
import { deploymentsOnGitHub } from '../../../src/commands/rollout/deployments.ts'
import { Secret } from '../../../src/domain/secret.ts'
import { gitHubAddress } from '../../../src/github/address.ts'
import { type Deployments, deploymentsOf } from '../../../src/github/deployments.ts'
import { GitHubRest } from '../../../src/github/rest.ts'
import { FakeClock } from '../../../src/runtime/fake/clock.ts'
import { fakeRuntime } from '../../../src/runtime/fake/index.ts'
import { type ClientOptions, rollOut, start } from '../../world/client.ts'
import { image, World } from '../../world/cloud.ts'
import { Wire } from '../../world/faults.ts'
import { type FaultPlan, secondaryLimit } from '../../world/github/faults.ts'
import { API, gitHubPort } from '../../world/github/port.ts'
import { GitHubStore } from '../../world/github/store.ts'

const COMMIT = 'a'.repeat(40)
const RUN = {
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_REPOSITORY: 'acme/shop',
  GITHUB_RUN_ID: '77',
  GITHUB_ACTOR: 'ada',
}

interface Scene {
  readonly world: World
  readonly store: GitHubStore
  readonly clock: FakeClock
  readonly options: ClientOptions & { readonly deployments: Deployments }
}

/** A rollout inside of a workflow run, and GitHub beside it. */
function scene(
  faults: FaultPlan = () => undefined,
  behaviour?: ConstructorParameters<typeof World>[0],
): Scene {
  const world = new World(behaviour)
  const store = new GitHubStore()
  const clock = new FakeClock()
  const http = gitHubPort(store, faults)
  const address = gitHubAddress({ GITHUB_API_URL: API, GITHUB_REPOSITORY: 'acme/shop' }, new Secret('t'))
  const random = fakeRuntime().random
  const deployments = deploymentsOf(new GitHubRest(address, { http, clock, random, patience: 20_000 }))
  return { world, store, clock, options: { deployments, commit: COMMIT, machine: { env: RUN } } }
}

const states = (store: GitHubStore): readonly (readonly string[])[] =>
  store.deployments.map(({ statuses }) => statuses.map(({ state }) => state))

test('a rollout stands on GitHub as a deployment with the address of the environment', async () => {
  const { world, store, options } = scene()
  const { report } = await rollOut(world, options)
  expect(report.outcome).toBe('done')
  expect(store.deployments).toMatchObject([
    { sha: COMMIT, environment: 'test', payload: { sluice: { release: report.outputs['release'] } } },
  ])
  expect(store.deployments[0]?.statuses).toMatchObject([
    { state: 'in_progress', log_url: 'https://github.com/acme/shop/actions/runs/77/attempts/1' },
    { state: 'success', environment_url: 'http://web.test' },
  ])
})

test('the next release takes the place of the one before, and a failed one does not', async () => {
  const { world, store, options } = scene(undefined, ({ image: runs }) =>
    runs === image('web', 'v3') ? { exits: 'exit code 1' } : {},
  )
  await rollOut(world, options)
  await rollOut(world, { ...options, content: { web: 'v2' } })
  expect(states(store)).toEqual([
    ['in_progress', 'success', 'inactive'],
    ['in_progress', 'success'],
  ])
  const failed = await rollOut(world, { ...options, content: { web: 'v3' } })
  expect(failed.report.outcome).toBe('rolled-back')
  expect(states(store).at(-1)).toEqual(['in_progress', 'failure'])
  expect(states(store)[1]).toEqual(['in_progress', 'success'])
})

test('what changes nothing is no deployment', async () => {
  const { world, store, options } = scene()
  await rollOut(world, options)
  const again = await rollOut(world, options)
  expect(again.report.data['changes']).toBe(false)
  expect(states(store)).toEqual([['in_progress', 'success']])
})

test('R28 a killed rollout and its re-run are one deployment, which ends', async () => {
  for (let k = 1; ; k++) {
    const { world, store, options } = scene()
    const wire = new Wire((_, n) => (n === k ? { kind: 'kill', when: 'after' } : undefined))
    if ((await (await start(world, { ...options, wire })).ended) !== 'killed') break
    expect((await rollOut(world, options)).report.outcome, `request ${k}`).toBe('done')
    const [only, ...others] = store.deployments
    expect(others, `request ${k}`).toEqual([])
    // Whoever was killed after the end of the work has said so before.
    expect(only?.statuses.at(-1)?.state ?? 'success', `request ${k}`).toBe('success')
  }
})

const troubles: Readonly<Record<string, FaultPlan>> = {
  'is down': () => ({ kind: 'broken' }),
  'answers 500': () => ({ kind: 'status', status: 500 }),
  'loses every answer': () => ({ kind: 'lost' }),
  'limits for an hour': () => secondaryLimit(3600),
}
for (const [what, faults] of Object.entries(troubles)) {
  test(`R26 a rollout goes on where GitHub ${what}, and says so`, async () => {
    const { world, clock, options } = scene(faults)
    const began = clock.now()
    const { report, runtime } = await rollOut(world, options)
    expect(report.outcome).toBe('done')
    // Nothing waits for a record beyond its patience.
    expect(clock.now() - began).toBeLessThanOrEqual(60_000)
    expect(runtime.events).toContainEqual(
      expect.objectContaining({ kind: 'message', text: expect.stringContaining('not shown on GitHub') }),
    )
  })
}

test('a job that may not write deployments is told which permission it lacks', async () => {
  const { world, options } = scene(({ method }) =>
    method === 'POST'
      ? { kind: 'status', status: 403, message: 'Resource not accessible by integration' }
      : undefined,
  )
  const { report, runtime } = await rollOut(world, options)
  expect(report.outcome).toBe('done')
  expect(JSON.stringify(runtime.events)).toContain('deployments: write')
})

test('a commit that GitHub cannot know, and a machine that is no runner, have no deployments', async () => {
  const { world, store, options } = scene()
  await rollOut(world, { ...options, commit: 'unversioned' })
  expect(store.deployments).toEqual([])
  const { env, ...machine } = fakeRuntime({ env: { GITHUB_TOKEN: 't', GITHUB_REPOSITORY: 'acme/shop' } })
  expect(deploymentsOnGitHub({ ...machine, env })).toBeUndefined()
  expect(deploymentsOnGitHub({ ...machine, env: { ...env, GITHUB_ACTIONS: 'true' } })).toBeDefined()
})
