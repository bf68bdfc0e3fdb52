import { expect, test } from 'vitest'
import type { Report } from '../../../src/commands/command.ts'
import type { SluiceError } from '../../../src/domain/error.ts'
import type { Release } from '../../../src/domain/releases/release.ts'
import { type ClientOptions, rollOut, start } from '../../world/client.ts'
import { image, LEDGER } from '../../world/cloud.ts'
import type { RunProgram } from '../../world/cloud-world/http/run/programs.ts'
import { type Fault, Wire } from '../../world/faults.ts'
import { ReleaseWorld } from './release-world.ts'

const TIME = 240_000
const next: ClientOptions = { content: { api: 'v2', queue: 'v2' }, commit: 'c2' }

/** Release 1 of both services is live; the next image of this one behaves so. */
async function scene(service: 'api' | 'queue', second: RunProgram): Promise<ReleaseWorld> {
  const world = new ReleaseWorld()
  for (const name of ['api', 'queue']) {
    world.program(image(name, 'v1'), {})
    world.program(image(name, 'v2'), name === service ? second : {})
  }
  expect((await rollOut(world, { system: world.system, commit: 'c1' })).report.outcome).toBe('done')
  return world
}

/** What must be the same however often the client was killed. */
async function endState(world: ReleaseWorld) {
  const live = world.objects.json(`${LEDGER}live.json`) as { sequence: number }
  const lock = world.objects.json(`${LEDGER}lock.json`) as { freed?: boolean }
  const { services } = world.cloud.open()
  return {
    api: await world.traffic('api'),
    queue: await world.traffic('queue'),
    states: [(await services.describe('api')).state, (await services.describe('queue')).state],
    releases: world.objects.uris(`${LEDGER}releases/`).length,
    live: live.sequence,
    lock: lock.freed,
    made: world.made(),
  }
}

async function killedThenAgain(
  world: ReleaseWorld,
  faultAt: (request: string, n: number) => Fault | undefined,
): Promise<{
  readonly ended: Report | 'killed'
  readonly again: Report
  readonly requests: readonly string[]
}> {
  const { system } = world
  const killed = await start(world, { ...next, system, wire: new Wire(faultAt) })
  const ended = await killed.ended
  const again = ended === 'killed' ? (await rollOut(world, { ...next, system })).report : ended
  return { ended, again, requests: killed.wire.requests }
}

const looks = (name: string): boolean => /^GET |\.(read|inspect|get)$/.test(name)

/** Both sides of every request that changes something; what only looks is the same on both. */
function crashPoints(requests: readonly string[]): readonly { k: number; when: 'before' | 'after' }[] {
  return requests.flatMap((name, index) => {
    const k = index + 1
    return looks(name)
      ? [{ k, when: 'before' as const }]
      : [
          { k, when: 'before' as const },
          { k, when: 'after' as const },
        ]
  })
}

const at =
  (k: number, when: 'before' | 'after') =>
  (_: string, n: number): Fault | undefined =>
    n === k ? { kind: 'kill', when } : undefined

test(
  'R28 killed at any request to Cloud Run or the ledger, on both sides of its effect, a re-run brings both services live, each by one revision',
  async () => {
    const quiet = await scene('api', {})
    const { again: first, requests } = await killedThenAgain(quiet, () => undefined)
    expect(first.outcome).toBe('done')
    const wanted = await endState(quiet)
    expect(wanted).toMatchObject({
      api: { [image('api', 'v2')]: 100 },
      queue: { [image('queue', 'v2')]: 100 },
      states: ['running', 'running'],
      releases: 2,
      live: 2,
      lock: true,
    })
    const points = crashPoints(requests)
    expect(points.length).toBeGreaterThan(100)
    let killed = 0
    for (const { k, when } of points) {
      const world = await scene('api', {})
      const { ended, again } = await killedThenAgain(world, at(k, when))
      const where = `${when} ${k} ${requests[k - 1]}`
      if (ended === 'killed') killed++
      expect(again, where).toMatchObject({ outcome: 'done' })
      expect(await endState(world), where).toEqual(wanted)
    }
    // Jitter makes one run a few looks shorter than the one that was counted.
    expect(killed).toBeGreaterThan(0.8 * points.length)
  },
  TIME,
)

