import { expect, test } from 'vitest'
import type { Release } from '../../../src/domain/releases/release.ts'
import { type ClientOptions, rollOut, start } from '../../world/client.ts'
import { image, LEDGER, World } from '../../world/cloud.ts'
import { type Fault, Wire } from '../../world/faults.ts'
import { judged, shopWithModel, weights } from '../../world/judged.ts'

/** A world where release 1 is live, and what the next client wants. */
interface Scene {
  readonly world: World
  readonly next: ClientOptions
}

async function goodRelease(): Promise<Scene> {
  const world = new World()
  const system = shopWithModel()
  await rollOut(world, { system, wanted: { judged: [await judged(world, 'one')] } })
  const next = {
    system,
    content: { web: 'v2', api: 'v2' },
    commit: 'c2',
    wanted: { judged: [await judged(world, 'two')] },
  }
  return { world, next }
}

async function badRelease(): Promise<Scene> {
  const world = new World(({ image: runs }) => (runs === image('web', 'v2') ? { diesAfter: 5000 } : {}))
  const system = shopWithModel()
  await rollOut(world, { system, wanted: { judged: [await judged(world, 'one')] } })
  const next = {
    system,
    content: { web: 'v2', api: 'v2' },
    commit: 'c2',
    wanted: { judged: [await judged(world, 'two')] },
  }
  return { world, next }
}

async function firstRelease(): Promise<Scene> {
  const world = new World()
  return { world, next: { system: shopWithModel(), wanted: { judged: [await judged(world, 'one')] } } }
}

/** What must be the same however often the client was killed. */
async function endState(world: World) {
  return {
    web: world.host.traffic('web'),
    api: world.host.traffic('api'),
    states: [(await world.host.describe('web')).state, (await world.host.describe('api')).state],
    releases: world.objects.uris(`${LEDGER}releases/`),
    live: (world.objects.json(`${LEDGER}live.json`) as { sequence: number } | undefined)?.sequence,
    champion: (await world.registry.get('taste', { alias: 'champion' }))?.digest,
    lock: (world.objects.json(`${LEDGER}lock.json`) as { freed?: boolean }).freed,
    made: world.host.made,
  }
}

async function killedThenAgain(scene: () => Promise<Scene>, faultAt: (n: number) => Fault | undefined) {
  const { world, next } = await scene()
  const killed = await start(world, { ...next, wire: new Wire((_, n) => faultAt(n)) })
  const ended = await killed.ended
  const again = ended === 'killed' ? (await rollOut(world, next)).report : ended
  return { world, ended, again }
}

/** True once the client ended before request k: then every request has been cut. */
function reachedTheEnd(ended: unknown, k: number): boolean {
  if (ended === 'killed') return false
  expect(k).toBeGreaterThan(30)
  return true
}

for (const when of ['before', 'after'] as const) {
  test(`R28 killed ${when} the effect of any request, a re-run brings the release live once`, async () => {
    const undisturbed = await killedThenAgain(goodRelease, () => undefined)
    const wanted = await endState(undisturbed.world)
    expect(wanted).toMatchObject({
      web: { [image('web', 'v2')]: 100 },
      api: { [image('api', 'v2')]: 100 },
      states: ['running', 'running'],
      live: 2,
      champion: weights('two'),
      lock: true,
    })
    for (let k = 1; ; k++) {
      const { world, ended, again } = await killedThenAgain(goodRelease, (n) =>
        n === k ? { kind: 'kill', when } : undefined,
      )
      if (reachedTheEnd(ended, k)) break
      expect(again, `request ${k}`).toMatchObject({ outcome: 'done' })
      expect(await endState(world), `request ${k}`).toEqual(wanted)
    }
  })

  test(`R28 R29 killed ${when} the effect of any request, a re-run of a bad release ends on the one before`, async () => {
    for (let k = 1; ; k++) {
      const { world, ended, again } = await killedThenAgain(badRelease, (n) =>
        n === k ? { kind: 'kill', when } : undefined,
      )
      if (reachedTheEnd(ended, k)) break
      expect(again, `request ${k}`).toMatchObject({ outcome: 'rolled-back' })
      expect(await endState(world), `request ${k}`).toMatchObject({
        web: { [image('web', 'v1')]: 100 },
        api: { [image('api', 'v1')]: 100 },
        states: ['running', 'running'],
        releases: [`${LEDGER}releases/1.json`, `${LEDGER}releases/2.json`],
        live: 1,
        champion: weights('one'),
      })
    }
  })

  test(`R28 a first release killed ${when} the effect of any request goes live on the re-run`, async () => {
    for (let k = 1; ; k++) {
      const { world, ended, again } = await killedThenAgain(firstRelease, (n) =>
        n === k ? { kind: 'kill', when } : undefined,
      )
      if (reachedTheEnd(ended, k)) break
      expect(again, `request ${k}`).toMatchObject({ outcome: 'done' })
      expect(await endState(world), `request ${k}`).toMatchObject({
        web: { [image('web', 'v1')]: 100 },
        api: { [image('api', 'v1')]: 100 },
        states: ['running', 'running'],
        releases: [`${LEDGER}releases/1.json`],
        live: 1,
        champion: weights('one'),
        made: 2,
      })
    }
  })
}

test('R28 after a kill another release takes the place of the interrupted one', async () => {
  for (let k = 1; ; k++) {
    const { world, next } = await goodRelease()
    const killed = await start(world, {
      ...next,
      wire: new Wire((_, n) => (n === k ? { kind: 'kill', when: 'after' } : undefined)),
    })
    if (reachedTheEnd(await killed.ended, k)) break
    const fixed = { ...next, content: { web: 'v3', api: 'v2' }, commit: 'c3' }
    const { report } = await rollOut(world, fixed)
    expect(report.outcome, `request ${k}`).toBe('done')
    expect(await endState(world), `request ${k}`).toMatchObject({
      web: { [image('web', 'v3')]: 100 },
      api: { [image('api', 'v2')]: 100 },
      states: ['running', 'running'],
      champion: weights('two'),
    })
  }
})

/** Releases 1 and 2 went live; the next client goes back to 1, whose id the new record will bear again. */
async function goingBack(): Promise<Scene> {
  const { world, next } = await goodRelease()
  await rollOut(world, next)
  const models = world.objects.json(`${LEDGER}releases/1.json`) as Release
  const forced = { by: 'ada', reason: 'rollback' }
  const wanted = { judged: [], models, keepModels: true, forced, allowOlder: true }
  return { world, next: { ...next, content: {}, commit: 'c1', wanted } }
}

for (const when of ['before', 'after'] as const) {
  test(`R28 R29 going back, killed ${when} the effect of any request, ends on the earlier release`, async () => {
    for (let k = 1; ; k++) {
      const { world, ended, again } = await killedThenAgain(goingBack, (n) =>
        n === k ? { kind: 'kill', when } : undefined,
      )
      if (reachedTheEnd(ended, k)) break
      expect(again, `request ${k}`).toMatchObject({ outcome: 'done' })
      expect(await endState(world), `request ${k}`).toMatchObject({
        web: { [image('web', 'v1')]: 100 },
        api: { [image('api', 'v1')]: 100 },
        states: ['running', 'running'],
        releases: [1, 2, 3].map((sequence) => `${LEDGER}releases/${sequence}.json`),
        live: 3,
        champion: weights('one'),
      })
    }
  })
}
