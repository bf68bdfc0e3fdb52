import { expect, test } from 'vitest'
import type { Report } from '../../../src/commands/command.ts'
import { carry } from '../../../src/commands/rollout/carry.ts'
import { openSite } from '../../../src/commands/rollout/site.ts'
import type { ImageReference } from '../../../src/domain/digest.ts'
import type { Check } from '../../../src/domain/system/rollout-policy.ts'
import type { Provider } from '../../../src/providers/provider.ts'
import { BASE } from '../../world/cloud-world/http/run/door.ts'
import type { RunProgram } from '../../world/cloud-world/http/run/programs.ts'
import { MemoryObjects } from '../../world/objects.ts'
import { aService, POOL, type RunWorld, runWorld, SERVICE, STATE, systemOf } from './run-world.ts'

const ALARM: Check = { kind: 'alarm', alarm: 'api-5xx' }
const ERRORS: Check = { kind: 'error-rate', margin: 0.02, minRequests: 50, alpha: 0.05 }
const HTTP: Check = { kind: 'http', path: '/', status: 200, requests: 5, contains: 'films' }
const POLICY = 'projects/films-1/alertPolicies/4711'

interface Course {
  readonly cloud: RunWorld
  rollOut(version: string, program?: RunProgram): Promise<Report>
  weights(): Promise<Record<string, number>>
}

function course(checks: readonly Check[] = [HTTP]): Course {
  const { port: _port, health: _health, ...queue } = aService({ name: 'queue' })
  const services = [aService(), queue]
  const base = systemOf(services)
  const system = { ...base, rollout: { ...base.rollout, checks, bake: 300_000, timeout: 3_600_000 } }
  const cloud = runWorld({
    services,
    targets: (targets) => ({ ...targets, alarms: { 'api-5xx': POLICY } }),
    system: { rollout: system.rollout },
  })
  const objects = new MemoryObjects()
  let commits = 0
  return {
    cloud,
    async rollOut(version, program = { body: `films ${version}` }) {
      const image = cloud.image(version, program)
      const inspect = async (reference: ImageReference) => ({
        digest: reference.slice(reference.indexOf('@') + 1) as `sha256:${string}`,
        size: 1,
        platforms: ['linux/amd64'],
        labels: {},
      })
      const opened = cloud.open()
      const provider: Provider = { ...opened, objects, images: { ...opened.images, inspect } }
      const environment = {
        system,
        root: '/project',
        state: STATE,
        provider: async () => provider,
        close: async () => {},
      }
      const site = await openSite(cloud.runtime, environment)
      commits++
      const wanted = {
        images: () => ({ api: image, queue: image }),
        commit: `c${commits}`,
        judged: [],
        built: undefined,
        keepModels: false,
        forced: undefined,
        allowOlder: true,
      }
      return carry(site, wanted, { command: 'rollout', dryRun: false, waitLock: 0 })
    },
    async weights() {
      const { revisions } = await cloud.provider.services.describe('api')
      return Object.fromEntries(revisions.map(({ image, weight }) => [image, weight]))
    },
  }
}

test('R23 a service and a worker pool go live together, and are read back', async () => {
  const { cloud, rollOut, weights } = course()
  const first = await rollOut('1')
  expect(first).toMatchObject({ outcome: 'done', message: 'release 1 is live' })
  const second = await rollOut('2')
  expect(second).toMatchObject({ outcome: 'done', message: 'release 2 is live' })
  expect(second.outputs['url']).toBe(`${BASE}/at/${SERVICE}`)
  expect(await weights()).toEqual({ [cloud.image('2', {})]: 100 })
  const queue = await cloud.provider.services.describe('queue')
  expect(queue).toMatchObject({ state: 'running', revisions: [{ weight: 100, running: 1 }] })
  expect(cloud.door.resources.require('workerPools', POOL).state.scaling).toEqual({ manualInstanceCount: 1 })
})

test('R29 a release whose check fails at 10 % goes back on both, verified', async () => {
  const { cloud, rollOut, weights } = course()
  await rollOut('1')
  const report = await rollOut('2', { body: 'something else' })
  expect(report).toMatchObject({ outcome: 'rolled-back' })
  expect(report.message).toContain('does not contain "films"')
  expect(await weights()).toEqual({ [cloud.image('1', {})]: 100 })
  expect((await cloud.provider.services.describe('queue')).state).toBe('running')
})

test('R29 a release that does not start goes back with the exit code and its last words', async () => {
  const { cloud, rollOut, weights } = course()
  await rollOut('1')
  const report = await rollOut('2', { exits: 3, complains: ['no configuration found'] })
  expect(report.outcome).toBe('rolled-back')
  expect(report.message).toMatch(/no configuration found.*exit code 3/)
  expect(await weights()).toEqual({ [cloud.image('1', {})]: 100 })
})

