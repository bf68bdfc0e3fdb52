import { describe, expect, test } from 'vitest'
import { seeded } from '../../../bench/rollout/sample.ts'
import { LEARNING, waitsOnCloudRun, waitsOnEcs } from '../../../bench/rollout/waits.ts'

const ROUNDS = 16
const sample = seeded()
const durations = Array.from({ length: LEARNING + ROUNDS }, () => sample.duration(300_000, 0.04))

describe('a start of about five minutes, on virtual time', () => {
  test.each(['canary', 'linear', 'blue-green', 'rolling'] as const)(
    'R25 on ECS (%s) its end is noticed 2 s late on average at most, by 18 requests with the check of what runs',
    async (strategy) => {
      const { late, all } = await waitsOnEcs({ strategy, frugal: false, durations })
      expect(late).toBeLessThanOrEqual(2_000)
      expect(all).toBeLessThanOrEqual(18)
    },
    120_000,
  )

  test.each(['canary', 'linear', 'blue-green', 'rolling'] as const)(
    'R25 a frugal wait on ECS (%s) costs about 7 requests with the check of what runs, and some seconds',
    async (strategy) => {
      const { late, all } = await waitsOnEcs({ strategy, frugal: true, durations })
      expect(late).toBeLessThanOrEqual(8_000)
      expect(all).toBeLessThanOrEqual(7.2)
    },
    120_000,
  )

  test.each<[boolean, number, number]>([
    [false, 2_000, 18],
    [true, 7_000, 7],
  ])(
    'R25 on Cloud Run (frugal: %s) its end is noticed %s ms late on average at most, by %s requests',
    async (frugal, most, requests) => {
      const { late, all } = await waitsOnCloudRun({ strategy: 'canary', frugal, durations })
      expect(late).toBeLessThanOrEqual(most)
      expect(all).toBeLessThanOrEqual(requests)
    },
    120_000,
  )
})
