import { expect, test } from 'vitest'
import { digestOf } from '../../../src/domain/digest.ts'
import type { Service } from '../../../src/domain/system/system.ts'
import type { ServiceStatus } from '../../../src/providers/ports/services.ts'
import type { Provider } from '../../../src/providers/provider.ts'
import { aService, POOL, type RunWorld, runWorld, SERVICE } from './run-world.ts'

const good = (body: string) => ({ body })

async function stage(
  { provider, image }: RunWorld,
  version: string,
  program: Parameters<RunWorld['image']>[1] = good(version),
  service: Service = aService(),
): Promise<string> {
  const spec = { service, image: image(version, program), models: [], release: digestOf(version) }
  return provider.services.stage(spec)
}

async function until(
  { provider, world }: RunWorld,
  done: (status: ServiceStatus) => boolean,
  service = 'api',
): Promise<ServiceStatus> {
  const end = world.clock.now() + 10 * 60_000
  for (;;) {
    const status = await provider.services.describe(service)
    if (done(status)) return status
    if (world.clock.now() > end) throw new Error(`it stays ${JSON.stringify(status)}`)
    await world.clock.sleep(1000)
  }
}

const healthy = (world: RunWorld, id: string, service = 'api'): Promise<ServiceStatus> =>
  until(world, ({ revisions }) => revisions.find((one) => one.id === id)?.healthy === true, service)

async function live(world: RunWorld, version: string): Promise<string> {
  const id = await stage(world, version)
  await healthy(world, id)
  await world.provider.services.shift('api', id, 100)
  await world.provider.services.settle('api', id)
  return id
}

/** What somebody at a console, or gcloud, does beside Sluice. */
function byHand({ door }: RunWorld, mask: string, body: Record<string, unknown>): void {
  door.resources.patch('services', SERVICE, mask.split(','), body)
}

const revisionsOf = ({ door }: RunWorld): readonly string[] =>
  Object.keys(door.resources.require('services', SERVICE).state.revisions)

const patches = ({ door }: RunWorld): number => door.seen.filter((call) => call.startsWith('PATCH')).length

test('the template of targets.json is deployed, with the digest, the pins and the release in it', async () => {
  const world = runWorld()
  const { provider, image, door } = world
  const model = { name: 'sentiment', version: '7', digest: digestOf('weights') }
  const reference = image('1', good('1'))
  await provider.services.stage({
    service: aService(),
    image: reference,
    models: [model],
    release: digestOf('one'),
  })
  const { template } = door.resources.require('services', SERVICE).state
  expect(template).toMatchObject({
    serviceAccount: 'films-test-api@films-1.iam.gserviceaccount.com',
    annotations: { 'sluice-release': digestOf('one') },
    scaling: { minInstanceCount: 1, maxInstanceCount: 2 },
    containers: [
      {
        image: reference,
        env: [
          { name: 'LEVEL', value: 'info' },
          { name: 'SLUICE_MODEL_SENTIMENT', value: `7@${model.digest}` },
        ],
      },
    ],
  })
})

test('R31 traffic that somebody else has pinned is said first, kept until the release moves it, and moved then', async () => {
  const world = runWorld()
  const first = await live(world, '1')
  byHand(world, 'template', {
    template: {
      revision: 'films-test-api-hand',
      containers: [{ image: 'us-docker.pkg.dev/cloudrun/container/hello' }],
    },
  })
  byHand(world, 'traffic', {
    traffic: [
      { revision: first, percent: 20 },
      { revision: 'films-test-api-hand', percent: 80 },
    ],
  })
  await world.world.clock.sleep(60_000)
  const second = await stage(world, '2')
  const told = world.events.flatMap((event) => (event.kind === 'message' ? [event.text] : []))
  expect(told.join()).toContain('films-test-api-hand 80 %')
  const status = await healthy(world, second)
  expect(status.revisions.find(({ id }) => id === second)?.weight).toBe(0)
  expect(status.revisions.find(({ id }) => id === first)?.weight).toBe(20)
  await world.provider.services.shift('api', second, 100)
  await world.provider.services.settle('api', second)
  const { revisions } = await world.provider.services.describe('api')
  expect(revisions.map(({ id, weight }) => [id, weight])).toEqual([[second, 100]])
})

test('R31 a share that Cloud Run takes and never shows is no share', async () => {
  const world = runWorld()
  await live(world, '1')
  const second = await stage(world, '2', { body: '2', startsIn: Number.POSITIVE_INFINITY })
  await expect(world.provider.services.shift('api', second, 50)).rejects.toThrow(
    /50 % was asked for revision .*, but the traffic stands at .* 100 %/,
  )
})

