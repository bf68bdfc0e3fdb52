import { describe, expect, test } from 'vitest'
import { digestOf } from '../../src/domain/digest.ts'
import type { RevisionStatus, ServiceStatus } from '../../src/providers/ports/services.ts'
import { type Descent, isOlder } from '../../src/release/descent.ts'
import { driftOf } from '../../src/release/drift.ts'
import { startOrder, waves } from '../../src/release/order.ts'
import { judgeServing } from '../../src/release/serving.ts'
import { image, service } from '../world/cloud.ts'

const release = digestOf('release')
const model = { name: 'taste', version: '2', digest: digestOf('two') }
const spec = { image: image('web', 'v2'), models: [model], release }

function revision(changes: Partial<RevisionStatus> = {}): RevisionStatus {
  return {
    id: 'r2',
    release,
    image: spec.image,
    models: [model],
    weight: 100,
    desired: 2,
    running: 2,
    healthy: true,
    trouble: null,
    createdAt: 2,
    ...changes,
  }
}

const serving = (...revisions: RevisionStatus[]): ServiceStatus => ({
  service: 'web',
  state: 'running',
  url: 'http://web.test',
  revisions,
})

describe('R23 what one look at a service says', () => {
  const old = revision({
    id: 'r1',
    release: digestOf('old'),
    image: image('web', 'v1'),
    weight: 0,
    createdAt: 1,
  })
  const table: readonly (readonly [string, ServiceStatus, string])[] = [
    ['all traffic, all instances, right digest and model', serving(revision()), 'deployed'],
    ['the old revision waits beside it', serving(old, revision()), 'deployed'],
    ['no instance is wanted', serving(revision({ desired: 0, running: 0, healthy: false })), 'idle'],
    ['an instance is missing', serving(revision({ running: 1 })), 'waiting'],
    ['not healthy', serving(revision({ healthy: false })), 'waiting'],
    ['half of the traffic', serving({ ...old, weight: 50 }, revision({ weight: 50 })), 'waiting'],
    ['another digest', serving(revision({ image: image('web', 'v3') })), 'wrong'],
    ['another model', serving(revision({ models: [{ ...model, digest: digestOf('x') }] })), 'wrong'],
    [
      'another version of the same bytes',
      serving(revision({ models: [{ ...model, version: '3' }] })),
      'wrong',
    ],
    ['no model', serving(revision({ models: [] })), 'wrong'],
    ['our revision is gone', serving(), 'wrong'],
    [
      'somebody else has the traffic',
      serving(revision({ weight: 0 }), { ...old, weight: 100 }),
      'superseded',
    ],
  ]
  for (const [name, status, kind] of table) {
    test(`${name}: ${kind}`, () => {
      expect(judgeServing(spec, 'r2', status).kind).toBe(kind)
    })
  }
})

test('services start after what they connect to, circles in the order of the file', () => {
  const names = (services: Record<string, ReturnType<typeof service>>) =>
    startOrder({ services }).map((one) => one.name)
  expect(
    names({
      web: service('web', { connects: ['api', 'db'] }),
      api: service('api', { connects: ['auth'] }),
      auth: service('auth'),
    }),
  ).toEqual(['auth', 'api', 'web'])
  expect(names({ a: service('a', { connects: ['b'] }), b: service('b', { connects: ['a'] }) })).toEqual([
    'b',
    'a',
  ])
})

test('services that do not connect to each other move at once, after those that they connect to; a circle one by one', () => {
  const names = (services: Record<string, ReturnType<typeof service>>) =>
    waves(startOrder({ services }), (one) => one).map((wave) => wave.map((one) => one.name))
  expect(
    names({
      web: service('web', { connects: ['api', 'db'] }),
      queue: service('queue'),
      api: service('api', { connects: ['auth'] }),
      auth: service('auth'),
    }),
  ).toEqual([['auth', 'queue'], ['api'], ['web']])
  expect(names({ a: service('a', { connects: ['b'] }), b: service('b', { connects: ['a'] }) })).toEqual([
    ['b'],
    ['a'],
  ])
})

test('R30 which commits count as older', () => {
  const older = (descent: Descent) => [isOlder(descent, false), isOlder(descent, true)]
  expect(older('older')).toEqual([true, true])
  expect(older('unknown')).toEqual([false, true])
  for (const descent of ['same', 'newer', 'diverged'] as const) expect(older(descent)).toEqual([false, false])
})

describe('R22 drift is found by name', () => {
  const live = {
    schema: 'sluice.release/v1' as const,
    id: release,
    sequence: 1,
    system: 'shop',
    environment: 'test',
    commit: 'c',
    createdAt: '',
    by: 'ada',
    verdicts: [],
    previous: null,
    services: { web: { image: spec.image, model } },
  }
  const found = (status: ServiceStatus) => driftOf(live, { web: status }).map(({ what }) => what)
  test('nothing where the ledger and the platform agree', () => {
    expect(found(serving(revision()))).toEqual([])
    expect(driftOf(undefined, { web: { ...serving(), state: 'absent' } })).toEqual([])
  })
  test('each fact alone', () => {
    expect(found(serving())).toEqual(['presence'])
    expect(found(serving(revision({ image: image('web', 'v9') })))).toEqual(['image'])
    expect(found(serving(revision({ models: [] })))).toEqual(['model'])
    expect(found(serving(revision({ weight: 90 })))).toEqual(['traffic'])
    expect(found(serving(revision({ running: 1 })))).toEqual(['instances'])
    expect(found({ ...serving(revision({ desired: 0, running: 0 })), state: 'paused' })).toEqual([
      'instances',
    ])
    expect(
      driftOf(live, { web: serving(revision()), api: serving(revision()) }).map(({ service: name }) => name),
    ).toEqual(['api'])
  })
})
