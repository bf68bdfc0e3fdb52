import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Random, randomOf } from '../../../src/gate/random.ts'
import { logGamma } from '../../../src/gate/statistics/beta.ts'
import { bootstrapWeights, percentileInterval } from '../../../src/gate/statistics/bootstrap.ts'
import { drawBinomial, multinomialSampler } from '../../../src/gate/statistics/multinomial.ts'
import { ascendingOrder } from '../../../src/gate/statistics/order.ts'

/** The vector that the authors' reference implementation gives for the state 1, 2, 3, 4. */
test('R42 the generator is xoshiro128++', () => {
  const random = new Random(1, 2, 3, 4)
  const words = Array.from({ length: 10 }, () => random.word())
  expect(words).toEqual([
    641, 1573767, 3222811527, 3517856514, 836907274, 4247214768, 3867114732, 1355841295, 495546011, 621204420,
  ])
})

test('R42 a purpose has its own stream, the same every time', () => {
  const words = (purpose: string): number[] => {
    const random = randomOf('evidence', purpose)
    return [random.word(), random.word()]
  }
  expect(words('a')).toEqual(words('a'))
  expect(words('a')).not.toEqual(words('b'))
})

/** Chi-square far beyond chance: mean df, standard deviation sqrt(2 df). */
function plausible(observed: readonly number[], expected: readonly number[]): boolean {
  let chi = 0
  let df = -1
  let restObserved = 0
  let restExpected = 0
  observed.forEach((count, k) => {
    const mean = expected[k] ?? 0
    if (mean >= 10) {
      chi += (count - mean) ** 2 / mean
      df++
    } else {
      restObserved += count
      restExpected += mean
    }
  })
  if (restExpected > 5) {
    chi += (restObserved - restExpected) ** 2 / restExpected
    df++
  }
  return Math.abs(chi - df) < 5 * Math.sqrt(2 * Math.max(1, df))
}

test.each([
  [20, 0.3],
  [1000, 0.004],
  [40, 0.25],
  [500, 0.5],
  [1000, 0.93],
  [1_000_000, 0.0001],
])('R39 binomial draws of n = %i, p = %f have the binomial distribution', (n, p) => {
  const random = new Random(n, 2, 3, 4)
  const draws = 40_000
  const top = Math.min(n, Math.ceil(n * p + 12 * Math.sqrt(n * p * (1 - p)) + 12))
  const observed = new Array<number>(top + 1).fill(0)
  for (let i = 0; i < draws; i++) {
    const k = drawBinomial(random, n, p)
    observed[k] = (observed[k] ?? 0) + 1
  }
  const mass = (k: number): number =>
    Math.exp(
      logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1) + k * Math.log(p) + (n - k) * Math.log1p(-p),
    )
  expect(
    plausible(
      observed,
      observed.map((_, k) => draws * mass(k)),
    ),
  ).toBe(true)
})

test('R39 multinomial draws add up to n and have the right means, zero weights included', () => {
  const weights = Float64Array.of(5, 0, 80, 1, 14)
  const draw = multinomialSampler(weights, 1000)
  const random = new Random(3, 1, 4, 1)
  const into = new Float64Array(5)
  const sums = new Float64Array(5)
  for (let i = 0; i < 2000; i++) {
    draw(random, into)
    expect(into.reduce((a, b) => a + b, 0)).toBe(1000)
    for (let k = 0; k < 5; k++) sums[k] = (sums[k] ?? 0) + (into[k] ?? 0) / 2000
  }
  expect(sums[1]).toBe(0)
  weights.forEach((weight, k) => {
    const sd = Math.sqrt((10 * weight * (1 - weight / 100)) / 2000)
    expect(Math.abs((sums[k] ?? 0) - 10 * weight)).toBeLessThanOrEqual(5 * sd)
  })
})

test('R39 integers below a bound are equally likely, for large bounds too', () => {
  for (const bound of [3, 7, 1000, 2 ** 21 + 1, 3_000_000_000]) {
    const random = new Random(bound, 5, 6, 7)
    const cells = new Array<number>(3).fill(0)
    for (let i = 0; i < 30_000; i++) {
      const value = random.below(bound)
      expect(value).toBeLessThan(bound)
      expect(Number.isInteger(value)).toBe(true)
      const cell = Math.floor((value * 3) / bound)
      cells[cell] = (cells[cell] ?? 0) + 1
    }
    const share = (cell: number): number =>
      30_000 * ((Math.ceil(((cell + 1) * bound) / 3) - Math.ceil((cell * bound) / 3)) / bound)
    expect(
      plausible(
        cells,
        cells.map((_, cell) => share(cell)),
      ),
    ).toBe(true)
  }
})

test('R39 the radix order is the order of the numbers, negative ones, zeros and ties included', () => {
  const number = fc.oneof(fc.double({ noNaN: true }), fc.constantFrom(0, -0, 0.5, 1, -1))
  fc.assert(
    fc.property(fc.array(number, { minLength: 600, maxLength: 1200 }), (numbers) => {
      const values = Float64Array.from(numbers)
      const expected = Uint32Array.from(values.keys()).sort((a, b) => {
        const [x, y] = [values[a] ?? 0, values[b] ?? 0]
        return x < y ? -1 : x > y ? 1 : a - b
      })
      expect(ascendingOrder(values)).toEqual(expected)
    }),
    { numRuns: 60 },
  )
})

test('R39 above 100,000 units the Poisson bootstrap has the spread of the other one', () => {
  const mean = (weights: Float64Array): number => {
    let sum = 0
    let total = 0
    for (let i = 0; i < weights.length; i++) {
      sum += (weights[i] ?? 0) * (i % 2)
      total += weights[i] ?? 0
    }
    return sum / total
  }
  const interval = (units: number): readonly [number, number] => {
    const drawn = bootstrapWeights(units, null, units, 300, randomOf('poisson', String(units)), mean)
    return percentileInterval(drawn, 0.05) ?? [Number.NaN, Number.NaN]
  }
  for (const units of [100_000, 100_002]) {
    const [low, high] = interval(units)
    expect((high - low) / ((2 * 1.645 * 0.5) / Math.sqrt(units))).toBeCloseTo(1, 0)
  }
})
