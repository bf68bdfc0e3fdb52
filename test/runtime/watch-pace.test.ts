import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FakeClock } from '../../src/runtime/fake/clock.ts'
import { fakeRuntime } from '../../src/runtime/fake/index.ts'
import { pollUntil } from '../../src/runtime/poll.ts'
import { nextLook } from '../../src/runtime/watch-pace.ts'

const past = fc.array(fc.integer({ min: 1_000, max: 3_600_000 }), { maxLength: 5 })
const elapsed = fc.integer({ min: 0, max: 7_200_000 })

test('R25 a pause is a minute at most before the expected end, and 15 s at most from then on, with its jitter', () => {
  fc.assert(
    fc.property(elapsed, past, (now, durations) => {
      const pause = nextLook(now, { past: durations })
      const isEarly = durations.length > 0 && now < Math.min(...durations)
      expect(pause).toBeGreaterThan(0)
      expect(isEarly ? pause : pause * 1.2).toBeLessThanOrEqual(isEarly ? 60_000 : 15_000)
    }),
  )
})

test('R25 a frugal wait sleeps once to 0.72 of what is usual', async () => {
  const clock = new FakeClock(0)
  const looks: number[] = []
  const machine = { clock, random: fakeRuntime().random }
  const past = [290_000, 300_000, 310_000]
  const look = async () => {
    looks.push(clock.now())
    return clock.now() >= 300_000 ? true : undefined
  }
  await pollUntil(machine, look, {
    every: (now) => nextLook(now, { past, frugal: true }),
    deadline: 3_600_000,
  })
  expect(looks.slice(0, 2)).toEqual([0, 216_000])
  expect(looks.slice(1).every((at, index) => index === 0 || at - (looks[index] ?? 0) <= 216_000)).toBe(true)
  expect(looks.length).toBeLessThanOrEqual(11)
})

test('R25 errors of the remote side come back sooner than the long pause', async () => {
  const clock = new FakeClock(0)
  const looks: number[] = []
  await pollUntil(
    { clock, random: fakeRuntime().random },
    async () => {
      looks.push(clock.now())
      if (looks.length < 3) throw new Error('lost')
      return true
    },
    { every: () => 200_000, deadline: 3_600_000, bear: { transient: () => true, inARow: 4 } },
  )
  expect(looks.at(-1)).toBeLessThan(5_000)
})
