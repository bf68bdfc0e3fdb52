import { expect, test } from 'vitest'
import { rollOut } from '../../world/client.ts'
import { image, LEDGER, service, shop, World } from '../../world/cloud.ts'

test('R29 a first release says before it starts that there is nothing to go back to, and goes live', async () => {
  const world = new World()
  const { report, runtime } = await rollOut(world)
  expect(report.outcome).toBe('done')
  const said = runtime.events.findIndex(
    (event) => event.kind === 'message' && event.text.includes('nothing to go back to'),
  )
  const started = runtime.events.findIndex((event) => event.kind === 'progress')
  expect(said).toBeGreaterThanOrEqual(0)
  expect(said).toBeLessThan(started)
  expect(world.host.traffic('web')).toEqual({ [image('web', 'v1')]: 100 })
  expect(world.objects.json(`${LEDGER}live.json`)).toMatchObject({ sequence: 1, replaced: null })
  expect(report.outputs).toMatchObject({ previous: '', url: 'http://web.test' })
})

test('R23 a second release moves through its steps and says deployed with the digests read back', async () => {
  const world = new World()
  const first = await rollOut(world)
  const { report, runtime } = await rollOut(world, { content: { web: 'v2' }, commit: 'c2' })
  expect(report).toMatchObject({ outcome: 'done', message: 'release 2 is live' })
  expect(report.outputs['previous']).toBe(first.report.outputs['release'])
  expect(world.host.traffic('web')).toEqual({ [image('web', 'v2')]: 100 })
  expect(world.host.traffic('api')).toEqual({ [image('api', 'v1')]: 100 })
  // The service that did not change was left alone.
  expect(world.host.made).toBe(3)
  const kinds = world.objects.uris(`${LEDGER}events/00000002`).map((uri) => world.objects.json(uri))
  expect(kinds).toMatchObject([
    { kind: 'started' },
    { kind: 'step', detail: '10 %' },
    { kind: 'step', detail: '100 %' },
    { kind: 'live' },
  ])
  const table = runtime.events.findLast((event) => event.kind === 'table')
  expect(table).toMatchObject({
    columns: ['service', 'from', 'to', 'traffic', 'result'],
    rows: [
      ['api', expect.any(String), expect.any(String), '100 %', 'unchanged'],
      ['web', expect.any(String), expect.any(String), '100 %', 'deployed'],
    ],
  })
  expect(report.summary).toContain('```mermaid')
})

test('R23 the same release again is no change: nothing is staged and no record is written', async () => {
  const world = new World()
  await rollOut(world)
  const { report } = await rollOut(world)
  expect(report).toMatchObject({ outcome: 'done', data: { changes: false } })
  expect(world.host.made).toBe(2)
  expect(world.objects.uris(`${LEDGER}releases/`)).toEqual([`${LEDGER}releases/1.json`])
})

test('R23 "no change" waits for a live service that is coming back, and is not said of one that stays down', async () => {
  let down = false
  let backAt = Number.POSITIVE_INFINITY
  const world: World = new World(() =>
    down && world.clock.now() < backAt ? { exits: 'exited with code 137' } : {},
  )
  await rollOut(world)
  down = true
  backAt = world.clock.now() + 20_000
  const { report } = await rollOut(world)
  expect(report).toMatchObject({ outcome: 'done', data: { changes: false } })
  expect(world.clock.now()).toBeGreaterThanOrEqual(backAt)
  backAt = Number.POSITIVE_INFINITY
  await expect(rollOut(world)).rejects.toMatchObject({
    outcome: 'external',
    message: expect.stringMatching(
      /nothing is to be changed, but \w+ does not serve: .*exited with code 137/,
    ),
    remedy: expect.stringContaining('sluice operate logs'),
  })
  expect(world.host.made).toBe(2)
})

test('a changed variable is a new revision although the image is the same', async () => {
  const world = new World()
  await rollOut(world)
  const system = shop({ services: { web: service('web', { env: { MODE: 'b' } }), api: service('api') } })
  const { report } = await rollOut(world, { system })
  expect(report.message).toBe('release 2 is live')
  expect(world.host.made).toBe(3)
})

test('a dry run shows the plan and touches nothing, the lock included', async () => {
  const world = new World()
  const { report } = await rollOut(world, { dryRun: true })
  expect(report.data['plan']).toMatchObject({
    services: [
      { action: 'start', service: 'api' },
      { action: 'start', service: 'web' },
    ],
    steps: [100],
  })
  expect(world.objects.contents.size).toBe(0)
  expect(world.host.made).toBe(0)
})

