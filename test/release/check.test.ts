import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type CheckAnswer,
  judgeAlarm,
  judgeErrorRate,
  judgeLatency,
  judgeProbes,
  type Probe,
  worst,
} from '../../src/release/check.ts'
import { normalQuantile } from '../../src/release/two-proportions.ts'

const http = { kind: 'http' as const, path: '/', status: 200, requests: 3 }
const good: Probe = { status: 200, contains: true, latency: 10 }
const says = (answer: CheckAnswer) => answer.says

test('R31 probes pass only when enough of them answered as asked', () => {
  expect(says(judgeProbes(http, [good, good, good]))).toBe('pass')
  expect(says(judgeProbes(http, [good, good]))).toBe('inconclusive')
  expect(says(judgeProbes(http, []))).toBe('inconclusive')
  expect(says(judgeProbes({ ...http, requests: 0 }, []))).toBe('inconclusive')
  expect(says(judgeProbes(http, [good, good, { ...good, status: null }]))).toBe('inconclusive')
  expect(says(judgeProbes(http, [good, good, { ...good, status: 503 }]))).toBe('fail')
  expect(says(judgeProbes({ ...http, contains: 'ok' }, [good, good, { ...good, contains: false }]))).toBe(
    'fail',
  )
})

test('R31 what real requests took is held against a limit, and too few of them are no evidence', () => {
  const check = { p95: 400, minRequests: 100 }
  const of = (requests: number, p95: number) => says(judgeLatency(check, { requests, p95 }))
  expect(of(100, 400)).toBe('pass')
  expect(of(100, 400.1)).toBe('fail')
  expect(of(99, 10)).toBe('inconclusive')
  expect(of(99, 4000)).toBe('inconclusive')
  expect(says(judgeLatency(check, undefined))).toBe('inconclusive')
  expect(says(judgeLatency({ ...check, minRequests: 0 }, { requests: 0, p95: 0 }))).toBe('inconclusive')
  for (const odd of [Number.NaN, Number.POSITIVE_INFINITY, -1]) expect(of(100, odd)).toBe('inconclusive')
  expect(of(Number.NaN, 10)).toBe('inconclusive')
})

