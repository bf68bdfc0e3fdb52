import { describe, expect, test } from 'vitest'
import type { CloudFault } from '../../world/cloud-world/faults.ts'
import type { Answer } from '../../world/cloud-world/http/run/answer.ts'
import { answers, faults, open, roll, type Scenario, V1, verdicts, world } from './run-course.ts'
import { SERVICE } from './run-world.ts'

const refuse = (code: string): CloudFault => ({ kind: 'refuse', code, message: 'no' })
const from = (first: number, fault: CloudFault) => () => faults((_, n) => (n >= first ? fault : undefined))
const only = (number: number, fault: CloudFault) => () => faults((_, n) => (n === number ? fault : undefined))
const now = (every: number, fault: CloudFault) => () =>
  faults((_, n) => (n % every === 0 ? fault : undefined))
/** Of the service itself. */
const ofService = (change: (body: Record<string, unknown>) => unknown) => () =>
  answers((request, answer) =>
    request === 'GET services/films-test-api' && answer.status === 200
      ? { ...answer, body: change(answer.body as Record<string, unknown>) as Answer['body'] }
      : answer,
  )
const conditions = (state: string) => () =>
  answers((request, answer) =>
    request.startsWith('GET revisions/') && !request.endsWith('-aaa')
      ? { ...answer, body: { ...(answer.body as object), conditions: [{ type: 'Ready', state }] } }
      : answer,
  )

const FAULTS: readonly Scenario[] = [
  {
    name: '403 from the middle of the wait on',
    meanwhile: from(30, refuse('PERMISSION_DENIED')),
    ends: 'cannot-observe',
    message: /PERMISSION_DENIED/,
    serves: 'anything',
  },
  {
    name: '403 at one look, then healed: the traffic goes back',
    meanwhile: only(32, refuse('PERMISSION_DENIED')),
    ends: 'cannot-observe',
    serves: V1,
  },
  {
    name: 'a token that has expired',
    meanwhile: from(30, refuse('UNAUTHENTICATED')),
    ends: 'cannot-observe',
    serves: 'anything',
  },
  {
    name: 'one expired request, healed by a fresh token',
    meanwhile: only(32, refuse('UNAUTHENTICATED')),
    ends: 'done',
  },
  {
    name: 'ten minutes of nothing but throttling',
    policy: { timeout: 3_600_000, startTimeout: 1_800_000 },
    meanwhile: () => {
      const until = world.clock.now() + 600_000
      faults((_, n) => (n > 12 && world.clock.now() < until ? refuse('RESOURCE_EXHAUSTED') : undefined))
    },
    ends: 'done',
  },
  { name: 'one request that hangs', meanwhile: only(30, { kind: 'hang' }), ends: 'done' },
  {
    name: 'nothing but silence from the middle on',
    meanwhile: from(40, { kind: 'hang' }),
    ends: 'rollback-failed',
    serves: 'anything',
  },
  {
    name: 'half of a 200 now and then',
    meanwhile: () => {
      let n = 0
      answers((request, answer) =>
        request.startsWith('GET') && answer.status === 200 && ++n % 7 === 0
          ? { ...answer, body: JSON.stringify(answer.body).slice(0, 40) }
          : answer,
      )
    },
    ends: 'done',
  },
  { name: 'answers that are lost after their effect', meanwhile: now(9, { kind: 'lost' }), ends: 'done' },
  { name: 'an error 503 now and then', meanwhile: now(8, refuse('UNAVAILABLE')), ends: 'done' },
  { name: 'an empty answer', meanwhile: ofService(() => ({})), ends: 'external', serves: 'anything' },
  {
    name: 'an empty list of traffic',
    meanwhile: ofService((body) => ({ ...body, trafficStatuses: [] })),
    ends: 'rollback-failed',
    serves: 'anything',
  },
  {
    name: 'a state of the revision that this version does not know',
    meanwhile: conditions('CONDITION_HAPPY'),
    ends: 'rolled-back',
  },
  {
    name: 'the service is missing',
    meanwhile: () => void world.cloud.world.store.remove('google_cloud_run_v2_service', SERVICE),
    ends: 'stale',
    message: /no service api/,
    serves: 'anything',
  },
  {
    name: 'another project, whose credentials see nothing of this one',
    meanwhile: from(1, refuse('PERMISSION_DENIED')),
    ends: 'cannot-observe',
    serves: V1,
  },
  {
    name: 'another region, which has no such service',
    meanwhile: from(1, refuse('NOT_FOUND')),
    ends: 'stale',
    serves: V1,
  },
]

describe('a rollout on Cloud Run whose requests go wrong', () => verdicts(FAULTS))

describe('a rollout on Cloud Run that somebody ends', () => {
  test('R28 what hangs while it is cancelled changes nothing once it is answered', async () => {
    const { requests } = await begun()
    const patch = requests.indexOf('PATCH services/films-test-api')
    // The look that the change would be made over.
    const look = requests.lastIndexOf('GET services/films-test-api', patch)
    const before = (await begun('v1')).left
    let cancel = () => {}
    faults((_, n) => {
      if (n !== look + 1) return undefined
      void world.clock.sleep(5_000).then(() => cancel())
      return { kind: 'hang' }
    })
    const during = (runtime: { cancel(): void }): void => {
      cancel = () => runtime.cancel()
    }
    const report = await roll('v2', { during })
    faults(() => undefined)
    expect(report.outcome).toBe('cancelled')
    await world.clock.sleep(600_000)
    expect(made()).toEqual(before)
    expect((await roll('v2')).outcome).toBe('done')
  })

  test('R30 of two rollouts at once one goes live, and the other is told who holds the lock', async () => {
    await begun('v1')
    const ends = await Promise.all([roll('v2'), roll('v3')])
    expect(ends.map(({ outcome }) => outcome).toSorted()).toEqual(['done', 'locked'])
  })
})

const made = () => Object.keys(world.cloud.door.resources.require('services', SERVICE).state.revisions)

/** A fresh world up to this release, and the requests of the last one. */
async function begun(last: 'v1' | 'v2' = 'v2') {
  open()
  const { requests } = world.cloud.world.faults
  for (const version of last === 'v1' ? ['v1'] : ['v1', 'v2']) {
    requests.length = 0
    expect((await roll(version)).outcome).toBe('done')
  }
  const found = { requests: [...requests], left: made() }
  requests.length = 0
  return found
}
