import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { overdue, watched } from '../../../../src/providers/local/workers/idle.ts'
import { ticksOf } from '../../../../src/providers/local/workers/processor-time.ts'

const first = { at: 1000, cpu: 50, lines: 3 }

test.each([
  ['has processor time', { at: 2000, cpu: 120, lines: 3 }, 2000],
  ['writes a line', { at: 2000, cpu: 50, lines: 4 }, 2000],
  ['cannot be measured', { at: 2000, cpu: undefined, lines: 3 }, 2000],
  ['only looks now and then', { at: 2000, cpu: 69, lines: 3 }, 1000],
])('a machine that %s', (_how, next, quietSince) => {
  expect(watched(watched(undefined, first), next).quietSince).toBe(quietSince)
})

test('R32 the longest life counts from the launch, and before idleness', () => {
  const limits = { idleStop: 100, maxLifetime: 1000 }
  expect(overdue(99, 0, 0, limits)).toBeUndefined()
  expect(overdue(100, 0, 0, limits)).toBe('idle')
  expect(overdue(999, 0, 950, limits)).toBeUndefined()
  expect(overdue(1000, 0, 950, limits)).toBe('lifetime')
  const time = fc.nat(10_000)
  fc.assert(
    fc.property(time, time, (now, quiet) => {
      expect(overdue(now + 1000, 0, quiet, limits)).toBe('lifetime')
    }),
  )
})

test('processor time is that of the group, with its children that were waited for, whatever a command is called', () => {
  const stat = '7 (a) b) S 1 7 7 0 -1 0 1 2 3 4 10 20 30 40 20 0 1 0 99'
  expect(ticksOf(stat, 7)).toBe(100)
  expect(ticksOf(stat, 8)).toBe(0)
  expect(ticksOf('', 7)).toBe(0)
})
