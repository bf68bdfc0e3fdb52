import { expect, test } from 'vitest'
import { isLate, waitOf } from '../../../src/providers/aws/jobs/standing.ts'

const MINUTE = 60_000
const AT = Date.UTC(2026, 0, 1)
const record = { timeout: 30 * MINUTE, claimedAt: AT }
/** Begun after 20 minutes of waiting, by the clock of its platform. */
const running = {
  state: 'running',
  exitCode: null,
  reason: null,
  startedAt: AT + 20 * MINUTE,
  endedAt: null,
} as const
const waited = 20 * MINUTE

test.each([
  ['on time', running.startedAt + 30 * MINUTE, false],
  ['over its time', running.startedAt + 31 * MINUTE, true],
])('R36 a job that runs is %s by both clocks', (_, now, late) => {
  expect(isLate(record, { status: running, waited }, 0, now)).toBe(late)
})

test.each([60, 24 * 60])(
  'R36 clocks that differ by %i minutes end nothing busy, and spare nothing that is late by ours',
  (minutes) => {
    const skew = minutes * MINUTE
    const ours = { ...record, claimedAt: AT + skew }
    const late = (now: number): boolean => isLate(ours, { status: running, waited }, 0, now + skew)
    expect(late(running.startedAt + 30 * MINUTE)).toBe(false)
    expect(late(running.startedAt + 31 * MINUTE)).toBe(true)
  },
)

test('R36 what waits is late when its place has had its time too', () => {
  const status = { ...running, state: 'pending', startedAt: null } as const
  const late = (now: number): boolean => isLate(record, { status }, 60 * MINUTE, now)
  expect(late(AT + 90 * MINUTE)).toBe(false)
  expect(late(AT + 91 * MINUTE)).toBe(true)
})

test('a wait is told by one clock, and is never less than none', () => {
  expect(waitOf(AT + 5, AT)).toEqual({ waited: 5 })
  expect(waitOf(AT, AT + 5)).toEqual({ waited: 0 })
  expect([waitOf(null, AT), waitOf(AT, undefined)]).toEqual([{}, {}])
})