test('R31 an alarm that rings while a step bakes takes the release back; a silent one lets it go on', async () => {
  const { cloud, rollOut, weights } = course([ALARM])
  const { monitoring } = cloud.door
  monitoring.policies.set(POLICY, { enabled: true })
  expect((await rollOut('1')).outcome).toBe('done')
  monitoring.ringing.add(POLICY)
  expect(await rollOut('2')).toMatchObject({
    outcome: 'rolled-back',
    message: expect.stringContaining('the alarm is raised'),
  })
  expect(await weights()).toEqual({ [cloud.image('1', {})]: 100 })
})

test('R31 an alarm without data never promotes', async () => {
  const { cloud, rollOut } = course([ALARM])
  const { policies } = cloud.door.monitoring
  policies.set(POLICY, { enabled: true })
  expect((await rollOut('1')).outcome).toBe('done')
  policies.delete(POLICY)
  expect(await rollOut('2')).toMatchObject({
    outcome: 'rolled-back',
    message: expect.stringContaining('inconclusive'),
  })
})

/** Requests of users all the while: a share of them fails on revisions of this image. */
function traffic({ door }: RunWorld, share: (image: string) => number): void {
  const { monitoring } = door
  const answer = monitoring.answer.bind(monitoring)
  monitoring.answer = (method, url) => {
    if (url.pathname.endsWith('/timeSeries')) {
      const { revisions } = door.resources.require('services', SERVICE).state
      monitoring.requests.length = 0
      for (const { name, image } of Object.values(revisions)) {
        const errors = Math.round(1000 * share(image))
        monitoring.count(name, '2xx', 1000 - errors)
        monitoring.count(name, '5xx', errors)
      }
    }
    return answer(method, url)
  }
}

test('R31 a release that fails more often than the one before is taken back, an equal one is not', async () => {
  const { cloud, rollOut, weights } = course([ERRORS])
  const bad = cloud.image('3', {})
  traffic(cloud, (image) => (image === bad ? 0.1 : 0.005))
  expect((await rollOut('1')).outcome).toBe('done')
  expect((await rollOut('2')).outcome).toBe('done')
  expect(await rollOut('3')).toMatchObject({
    outcome: 'rolled-back',
    message: expect.stringContaining('errors 10.00 % against 0.50 %'),
  })
  expect(await weights()).toEqual({ [cloud.image('2', {})]: 100 })
})

test('R31 without requests an error rate is inconclusive, and nothing is promoted', async () => {
  const { cloud, rollOut } = course([ERRORS])
  traffic(cloud, () => 0)
  expect((await rollOut('1')).outcome).toBe('done')
  cloud.door.monitoring.answer = (_, url) =>
    url.pathname.endsWith('/timeSeries') ? { status: 200, body: {} } : undefined
  expect(await rollOut('2')).toMatchObject({
    outcome: 'rolled-back',
    message: expect.stringContaining('no requests were counted'),
  })
})

test('R24 a permission that goes away while a step bakes is "cannot observe", and the traffic goes back', async () => {
  const { cloud, rollOut, weights } = course()
  await rollOut('1')
  let looks = 0
  cloud.world.faults.plan = (request) => {
    if (!request.startsWith('GET services/films-test-api/revisions/')) return undefined
    looks++
    return looks === 20
      ? { kind: 'refuse', code: 'PERMISSION_DENIED', message: 'run.revisions.get denied' }
      : undefined
  }
  const report = await rollOut('2')
  expect(report).toMatchObject({ outcome: 'cannot-observe' })
  expect(await weights()).toEqual({ [cloud.image('1', {})]: 100 })
})

test('R31 a staged revision is probed at its own address, before and while it shares the traffic', async () => {
  const { cloud, rollOut } = course()
  await rollOut('1')
  cloud.door.seen.length = 0
  const asked: string[] = []
  const { handle } = cloud.door
  cloud.door.handle = (request, bytes) => {
    if (request.url.pathname.startsWith('/at/')) asked.push(request.url.pathname)
    return handle.call(cloud.door, request, bytes)
  }
  expect((await rollOut('2')).outcome).toBe('done')
  const checks = asked.filter((path) => path.endsWith('/') && path.startsWith(`/at/${SERVICE}`))
  expect(checks.length).toBeGreaterThanOrEqual(10)
  expect(checks.every((path) => path === `/at/${SERVICE}@next/`)).toBe(true)
})
