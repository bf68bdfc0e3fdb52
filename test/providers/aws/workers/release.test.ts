import { expect, test } from 'vitest'
import { rollback } from '../../../../src/commands/operate/rollback.ts'
import type { Release } from '../../../../src/domain/releases/release.ts'
import { rollOut, start } from '../../../world/client.ts'
import { image, LEDGER } from '../../../world/cloud.ts'
import { type Fault, Wire } from '../../../world/faults.ts'
import { TEMPLATE, WorkerWorld } from '../../../world/worker-world.ts'

const V1 = image('detector', 'v1')
const V2 = image('detector', 'v2')

const next = (world: WorkerWorld, content: string) => ({
  system: world.system,
  content: { web: content, api: content, detector: content },
  commit: content,
})
const roll = async (world: WorkerWorld, content: string) =>
  (await rollOut(world, next(world, content))).report

async function live(): Promise<WorkerWorld> {
  const world = new WorkerWorld()
  world.boot('i-1')
  world.boot('i-2')
  expect(await roll(world, 'v1')).toMatchObject({ outcome: 'done' })
  return world
}

const runs = (world: WorkerWorld): readonly string[] => [...world.machines.values()].map((one) => one.runs)
const released = (world: WorkerWorld, sequence: number): Release =>
  world.objects.json(`${LEDGER}releases/${sequence}.json`) as Release

test('R23 a release is live when every machine of its worker runs the image, which the ledger names with the template', async () => {
  const world = await live()
  expect(await roll(world, 'v2')).toMatchObject({ outcome: 'done' })
  expect(world.parameter).toBe(V2)
  expect(runs(world)).toEqual([V2, V2])
  expect(released(world, 2).services['detector']).toMatchObject({ image: V2, template: 'lt-1:3' })
  expect(world.host.traffic('web')).toEqual({ [image('web', 'v2')]: 100 })
})

test('a machine moves once, with all of the traffic, and before the service that hands it work', async () => {
  const world = await live()
  const shifts: string[] = []
  const wire = new Wire((request) => {
    shifts.push(request)
    return undefined
  })
  const { ended } = await start(world, { ...next(world, 'v2'), wire })
  expect(await ended).toMatchObject({ outcome: 'done' })
  expect([...world.machines.values()].map(({ stops }) => stops)).toEqual([2, 2])
  const renewed = shifts.indexOf('worker-images.renew')
  expect(renewed).toBeLessThan(shifts.lastIndexOf('services.shift'))
  expect(shifts.indexOf('services.shift')).toBeLessThan(renewed)
})

test('a release that changes nothing of the worker leaves the work of its machines alone', async () => {
  const world = await live()
  const { report } = await rollOut(world, {
    system: world.system,
    content: { web: 'v2', api: 'v2', detector: 'v1' },
    commit: 'c2',
  })
  expect(report).toMatchObject({ outcome: 'done' })
  expect([...world.machines.values()].map(({ stops }) => stops)).toEqual([1, 1])
})

test('a template of a newer version makes a release of its own, and ends no work', async () => {
  const world = await live()
  world.template = 'lt-1:4'
  expect(await roll(world, 'v1')).toMatchObject({ outcome: 'done' })
  expect(released(world, 2).services['detector']).toMatchObject({ image: V1, template: 'lt-1:4' })
  expect([...world.machines.values()].map(({ stops }) => stops)).toEqual([1, 1])
})

test('R29 an image that machines cannot run goes back with every service, and the machines work as before', async () => {
  const world = await live()
  world.broken.add(V2)
  expect(await roll(world, 'v2')).toMatchObject({
    outcome: 'rolled-back',
    message: expect.stringMatching(/it runs nothing.*verified/),
  })
  expect(world.parameter).toBe(V1)
  expect(runs(world)).toEqual([V1, V1])
  expect(world.host.traffic('web')).toEqual({ [image('web', 'v1')]: 100 })
})

test('R29 where machines cannot run the image before either, that is no rollback', async () => {
  const world = await live()
  world.broken.add(V1).add(V2)
  expect(await roll(world, 'v2')).toMatchObject({ outcome: 'rollback-failed' })
})

test('R23 a machine that nobody reaches is not taken for one that runs the image', async () => {
  const world = await live()
  const silent = world.boot('i-3')
  silent.reachable = false
  const report = await roll(world, 'v2')
  expect(report.outcome).not.toBe('done')
  expect(report.message).toMatch(/i-3/)
})

const HOUR = 3_600_000

/** Two machines that run v1 and a third that runs it and then falls silent. */
async function liveAndSilent(said?: string): Promise<WorkerWorld> {
  const world = await live()
  const silent = world.boot('i-3')
  await world.clock.sleep(2 * HOUR)
  silent.reachable = false
  if (said !== undefined) silent.said = said
  return world
}

