import { afterEach, describe, expect, test } from 'vitest'
import { start } from '../../world/client.ts'
import type { HttpFault } from '../../world/cloud-world/http/http-faults.ts'
import { Wire } from '../../world/faults.ts'
import {
  cancelAfter,
  close,
  course,
  NAME,
  open,
  roll,
  type Scenario,
  standing,
  V1,
  V2,
  verdicts,
} from './function-course.ts'

afterEach(close)

const LOOK = 'GET /functions/NAME/aliases/live'
const refuse = (code: string, status = 403): HttpFault => ({ kind: 'answer', status, code })
const body = (value: object): HttpFault => ({ kind: 'body', body: JSON.stringify(value) })
/** At every request that is one of these. */
const where = (is: (name: string, n: number) => boolean, fault: HttpFault) => () => {
  course.shop.door.faults = (name, n) => (is(name, n) ? fault : undefined)
}
const from = (first: number, fault: HttpFault) => where((_, n) => n >= first, fault)
const only = (number: number, fault: HttpFault) => where((_, n) => n === number, fault)
/** From the middle on it is another function of the same name, which stays as it is. */
const elsewhere = (place: string) => () => {
  course.shop.door.faults = (_, n) => {
    if (n !== 14) return undefined
    course.shop.door.place = place
    course.left = standing()
    return undefined
  }
}

const FAULTS: readonly Scenario[] = [
  {
    name: '403 from the middle of the wait on',
    meanwhile: from(22, refuse('AccessDeniedException')),
    ends: 'cannot-observe',
    message: /AccessDenied/,
    serves: 'anything',
  },
  {
    name: '403 at one look, then healed: the traffic goes back',
    meanwhile: only(24, refuse('AccessDeniedException')),
    ends: 'cannot-observe',
    serves: V1,
  },
  {
    name: 'a role that has expired',
    meanwhile: from(22, refuse('ExpiredTokenException')),
    ends: 'cannot-observe',
    serves: 'anything',
  },
  {
    name: 'one expired request, healed by fresh credentials',
    meanwhile: only(24, refuse('ExpiredTokenException')),
    ends: 'done',
  },
  {
    name: 'ten minutes of nothing but throttling',
    policy: { timeout: 3_600_000 },
    meanwhile: () => {
      const until = course.shop.world.loopback.now() + 600_000
      course.shop.door.faults = (_, n) =>
        n > 8 && course.shop.world.loopback.now() < until
          ? refuse('TooManyRequestsException', 429)
          : undefined
    },
    ends: 'done',
  },
  { name: 'one request that hangs', meanwhile: only(20, { kind: 'hang' }), ends: 'done' },
  { name: 'one answer that drips', meanwhile: only(20, { kind: 'drip' }), ends: 'done' },
  {
    name: 'nothing but silence from the middle on',
    meanwhile: from(22, { kind: 'hang' }),
    ends: 'rollback-failed',
    serves: 'anything',
  },
  {
    name: 'half of a 200 now and then',
    meanwhile: where((name, n) => n % 5 === 0 && name.startsWith('GET'), { kind: 'truncated' }),
    ends: 'done',
  },
  {
    name: 'answers that are lost after their effect',
    meanwhile: where((_, n) => n % 7 === 0, { kind: 'lost' }),
    ends: 'done',
  },
  {
    name: 'an error 500 now and then',
    meanwhile: where((_, n) => n % 6 === 0, refuse('ServiceException', 500)),
    ends: 'done',
  },
  {
    name: 'an alias that says nothing',
    meanwhile: where((name) => name === LOOK, body({})),
    ends: 'cannot-observe',
    message: /leads to nothing/,
    serves: V1,
  },
  {
    name: 'an alias that leads to three versions',
    meanwhile: where(
      (name) => name === LOOK,
      body({ FunctionVersion: '1', RoutingConfig: { AdditionalVersionWeights: { 2: 0.1, 3: 0.1 } } }),
    ),
    ends: 'cannot-observe',
    serves: V1,
  },
  {
    name: 'a state of the version that this version does not know',
    meanwhile: where(
      (name) => name === 'GET /functions/NAME?Qualifier=$LATEST',
      body({ Configuration: { Version: '$LATEST', State: 'Hibernating' }, Code: { ImageUri: V2 } }),
    ),
    ends: 'timed-out',
    policy: { timeout: 120_000 },
  },
  {
    name: 'an empty list of versions: it is published once more, which is the same',
    meanwhile: where((name) => name.startsWith('GET /functions/NAME/versions'), body({ Versions: [] })),
    ends: 'done',
  },
  {
    name: 'the function is missing',
    meanwhile: from(1, refuse('ResourceNotFoundException', 404)),
    ends: 'cannot-observe',
    message: /no alias/,
    serves: V1,
  },
  {
    name: 'another account with a function of the same name',
    meanwhile: elsewhere('us-east-1:333333333333'),
    ends: 'cannot-observe',
    serves: 'anything',
  },
  {
    name: 'another region with a function of the same name',
    meanwhile: elsewhere('eu-west-1:222222222222'),
    ends: 'cannot-observe',
    serves: 'anything',
  },
]