test(
  'R28 R29 killed at any request of a release of which one service does not start, a re-run leaves both on the release before',
  async () => {
    const bad: RunProgram = { exits: 3 }
    const quiet = await scene('queue', bad)
    const { again: first, requests } = await killedThenAgain(quiet, () => undefined)
    expect(first.outcome).toBe('rolled-back')
    for (const { k, when } of crashPoints(requests)) {
      const world = await scene('queue', bad)
      const { again } = await killedThenAgain(world, at(k, when))
      const where = `${when} ${k} ${requests[k - 1]}`
      // Whoever is killed after the way back finds the release tried, and tries it again.
      expect(again, where).toMatchObject({ outcome: 'rolled-back' })
      expect(await endState(world), where).toMatchObject({
        api: { [image('api', 'v1')]: 100 },
        queue: { [image('queue', 'v1')]: 100 },
        states: ['running', 'running'],
        releases: 2,
        live: 1,
        lock: true,
      })
    }
  },
  TIME,
)

test(
  'R28 an answer of Cloud Run that is lost after its effect, at any request, changes nothing',
  async () => {
    const quiet = await scene('api', {})
    const { requests } = await killedThenAgain(quiet, () => undefined)
    const wanted = await endState(quiet)
    for (const [index, name] of requests.entries()) {
      if (!name.startsWith('PATCH ')) continue
      const world = await scene('api', {})
      const { again } = await killedThenAgain(world, (_, n) =>
        n === index + 1
          ? { kind: 'error', when: 'after', error: () => new Error('socket hang up') }
          : undefined,
      )
      expect(again, `${index + 1} ${name}`).toMatchObject({ outcome: 'done' })
      expect(await endState(world), `${index + 1} ${name}`).toEqual(wanted)
    }
  },
  TIME,
)

/** Release 2 went live as well; the next client goes back to the first. */
async function goingBack(): Promise<{ readonly world: ReleaseWorld; readonly back: ClientOptions }> {
  const world = await scene('api', {})
  const { system } = world
  await rollOut(world, { ...next, system })
  const models = world.objects.json(`${LEDGER}releases/1.json`) as Release
  const forced = { by: 'ada', reason: 'rollback' }
  const wanted = { judged: [], models, keepModels: true, forced, allowOlder: true }
  return { world, back: { system, commit: 'c1', wanted } }
}

test(
  'R28 R29 going back to an earlier release, killed at any change of Cloud Run or the ledger, ends on it with both services',
  async () => {
    const quiet = await goingBack()
    const { wire, ended } = await start(quiet.world, quiet.back)
    expect(await ended).toMatchObject({ outcome: 'done' })
    for (const { k, when } of crashPoints(wire.requests)) {
      if (looks(wire.requests[k - 1] ?? '')) continue
      const { world, back } = await goingBack()
      const where = `${when} ${k} ${wire.requests[k - 1]}`
      const killed = await (await start(world, { ...back, wire: new Wire(at(k, when)) })).ended
      const again = killed === 'killed' ? (await rollOut(world, back)).report : killed
      expect(again, where).toMatchObject({ outcome: 'done' })
      expect(await endState(world), where).toMatchObject({
        api: { [image('api', 'v1')]: 100 },
        queue: { [image('queue', 'v1')]: 100 },
        states: ['running', 'running'],
        releases: 3,
        live: 3,
      })
    }
  },
  TIME,
)

test('R30 of two rollouts at once on Cloud Run one goes live and the other is told who holds the lock', async () => {
  const world = await scene('api', {})
  const { system } = world
  const ends = await Promise.allSettled([
    rollOut(world, { ...next, system }),
    rollOut(world, { ...next, system, content: { api: 'v3', queue: 'v3' }, commit: 'c3' }),
  ])
  const told = ends.map((end) =>
    end.status === 'fulfilled' ? end.value.report.outcome : (end.reason as SluiceError).outcome,
  )
  expect(told.sort()).toEqual(['done', 'locked'])
  const state = await endState(world)
  expect(state.made).toEqual([3, 3])
  expect(state.live).toBe(2)
})