test('R31 the 95th percentile decides on latency, and one that was not measured is no data', () => {
  const probes = Array.from({ length: 100 }, (_, i) => ({ ...good, latency: i + 1 }))
  const check = { ...http, requests: 100 }
  expect(says(judgeProbes({ ...check, p95: 95 }, probes))).toBe('pass')
  expect(says(judgeProbes({ ...check, p95: 94 }, probes))).toBe('fail')
  for (const latency of [Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(says(judgeProbes({ ...check, p95: 95 }, [...probes.slice(1), { ...good, latency }]))).toBe(
      'inconclusive',
    )
  }
})

test('R31 an alarm without data is inconclusive', () => {
  expect(
    [judgeAlarm('ok'), judgeAlarm('alarm'), judgeAlarm('insufficient-data'), judgeAlarm(undefined)].map(says),
  ).toEqual(['pass', 'fail', 'inconclusive', 'inconclusive'])
})

test('R31 the worst answer decides, and no answer is inconclusive', () => {
  const [pass, fail, open] = (['pass', 'fail', 'inconclusive'] as const).map((one) => ({
    says: one,
    why: '',
  }))
  if (!pass || !fail || !open) throw new Error('three')
  expect(says(worst([pass, open, fail]))).toBe('fail')
  expect(says(worst([pass, open]))).toBe('inconclusive')
  expect(says(worst([pass, pass]))).toBe('pass')
  expect(says(worst([]))).toBe('inconclusive')
})

const rate = { margin: 0.01, minRequests: 100, alpha: 0.05 }

test('R31 counts that are no counts, or too few, never pass', () => {
  const fine = { requests: 100_000, errors: 0 }
  expect(says(judgeErrorRate(rate, fine, fine))).toBe('pass')
  const bad = [
    undefined,
    { requests: Number.NaN, errors: 0 },
    { requests: 1000, errors: Number.NaN },
    { requests: Number.POSITIVE_INFINITY, errors: 0 },
    { requests: 1000, errors: -1 },
    { requests: 1000, errors: 1001 },
    { requests: 1000.5, errors: 1 },
    { requests: 99, errors: 0 },
    { requests: 0, errors: 0 },
  ]
  for (const one of bad) {
    expect(says(judgeErrorRate(rate, fine, one))).toBe('inconclusive')
    expect(says(judgeErrorRate(rate, one, fine))).toBe('inconclusive')
  }
  expect(says(judgeErrorRate({ ...rate, margin: Number.NaN }, fine, fine))).toBe('inconclusive')
  expect(says(judgeErrorRate({ ...rate, minRequests: 0 }, fine, { requests: 0, errors: 0 }))).toBe(
    'inconclusive',
  )
})

test('R31 more errors never make a release look better', () => {
  const order = { pass: 0, inconclusive: 1, fail: 2 }
  fc.assert(
    fc.property(
      fc.integer({ min: 100, max: 5000 }),
      fc.integer({ min: 0, max: 100 }),
      fc.integer({ min: 0, max: 99 }),
      (requests, live, next) => {
        const before = judgeErrorRate(rate, { requests, errors: live }, { requests, errors: next })
        const after = judgeErrorRate(rate, { requests, errors: live }, { requests, errors: next + 1 })
        expect(order[after.says]).toBeGreaterThanOrEqual(order[before.says])
      },
    ),
  )
})

/** Probability of each count of n, by the recurrence of the binomial distribution. */
function binomial(n: number, p: number): number[] {
  if (p === 0) return [1, ...Array.from({ length: n }, () => 0)]
  const log: number[] = [n * Math.log1p(-p)]
  for (let k = 1; k <= n; k++) log.push((log[k - 1] ?? 0) + Math.log((n - k + 1) / k) + Math.log(p / (1 - p)))
  return log.map(Math.exp)
}

/** Exact probability of an answer, summed over every pair of counts: no sampling error. */
function probability(
  answer: CheckAnswer['says'],
  n: number,
  live: number,
  next: number,
  margin: number,
): number {
  const a = binomial(n, live)
  const b = binomial(n, next)
  let sum = 0
  for (let x = 0; x <= n; x++) {
    for (let y = 0; y <= n; y++) {
      const weight = (a[x] ?? 0) * (b[y] ?? 0)
      if (weight < 1e-12) continue
      const check = { margin, minRequests: 1, alpha: 0.05 }
      if (judgeErrorRate(check, { requests: n, errors: x }, { requests: n, errors: y }).says === answer)
        sum += weight
    }
  }
  return sum
}

const SIZES = [100, 400]
const RATES = [0, 0.002, 0.01, 0.05, 0.3]
const MARGINS = [0.01, 0.05]

test('R31 a release that is worse by the margin passes at most alpha of the time, exactly', () => {
  for (const n of SIZES) {
    for (const live of RATES) {
      for (const margin of MARGINS) {
        expect(
          probability('pass', n, live, live + margin, margin),
          `n ${n}, ${live} + ${margin}`,
        ).toBeLessThanOrEqual(0.05)
      }
    }
  }
})

test('R31 an equal release fails at most alpha of the time, and a clearly worse one is found', () => {
  for (const n of SIZES) {
    for (const live of RATES) {
      expect(probability('fail', n, live, live, 0.01), `n ${n}, ${live}`).toBeLessThanOrEqual(0.05)
    }
  }
  expect(probability('fail', 400, 0.01, 0.15, 0.01)).toBeGreaterThan(0.95)
  expect(probability('pass', 400, 0.002, 0.002, 0.05)).toBeGreaterThan(0.95)
})

test('R31 2,000 seeded rollouts of an equal release: at most alpha of them fail', () => {
  let state = 42
  const random = (): number => {
    state = (state * 48271) % 2147483647
    return state / 2147483647
  }
  const count = (n: number, p: number): number =>
    Array.from({ length: n }, random).filter((x) => x < p).length
  let failed = 0
  for (let run = 0; run < 2000; run++) {
    const [live, next] = [
      { requests: 300, errors: count(300, 0.02) },
      { requests: 300, errors: count(300, 0.02) },
    ]
    if (judgeErrorRate(rate, live, next).says === 'fail') failed++
  }
  // 0.05 and three standard errors of 2,000 runs.
  expect(failed / 2000).toBeLessThanOrEqual(0.05 + 3 * Math.sqrt((0.05 * 0.95) / 2000))
})

test('the normal quantile agrees with its published values', () => {
  // NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.1.
  expect(normalQuantile(0.95)).toBeCloseTo(1.6448536, 6)
  expect(normalQuantile(0.975)).toBeCloseTo(1.959964, 6)
  expect(normalQuantile(0.999)).toBeCloseTo(3.0902323, 6)
  expect(normalQuantile(0.5)).toBeCloseTo(0, 12)
  expect(normalQuantile(0.01)).toBeCloseTo(-2.3263479, 6)
  expect(normalQuantile(1)).toBeNaN()
})