test('R23 an image that is not there is said in Cloud Run’s words, and nothing is moved', async () => {
  const world = runWorld()
  const first = await live(world, '1')
  const image = world.image('gone', good('2'))
  world.programs.delete(image)
  const spec = { service: aService(), image, models: [], release: digestOf('2') }
  const id = await world.provider.services.stage(spec)
  const status = await until(world, ({ revisions }) => revisions.some(({ trouble }) => trouble !== null))
  expect(status.revisions.find((one) => one.id === id)).toMatchObject({
    healthy: false,
    running: 0,
    trouble: expect.stringContaining('not found'),
  })
  await world.provider.services.revert('api', id)
  const { revisions } = await world.provider.services.describe('api')
  expect(revisions.map((one) => [one.id, one.weight])).toEqual([[first, 100]])
})

test('R23 a revision that never becomes ready is never healthy', async () => {
  const world = runWorld()
  const id = await stage(world, '1', { hangs: true })
  await world.world.clock.sleep(3600_000)
  const { revisions } = await world.provider.services.describe('api')
  expect(revisions.find((one) => one.id === id)).toMatchObject({ healthy: false, running: 0 })
})

test('R28 a revision that failed is tried again under a new name, and known by the same id', async () => {
  const world = runWorld()
  await live(world, '1')
  const program = { exits: 3 }
  const id = await stage(world, '2', program)
  await world.world.clock.sleep(10_000)
  await world.provider.services.revert('api', id)
  const again = await stage(world, '2', good('2'))
  expect(again).toBe(id)
  expect(revisionsOf(world)).toContain(`${id}-2`)
  await healthy(world, id)
})

test('R29 going back to a release of old takes the revision that is still there', async () => {
  const world = runWorld()
  const first = await live(world, '1')
  await live(world, '2')
  const made = revisionsOf(world).length
  expect(await live(world, '1')).toBe(first)
  expect(revisionsOf(world)).toHaveLength(made)
})

test('R30 two that stage at once: one goes on, the other is told who', async () => {
  const world = runWorld()
  await live(world, '1')
  const other = { ...world, provider: world.open() }
  const ends = await Promise.allSettled([stage(world, '2'), stage(other, '3')])
  expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  const lost = ends.find((end) => end.status === 'rejected')
  expect(lost?.reason).toMatchObject({ outcome: 'locked', code: 4 })
})

test('R30 a change of somebody else in between is looked at, not written over', async () => {
  const world = runWorld()
  const first = await live(world, '1')
  let interfered = false
  world.world.faults.plan = (request) => {
    if (!interfered && request.startsWith('PATCH')) {
      interfered = true
      byHand(world, 'annotations', { annotations: { team: 'films', 'sluice-base': first } })
    }
    return undefined
  }
  await stage(world, '2')
  expect(door(world).annotations).toMatchObject({ team: 'films' })
})

const door = ({ door }: RunWorld) => door.resources.require('services', SERVICE).state

test('R24 a permission that is gone at one look ends it as cannot-observe, and names what was refused', async () => {
  const world = runWorld()
  const id = await live(world, '1')
  world.world.faults.plan = (request) =>
    request.startsWith('GET')
      ? { kind: 'refuse', code: 'PERMISSION_DENIED', message: 'run.services.get denied' }
      : undefined
  await expect(world.provider.services.describe('api')).rejects.toMatchObject({
    outcome: 'cannot-observe',
    code: 9,
    message: expect.stringContaining('run.services.get denied'),
  })
  world.world.faults.plan = () => undefined
  expect((await world.provider.services.describe('api')).revisions[0]?.id).toBe(id)
})

test('R26 ten minutes of throttling are waited out, at a bounded rate', async () => {
  const world = runWorld()
  await live(world, '1')
  const { clock } = world.world
  const healed = clock.now() + 10 * 60_000
  const before = world.world.faults.requests.length
  world.world.faults.plan = () =>
    clock.now() < healed
      ? { kind: 'refuse', code: 'RESOURCE_EXHAUSTED', message: 'Quota exceeded' }
      : undefined
  expect((await world.provider.services.describe('api')).state).toBe('running')
  expect(clock.now()).toBeGreaterThanOrEqual(healed)
  expect(world.world.faults.requests.length - before).toBeLessThan(80)
})