describe('a rollout of a function whose requests go wrong', () => verdicts(FAULTS))

describe('a rollout of a function that somebody ends', () => {
  test('R28 a cancel while Lambda fetches the image publishes nothing and moves nothing, then or later', async () => {
    await open()
    expect((await roll('v1')).outcome).toBe('done')
    const before = standing()
    course.second = { takes: 60_000 }
    expect((await roll('v2', { during: cancelAfter(20_000) })).outcome).toBe('cancelled')
    await course.shop.world.loopback.sleep(300_000)
    expect(standing()).toEqual(before)
    expect(course.shop.door.weighted(NAME)).toBe(false)
    expect((await roll('v2')).outcome).toBe('done')
  })

  test('R28 SIGKILL at any step that changes something, on both sides of its effect: the next rollout brings it live, by one version', async () => {
    /** The requests of a rollout that is killed there, and what the next one leaves. */
    const killedAt = async (k: number, when: 'before' | 'after') => {
      await open({ bake: 1_000, steps: [50, 100] })
      expect((await roll('v1')).outcome).toBe('done')
      const wire = new Wire((_, n) => (n === k ? { kind: 'kill', when } : undefined))
      const options = { system: course.shop.system, content: { thumb: 'v2' }, commit: 'v2' }
      const { ended } = await start(course.shop.world, { ...options, wire })
      const first = await ended
      if (first === 'killed') expect((await roll('v2')).outcome, `${when} ${k}`).toBe('done')
      expect(standing(), `${when} ${k}`).toEqual({ traffic: { [V2]: 100 }, versions: ['1', '2', '3'] })
      return { first, requests: wire.requests }
    }
    const { requests } = await killedAt(0, 'before')
    const changes = requests.flatMap((name, i) => (/stage|shift|settle|write/.test(name) ? [i + 1] : []))
    expect(changes.length).toBeGreaterThan(8)
    let killed = 0
    for (const k of changes) {
      for (const when of ['before', 'after'] as const) {
        await close()
        if ((await killedAt(k, when)).first === 'killed') killed++
      }
    }
    // Jitter makes one run a look shorter than another.
    expect(killed).toBeGreaterThan(1.6 * changes.length)
  })

  test('R30 of two rollouts at once one goes live, and the other is told who holds the lock', async () => {
    await open()
    expect((await roll('v1')).outcome).toBe('done')
    const ends = await Promise.all([roll('v2'), roll('v3')])
    expect(ends.map(({ outcome }) => outcome).toSorted()).toEqual(['done', 'locked'])
    expect(course.shop.door.versions(NAME)).toHaveLength(3)
  })
})