test('R29 a release that is never healthy goes back, verified, and serves nobody', async () => {
  const world = new World(({ image: runs }) => (runs === image('web', 'bad') ? { startsIn: Infinity } : {}))
  await rollOut(world)
  const { report, runtime } = await rollOut(world, { content: { web: 'bad', api: 'v2' } })
  expect(report.outcome).toBe('rolled-back')
  expect(report.message).toContain('GET /health answered 503')
  // Told once while it is waited for, not only with the end.
  const told = runtime.events.filter(
    (event) => event.kind === 'message' && event.text.startsWith('web is not healthy yet: '),
  )
  expect(told).toHaveLength(1)
  expect(report.message).toContain('verified')
  expect(world.host.traffic('web')).toEqual({ [image('web', 'v1')]: 100 })
  expect(world.host.traffic('api')).toEqual({ [image('api', 'v1')]: 100 })
  expect(world.objects.json(`${LEDGER}live.json`)).toMatchObject({ sequence: 1 })
  expect((await world.host.describe('web')).state).toBe('running')
})

test('a process that exits at once is given up before the start time-out', async () => {
  const world = new World(({ image: runs }) =>
    runs === image('web', 'bad') ? { exits: 'exited with code 2: no such module' } : {},
  )
  await rollOut(world)
  const began = world.clock.now()
  const { report } = await rollOut(world, { content: { web: 'bad' } })
  expect(report.outcome).toBe('rolled-back')
  expect(report.message).toContain('no such module')
  expect(world.clock.now() - began).toBeLessThan(shop().rollout.startTimeout)
})

test('R29 a first release that fails ends with rollback-failed, because nothing served before', async () => {
  const world = new World(() => ({ startsIn: Infinity }))
  const { report } = await rollOut(world)
  expect(report.outcome).toBe('rollback-failed')
  expect(report.message).toContain('nothing served')
  expect((await world.host.describe('web')).state).toBe('absent')
  expect(world.objects.json(`${LEDGER}live.json`)).toBeUndefined()
})

test('R29 a release that dies under traffic goes back at the step where it died', async () => {
  const world = new World(({ image: runs }) => (runs === image('api', 'v2') ? { diesAfter: 8000 } : {}))
  await rollOut(world)
  const { report } = await rollOut(world, { content: { web: 'v2', api: 'v2' } })
  expect(report.outcome).toBe('rolled-back')
  expect(report.message).toContain('at 10 %')
  expect(world.host.traffic('api')).toEqual({ [image('api', 'v1')]: 100 })
  expect(world.host.traffic('web')).toEqual({ [image('web', 'v1')]: 100 })
})

test('R31 a check that fails takes the release back', async () => {
  const world = new World()
  await rollOut(world)
  const machine = { http: () => ({ status: 500 }) }
  const { report } = await rollOut(world, { content: { web: 'v2' }, machine })
  expect(report.outcome).toBe('rolled-back')
  expect(report.message).toContain('status 500 instead of 200')
})

test('R31 a check without data is inconclusive and never promotes', async () => {
  const world = new World()
  await rollOut(world)
  const http = () => {
    throw new Error('connection refused')
  }
  const { report } = await rollOut(world, { content: { web: 'v2' }, machine: { http } })
  expect(report.outcome).toBe('rolled-back')
  expect(report.message).toContain('no data never promotes')
  expect(world.host.traffic('web')).toEqual({ [image('web', 'v1')]: 100 })
})

test('R31 answers of the old revision say nothing about the new one', async () => {
  const world = new World()
  await rollOut(world)
  const old = (await world.host.describe('web')).revisions[0]?.id ?? ''
  const http = () => ({ status: 200, headers: { 'x-sluice-revision': old } })
  const { report } = await rollOut(world, { content: { web: 'v2' }, machine: { http } })
  expect(report.outcome).toBe('rolled-back')
  expect(report.message).toContain('0 probes of 3')
})

test('R31 a check that this cloud cannot observe is refused by name before anything starts', async () => {
  const world = new World()
  const rollout = {
    ...shop().rollout,
    checks: [
      { kind: 'alarm' as const, alarm: 'api-5xx' },
      { kind: 'error-rate' as const, margin: 0.01, minRequests: 100, alpha: 0.05 },
    ],
  }
  const { report } = await rollOut(world, { system: shop({ rollout }) })
  expect(report.outcome).toBe('refused')
  expect(report.message).toContain('alarm api-5xx')
  expect(report.message).toContain('error-rate')
  expect(world.host.made).toBe(0)
})

