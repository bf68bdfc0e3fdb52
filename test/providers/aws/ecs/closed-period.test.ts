import fc from 'fast-check'
import { expect, test } from 'vitest'
import { closedPeriod } from '../../../../src/providers/aws/services/closed-period.ts'

const MINUTE = 60_000

test('the longest period is one that begins at a multiple of its length', () => {
  expect(closedPeriod(10 * MINUTE, 15 * MINUTE)).toEqual({ start: 10 * MINUTE, length: 5 * MINUTE })
  expect(closedPeriod(11 * MINUTE, 16 * MINUTE)).toEqual({ start: 12 * MINUTE, length: 4 * MINUTE })
  expect(closedPeriod(11 * MINUTE + 1, 11 * MINUTE + 59_999)).toBeUndefined()
})

test('R31 whatever time is over, at least half of it is in one period that CloudWatch tells as one value', () => {
  fc.assert(
    fc.property(fc.nat(10_000_000), fc.integer({ min: 1, max: 1440 }), (begin, minutes) => {
      const [since, now] = [begin * MINUTE, (begin + minutes) * MINUTE]
      const found = closedPeriod(since, now)
      expect(found).toBeDefined()
      if (found === undefined) return
      expect(found.start % found.length).toBe(0)
      expect(found.start).toBeGreaterThanOrEqual(since)
      expect(found.start + found.length).toBeLessThanOrEqual(now)
      expect(2 * found.length).toBeGreaterThanOrEqual(minutes * MINUTE)
    }),
  )
})
