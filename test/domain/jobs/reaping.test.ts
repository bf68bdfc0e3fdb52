import fc from 'fast-check'
import { expect, test } from 'vitest'
import { GRACE, reapVerdict, type Sighting } from '../../../src/domain/jobs/reaping.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const NOW = Date.UTC(2026, 0, 1, 12)

/** A machine an hour old, of two that it has, which said a moment ago that it lives. */
const busy: Sighting = {
  kind: 'machine',
  name: 'i-1',
  job: 'train-1',
  startedAt: NOW - HOUR,
  lifetime: 2 * HOUR,
  now: NOW,
  claim: { until: NOW + HOUR, now: NOW },
  life: { seenAt: NOW - MINUTE, ended: false },
}

test('R34 something busy is spared, with nothing against it', () => {
  expect(reapVerdict(busy)).toEqual({ verdict: 'spare', signals: [] })
})

test.each([
  ['a sign of life that is late', { life: { seenAt: NOW - 40 * MINUTE, ended: false } }],
  ['a record that was removed', { claim: 'none' as const }],
  ['a clock of ours that is hours ahead', { claim: { until: NOW + HOUR, now: NOW + 9 * HOUR } }],
  ['a lifetime that somebody has tagged wrongly', { lifetime: MINUTE }],
])('R34 %s alone ends nothing', (_, change) => {
  const { verdict, signals } = reapVerdict({ ...busy, ...change })
  expect(verdict).toBe('spare')
  expect(signals).toHaveLength(1)
})

test.each([
  [
    'dead and past its time',
    { startedAt: NOW - 2 * HOUR - GRACE - 1, life: { seenAt: NOW - HOUR, ended: false } },
  ],
  ['past its time by two clocks', { startedAt: NOW - 3 * HOUR, claim: { until: NOW - HOUR, now: NOW } }],
  ['done, and still there', { claim: 'ended' as const, life: { seenAt: NOW, ended: true } }],
  ['silent, of a job that nobody knows', { claim: 'none' as const, life: { seenAt: null, ended: false } }],
])('R34 something %s is ended', (_, change) => {
  expect(reapVerdict({ ...busy, ...change })).toMatchObject({ verdict: 'end', signals: { length: 2 } })
})

test('R34 whatever one source says, something busy by the two others is spared; whatever dies is ended in time', () => {
  const time = fc.integer({ min: NOW - 100 * HOUR, max: NOW + 100 * HOUR })
  const one = fc.oneof(
    fc.record({ lifetime: fc.option(fc.integer({ min: 0, max: 100 * HOUR })) }),
    fc.record({ startedAt: time.filter((at) => at > NOW - HOUR) }),
    fc.record({
      claim: fc.oneof(
        fc.constantFrom('none' as const, 'ended' as const),
        fc.record({ until: time, now: time }),
      ),
    }),
    fc.record({ life: fc.option(fc.record({ seenAt: fc.option(time), ended: fc.boolean() })) }),
  )
  fc.assert(
    fc.property(one, (change) => {
      expect(reapVerdict({ ...busy, ...change }).verdict).toBe('spare')
    }),
  )
  const dead = fc.record({
    startedAt: fc.integer({ min: NOW - 100 * HOUR, max: NOW - 2 * HOUR - GRACE - 1 }),
    claim: fc.constantFrom('none' as const, 'ended' as const, { until: NOW + HOUR, now: NOW }),
  })
  fc.assert(
    fc.property(dead, (change) => {
      const life = { seenAt: change.startedAt, ended: false }
      expect(reapVerdict({ ...busy, ...change, life }).verdict).toBe('end')
    }),
  )
})

test('R34 a workflow run that has ended is one sign, and none where GitHub says nothing', () => {
  expect(reapVerdict(busy, 'ended').verdict).toBe('spare')
  const silent = { ...busy, life: { seenAt: NOW - 40 * MINUTE, ended: false } }
  expect(reapVerdict(silent, 'unknown').verdict).toBe('spare')
  expect(reapVerdict(silent, 'running').verdict).toBe('spare')
  expect(reapVerdict(silent, 'ended')).toEqual({
    verdict: 'end',
    signals: ['no sign of life for 40m', 'the workflow run that started it has ended'],
  })
})

test('R34 what has just begun is not told by the run before it', () => {
  const young = { ...busy, startedAt: NOW - MINUTE, claim: 'ended' as const }
  expect(reapVerdict(young, 'ended').verdict).toBe('spare')
})