test('R23 a platform that runs another digest than the requested one is never deployed', async () => {
  const world = new World(({ image: runs }) =>
    runs === image('web', 'v2') ? { runs: image('web', 'other') } : {},
  )
  await rollOut(world)
  const { report } = await rollOut(world, { content: { web: 'v2' } })
  expect(report.outcome).toBe('rolled-back')
  expect(report.message).toContain(image('web', 'other'))
})

test('R27 an image that the registry has lost is refused before anything moves', async () => {
  const world = new World()
  await rollOut(world)
  world.lostImages.add(image('web', 'v2'))
  await expect(rollOut(world, { content: { web: 'v2' } })).rejects.toMatchObject({ outcome: 'stale' })
  expect(world.host.made).toBe(2)
})

test('R23 a paused service is not deployed, and the release is refused by its name', async () => {
  const world = new World()
  await rollOut(world)
  await world.host.pause('web')
  const { report } = await rollOut(world, { content: { web: 'v2' } })
  expect(report).toMatchObject({ outcome: 'refused', message: expect.stringContaining('web is paused') })
})

test('R23 with rollout.allow-zero a service without instances is deployed idle', async () => {
  const idle = shop({ rollout: { ...shop().rollout, allowZero: true, checks: [] } })
  const world = new World(({ image: runs }) => (runs === image('web', 'v2') ? { desired: 0 } : {}))
  await rollOut(world, { system: idle })
  expect((await rollOut(world, { system: idle, content: { web: 'v2' } })).report.outcome).toBe('done')
  const strict = shop({ rollout: { ...shop().rollout, checks: [] } })
  await rollOut(world, { system: strict, content: { web: 'v3' } })
  const { report } = await rollOut(world, { system: strict, content: { web: 'v2' } })
  expect(report.outcome).toBe('refused')
})

test('a service that sluice.yml no longer has is stopped once the release is live', async () => {
  const world = new World()
  await rollOut(world)
  const { report } = await rollOut(world, { system: shop({ services: { web: service('web') } }) })
  expect(report.outcome).toBe('done')
  expect((await world.host.describe('api')).state).toBe('paused')
})

test('the whole rollout has a time, and ends with timed-out and the release before', async () => {
  const world = new World()
  await rollOut(world)
  const rollout = { ...shop().rollout, bake: 300_000, timeout: 200_000 }
  const { report } = await rollOut(world, { system: shop({ rollout }), content: { web: 'v2' } })
  expect(report.outcome).toBe('timed-out')
  expect(world.host.traffic('web')).toEqual({ [image('web', 'v1')]: 100 })
})

test('a cancel in the middle ends with the traffic on the release before', async () => {
  const world = new World()
  await rollOut(world)
  const { report } = await rollOut(world, {
    content: { web: 'v2', api: 'v2' },
    during: (runtime) => void runtime.clock.sleep(15_000).then(() => runtime.cancel()),
  })
  expect(report.outcome).toBe('cancelled')
  expect(world.host.traffic('web')).toEqual({ [image('web', 'v1')]: 100 })
  expect(world.host.traffic('api')).toEqual({ [image('api', 'v1')]: 100 })
})

test('R30 an older commit is refused, unless somebody says so', async () => {
  const world = new World()
  await rollOut(world, { commit: 'young' })
  // git merge-base --is-ancestor OLD YOUNG: exit 0 where old is an ancestor of young.
  const exec = (argv: readonly string[]) => ({
    code: argv.at(-2) === 'old' && argv.at(-1) === 'young' ? 0 : 1,
  })
  const old = { commit: 'old', content: { web: 'v0' }, machine: { exec } }
  const { report } = await rollOut(world, old)
  expect(report.outcome).toBe('stale')
  expect(report.message).toContain('older')
  expect(world.host.made).toBe(2)
  const http = () => ({ status: 200 })
  const forced = { ...old, machine: { exec, http }, wanted: { allowOlder: true } }
  expect((await rollOut(world, forced)).report.outcome).toBe('done')
})

test('R30 where git cannot tell, the ledger knows that an old workflow run was started again', async () => {
  const world = new World()
  const machine = { exec: () => ({ code: 128 }), http: () => ({ status: 200 }) }
  await rollOut(world, { commit: 'c1', machine })
  await rollOut(world, { commit: 'c2', content: { web: 'v2' }, machine })
  const { report } = await rollOut(world, { commit: 'c1', machine })
  expect(report.outcome).toBe('stale')
  expect(world.host.traffic('web')).toEqual({ [image('web', 'v2')]: 100 })
})