test('R25 a request that hangs ends at its time-out', async () => {
  const world = runWorld()
  await live(world, '1')
  const { clock } = world.world
  const began = clock.now()
  world.world.faults.plan = () => ({ kind: 'hang' })
  await expect(world.provider.services.describe('api')).rejects.toMatchObject({
    outcome: 'external',
    whose: 'service',
  })
  expect(clock.now() - began).toBeLessThan(5 * 60_000)
})

test('R23 an operation that fails after its request was taken is a failure', async () => {
  const world = runWorld()
  await live(world, '1')
  const second = await stage(world, '2')
  await healthy(world, second)
  world.door.operations.failWith = 'Revision is not ready and cannot serve traffic.'
  await expect(world.provider.services.shift('api', second, 50)).rejects.toThrow('cannot serve traffic')
})

test('a service that this machine cannot reach is judged by Cloud Run’s own probe, and that is said', async () => {
  const world = runWorld({ ingress: 'INGRESS_TRAFFIC_INTERNAL_ONLY' })
  world.door.outside = true
  const model = { name: 'sentiment', version: '7', digest: digestOf('weights') }
  const image = world.image('1', good('1'))
  const spec = { service: aService(), image, models: [model], release: digestOf('1') }
  const id = await world.provider.services.stage(spec)
  const status = await healthy(world, id)
  expect(status.revisions[0]?.models).toEqual([model])
  const told = world.events.flatMap((event) => (event.kind === 'message' ? [event.text] : []))
  expect(told.filter((text) => text.includes('closed to this machine'))).toHaveLength(1)
})

test('a worker pool is rolled out by its instances, and paused to none', async () => {
  const queue = { name: 'queue', scale: { min: 2, max: 2 } } as const
  const { port: _port, health: _health, ...plain } = aService(queue)
  const world = runWorld({ services: [plain] })
  const { services, operations } = world.provider
  const id = await stage(world, '1', good('1'), plain)
  const status = await healthy(world, id, 'queue')
  expect(status.revisions[0]).toMatchObject({ id, desired: 2, running: 2 })
  await services.shift('queue', id, 100)
  await services.settle('queue', id)
  await operations.pause('queue')
  expect((await services.describe('queue')).state).toBe('paused')
  await operations.resume('queue')
  const { state } = world.door.resources.require('workerPools', POOL)
  expect(state.scaling).toEqual({ manualInstanceCount: 2 })
})

/** One rollout from stage to settle, as `src/commands/rollout` does it. */
async function rollOut(world: RunWorld, version: string): Promise<string> {
  const { services } = world.provider
  const id = await stage(world, version)
  const { state } = await healthy(world, id)
  // A release that is live and settled is kept: src/release/plan.ts.
  if (state === 'running') return id
  for (const percent of [10, 100]) await services.shift('api', id, percent)
  await services.settle('api', id)
  return id
}

test('R28 cut off at any request, on both sides of its effect, a second run ends in the same state', async () => {
  const plain = runWorld()
  await live(plain, '1')
  const from = plain.world.faults.requests.length
  const wanted = await rollOut(plain, '2')
  const count = plain.world.faults.requests.length - from
  expect(count).toBeGreaterThan(10)
  for (const when of ['before', 'after'] as const) {
    for (let at = 1; at <= count; at++) {
      const world = runWorld()
      await live(world, '1')
      const start = world.world.faults.requests.length
      const dying = { ...world, provider: dyingProvider(world, start + at, when) }
      // How the dead process sees its end is nobody's concern.
      await rollOut(dying, '2').catch(() => {})
      world.world.faults.plan = () => undefined
      const second = { ...world, provider: world.open() }
      expect(await rollOut(second, '2'), `${when} ${at}`).toBe(wanted)
      const { revisions, state } = await second.provider.services.describe('api')
      expect(state).toBe('running')
      expect(revisions.map(({ id, weight }) => [id, weight])).toEqual([[wanted, 100]])
      expect(revisionsOf(world), `${when} ${at}`).toHaveLength(3)
    }
  }
})

/** Nothing is sent any more after this request; its own effect is made or not. */
function dyingProvider(world: RunWorld, at: number, when: 'before' | 'after'): Provider {
  world.world.faults.plan = (_, number) => {
    if (number < at) return undefined
    if (number === at && when === 'after') return { kind: 'lost' }
    return { kind: 'refuse', code: 'UNAUTHENTICATED', message: 'lost: the process is dead' }
  }
  return world.open()
}

test('R25 a look at a service costs a bounded number of requests', async () => {
  const world = runWorld()
  await live(world, '1')
  const before = world.door.seen.length
  await world.provider.services.describe('api')
  expect(world.door.seen.length - before).toBeLessThanOrEqual(2)
  expect(patches(world)).toBe(3)
})