test.each([
  ['that has said so', V1],
  ['and had booted long before', undefined],
] as const)(
  'R29 going back does not wait for a silent machine that never took the new image, %s',
  async (_, said) => {
    const world = await liveAndSilent(said)
    const { ended } = await start(world, next(world, 'v2'))
    expect(await ended).toMatchObject({
      outcome: 'rolled-back',
      message: expect.stringMatching(/does not reach i-3.*verified/s),
    })
    expect(runs(world)).toEqual([V1, V1, V1])
    expect(world.parameter).toBe(V1)
    expect(world.events).toContainEqual(
      expect.objectContaining({
        level: 'warning',
        text: expect.stringContaining('i-3; this release never came there'),
      }),
    )
  },
)

test('R29 a silent machine that may run the new image is no rollback, and is named', async () => {
  const world = await liveAndSilent(V2)
  expect(await roll(world, 'v2')).toMatchObject({
    outcome: 'rollback-failed',
    message: expect.stringMatching(/i-3/),
  })
})

test('R23 a release waits three minutes for each machine that is not reached, and names those alone', async () => {
  const world = await live()
  const late = world.boot('i-3')
  late.reachable = false
  const before = world.clock.now()
  const { ended } = await start(world, next(world, 'v2'))
  const report = await ended
  expect(report).not.toMatchObject({ outcome: 'done' })
  expect(report).toMatchObject({ message: expect.stringMatching(/does not reach i-3, so/) })
  expect(world.clock.now() - before).toBeLessThan(HOUR)
})

test('R29 going back to an earlier release takes the machines along', async () => {
  const world = await live()
  expect(await roll(world, 'v2')).toMatchObject({ outcome: 'done' })
  const { site } = await start(world, { ...next(world, 'v2'), dryRun: true })
  const report = await rollback({ site, services: [], options: { operation: 'rollback' }, dryRun: false })
  expect(report).toMatchObject({ outcome: 'done' })
  expect(runs(world)).toEqual([V1, V1])
  expect(world.host.traffic('web')).toEqual({ [image('web', 'v1')]: 100 })
})

test('R29 a first release that fails leaves the parameter as the stack made it', async () => {
  const world = new WorkerWorld()
  world.boot('i-1')
  world.broken.add(V1)
  expect((await roll(world, 'v1')).outcome).toBe('rollback-failed')
  expect(world.parameter).toBe(TEMPLATE)
})

test('R29 workers from before they were a part of releases have something to go back to', async () => {
  const world = new WorkerWorld()
  world.parameter = V1
  world.boot('i-1')
  world.broken.add(V2)
  await roll(world, 'v2')
  expect(world.parameter).toBe(V1)
  expect(runs(world)).toEqual([V1])
})

test('R23 an image that somebody else has written is told as what it is', async () => {
  const world = await live()
  world.parameter = image('detector', 'theirs')
  const { revisions } = await world.provider().services.describe('detector')
  expect(revisions).toMatchObject([{ image: image('detector', 'theirs'), weight: 100 }])
})

for (const when of ['before', 'after'] as const) {
  const killed = async (bad: boolean, fault: (n: number) => Fault | undefined) => {
    const world = await live()
    if (bad) world.broken.add(V2)
    const client = await start(world, { ...next(world, 'v2'), wire: new Wire((_, n) => fault(n)) })
    const ended = await client.ended
    const again = ended === 'killed' ? await roll(world, 'v2') : ended
    return { world, ended, again }
  }

  test(`R28 killed ${when} the effect of any request, a re-run moves the machines with the release`, async () => {
    for (let k = 1; ; k++) {
      const { world, ended, again } = await killed(false, (n) =>
        n === k ? { kind: 'kill', when } : undefined,
      )
      expect(again, `request ${k}`).toMatchObject({ outcome: 'done' })
      expect(runs(world), `request ${k}`).toEqual([V2, V2])
      expect(world.host.traffic('web'), `request ${k}`).toEqual({ [image('web', 'v2')]: 100 })
      // Begun once for each release: what runs the image already is left alone.
      expect(
        [...world.machines.values()].map(({ stops }) => stops),
        `request ${k}`,
      ).toEqual([2, 2])
      if (ended !== 'killed') {
        expect(k).toBeGreaterThan(40)
        break
      }
    }
  })

  test(`R28 R29 killed ${when} the effect of any request, a re-run of a bad release ends with the machines as before`, async () => {
    for (let k = 1; ; k++) {
      const { world, ended, again } = await killed(true, (n) =>
        n === k ? { kind: 'kill', when } : undefined,
      )
      expect(again, `request ${k}`).toMatchObject({ outcome: 'rolled-back' })
      expect([world.parameter, ...runs(world)], `request ${k}`).toEqual([V1, V1, V1])
      expect(world.host.traffic('web'), `request ${k}`).toEqual({ [image('web', 'v1')]: 100 })
      if (ended !== 'killed') {
        expect(k).toBeGreaterThan(40)
        break
      }
    }
  })
}
