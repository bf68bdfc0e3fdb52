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
  expect(looks.length).toBeLessThanOrEqual(8)
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

/** Starts that take about 5 minutes, and how late and by how many looks the end of each is noticed. */
async function watched(spread: number, frugal: boolean) {
  let seed = 42
  const uniform = (): number => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed / 2_147_483_647
  }
  const duration = (): number =>
    300_000 * (1 + spread * Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()))
  const random = { bytes: (n: number) => Uint8Array.from({ length: n }, () => Math.floor(uniform() * 256)) }
  const rounds = 1_000
  let [late, looks] = [0, 0]
  for (let round = 0; round < rounds; round++) {
    const clock = new FakeClock(0)
    const past = Array.from({ length: 5 }, duration)
    const took = duration()
    const look = async (): Promise<true | undefined> => {
      looks++
      return clock.now() >= took ? true : undefined
    }
    const every = (now: number): number => nextLook(now, { past, frugal })
    await pollUntil({ clock, random }, look, { every, deadline: 3_600_000 })
    late += (clock.now() - took) / 1000
  }
  return { late: late / rounds, looks: looks / rounds }
}

test.each([
  // A look is one request; the first and the last cost two more each.
  [0.04, false, 2, 14],
  [0.04, true, 7, 5.4],
  [0.1, false, 4.2, 14.5],
  [0.1, true, 9.5, 6],
])(
  'R25 an end that varies by %s of 5 minutes (frugal: %s) is noticed %s s late on average at most, by %s looks',
  async (spread, frugal, late, most) => {
    const seen = await watched(spread, frugal)
    expect(seen.late).toBeLessThanOrEqual(late)
    expect(seen.looks).toBeLessThanOrEqual(most)
  },
)
