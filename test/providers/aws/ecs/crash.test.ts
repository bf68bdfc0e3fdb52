import { expect, test } from 'vitest'
import { type ClientOptions, rollOut, start } from '../../../world/client.ts'
import { image, LEDGER } from '../../../world/cloud.ts'
import type { TaskBehaviour } from '../../../world/cloud-world/http/ecs/behaviour.ts'
import { byImage, type EcsWorld, ecsShop, openEcsWorld } from '../../../world/ecs-world.ts'
import { type Fault, Wire } from '../../../world/faults.ts'

const TIME = 240_000
const V1 = image('web', 'v1')
const V2 = image('web', 'v2')
const next: ClientOptions = { content: { web: 'v2' }, commit: 'c2' }

/** Release 1 is live; the next one behaves like this. Quick, because it is done some hundred times. */
async function scene(second: TaskBehaviour): Promise<EcsWorld> {
  const { rollout } = ecsShop()
  const system = ecsShop({ rollout: { ...rollout, bake: 1_000, checks: [] } })
  const world = await openEcsWorld({
    system,
    behaviour: byImage([
      [V1, { startsIn: 1_000 }],
      [V2, { startsIn: 1_000, ...second }],
    ]),
  })
  expect((await rollOut(world, { system, commit: 'c1' })).report.outcome).toBe('done')
  return world
}

/** What must be the same however often the client was killed. */
function endState(world: EcsWorld) {
  const live = world.objects.json(`${LEDGER}live.json`) as { sequence: number }
  const lock = world.objects.json(`${LEDGER}lock.json`) as { freed?: boolean }
  return {
    serves: world.serves(),
    state: world.door.api.service('shop-test-web').newest?.status,
    live: live.sequence,
    lock: lock.freed,
    deployments: world.deployments(),
    registered: world.registered().length,
  }
}

async function killedThenAgain(second: TaskBehaviour, faultAt: (n: number) => Fault | undefined) {
  await using world = await scene(second)
  const { system } = world
  const killed = await start(world, { ...next, system, wire: new Wire((_, n) => faultAt(n)) })
  const ended = await killed.ended
  const again = ended === 'killed' ? (await rollOut(world, { ...next, system })).report : ended
  return { ended, again, requests: killed.wire.requests, state: endState(world) }
}

/**
 * Both sides of every request that changes something. One that only looks leaves the cloud as the effect before it did, but for
 * the time that has passed: of these every fourth is cut.
 */
function crashPoints(requests: readonly string[]): readonly { k: number; when: 'before' | 'after' }[] {
  const looks = (name: string): boolean => /^(Describe|List)|\.(read|inspect|describe|get)$/.test(name)
  return requests.flatMap((name, index) => {
    const k = index + 1
    if (looks(name)) return k % 4 === 0 ? [{ k, when: 'before' as const }] : []
    return [
      { k, when: 'before' as const },
      { k, when: 'after' as const },
    ]
  })
}

test(
  'R28 killed at any request to ECS or the ledger, on both sides of its effect, a re-run brings the release live by the same deployment',
  async () => {
    const { again: first, state: wanted, requests } = await killedThenAgain({}, () => undefined)
    expect(first).toMatchObject({ outcome: 'done' })
    expect(wanted).toEqual({
      serves: V2,
      state: 'SUCCESSFUL',
      live: 2,
      lock: true,
      deployments: 2,
      registered: 2,
    })
    const points = crashPoints(requests)
    expect(points.length).toBeGreaterThan(30)
    let killed = 0
    for (const { k, when } of points) {
      const at = `${when} request ${k}, ${requests[k - 1]}`
      const { ended, again, state } = await killedThenAgain({}, (n) =>
        n === k ? { kind: 'kill', when } : undefined,
      )
      // Jitter makes one run a few looks longer than another.
      if (ended !== 'killed') continue
      killed++
      expect(again, at).toMatchObject({ outcome: 'done' })
      expect(state, at).toEqual(wanted)
    }
    expect(killed).toBeGreaterThan(30)
  },
  TIME,
)

test(
  'R28 R29 killed at any request, a re-run of a bad release ends on the one before, with one task definition more at most',
  async () => {
    const bad = { unhealthy: true }
    const { again: first, requests } = await killedThenAgain(bad, () => undefined)
    expect(first).toMatchObject({ outcome: 'rolled-back' })
    let killed = 0
    for (const { k, when } of crashPoints(requests)) {
      const at = `${when} request ${k}, ${requests[k - 1]}`
      const { ended, again, state } = await killedThenAgain(bad, (n) =>
        n === k ? { kind: 'kill', when } : undefined,
      )
      // Jitter makes one run a few looks longer than another.
      if (ended !== 'killed') continue
      killed++
      expect(again, at).toMatchObject({ outcome: 'rolled-back' })
      expect(state, at).toMatchObject({ serves: V1, live: 1, lock: true })
      expect(state.registered, at).toBeLessThanOrEqual(3)
    }
    expect(killed).toBeGreaterThan(30)
  },
  TIME,
)

test(
  'R28 an answer that is lost after its effect, at any request to ECS, changes nothing',
  async () => {
    let k = 1
    for (; ; k++) {
      await using world = await scene({})
      const first = world.door.requests.length
      world.door.faults = (_, n) => (n === first + k ? { kind: 'lost' } : undefined)
      const { report } = await rollOut(world, { ...next, system: world.system })
      const asked = world.door.requests.length - first
      expect(report, `request ${k}`).toMatchObject({ outcome: 'done' })
      expect(endState(world), `request ${k}`).toMatchObject({
        serves: V2,
        deployments: 2,
        registered: 2,
        live: 2,
      })
      if (k >= asked) break
    }
    expect(k).toBeGreaterThan(20)
  },
  TIME,
)
