import { describe, expect, test } from 'vitest'
import { distributionSchema, quantile } from '../../../src/providers/gcp/distribution.ts'

const of = (bucketOptions: object, counts: readonly number[], count = counts.reduce((a, b) => a + b, 0)) =>
  quantile(
    distributionSchema.parse({ count: String(count), bucketOptions, bucketCounts: counts.map(String) }),
    0.95,
  )

const LINEAR = { linearBuckets: { numFiniteBuckets: 3, width: 100, offset: 0 } }

describe('the 95th percentile of a distribution', () => {
  test.each([
    ['lies evenly between two bounds', LINEAR, [0, 90, 10], 150],
    [
      'knows bounds that grow',
      { exponentialBuckets: { numFiniteBuckets: 3, growthFactor: 2, scale: 100 } },
      [0, 90, 10],
      300,
    ],
    ['knows bounds of their own', { explicitBuckets: { bounds: [10, 20, 50] } }, [0, 90, 10], 35],
    ['below all bounds is the first of them', { explicitBuckets: { bounds: [10, 20] } }, [100], 10],
  ] as const)('%s', (_, options, counts, expected) => {
    expect(of(options, counts)).toBeCloseTo(expected, 9)
  })

  test('R31 above all bounds it is no number that a limit could be held against', () => {
    expect(of(LINEAR, [0, 90, 0, 0, 10])).toBe(Number.POSITIVE_INFINITY)
  })

  test.each([
    ['nothing was counted', LINEAR, [], 0],
    ['the counts are not those of all', LINEAR, [0, 90, 10], 120],
  ] as const)('R31 where %s there is none', (_, options, counts, count) => {
    expect(of(options, counts, count)).toBeNaN()
  })

  test('R31 where no bounds are told it is no number either', () => {
    expect(of({}, [0, 90, 10])).toBe(Number.POSITIVE_INFINITY)
  })
})
