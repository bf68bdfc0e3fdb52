import * as z from 'zod'

/**
 * A distribution, as Cloud Monitoring tells it: how many values fell between which bounds.
 * @see https://cloud.google.com/monitoring/api/ref_v3/rest/v3/TypedValue#Distribution
 */
export const distributionSchema = z.looseObject({
  count: z.coerce.number().default(0),
  bucketOptions: z
    .looseObject({
      linearBuckets: z
        .looseObject({
          numFiniteBuckets: z.number(),
          width: z.number(),
          offset: z.number().default(0),
        })
        .optional(),
      exponentialBuckets: z
        .looseObject({
          numFiniteBuckets: z.number(),
          growthFactor: z.number(),
          scale: z.number(),
        })
        .optional(),
      explicitBuckets: z.looseObject({ bounds: z.array(z.number()) }).optional(),
    })
    .default({}),
  /** The first is below all bounds, the last above; zeros at the end are left out. */
  bucketCounts: z.array(z.coerce.number()).default([]),
})
export type Distribution = z.infer<typeof distributionSchema>

/**
 * The value below which this share of all values lies, taken as spread evenly between two bounds, as Cloud Monitoring does itself
 * (https://cloud.google.com/monitoring/charts/metrics-selector#distribution-percentile). What lies below all bounds counts as the
 * first one. In the unit of the bounds; NaN where the counts do not say it, infinite where it lies above all bounds.
 *
 * @param share from 0 to 1
 */
export function quantile({ count, bucketOptions, bucketCounts }: Distribution, share: number): number {
  const bounds = boundsOf(bucketOptions)
  const total = bucketCounts.reduce((sum, one) => sum + one, 0)
  if (total === 0 || total !== count) return Number.NaN
  let below = 0
  for (const [index, here] of bucketCounts.entries()) {
    if (here > 0 && below + here >= share * total) {
      const upper = bounds[index] ?? Number.POSITIVE_INFINITY
      const lower = bounds[index - 1] ?? upper
      return lower === upper ? upper : lower + ((upper - lower) * (share * total - below)) / here
    }
    below += here
  }
  return Number.NaN
}

function boundsOf(options: Distribution['bucketOptions']): readonly number[] {
  const { linearBuckets: linear, exponentialBuckets: exponential, explicitBuckets } = options
  if (explicitBuckets !== undefined) return explicitBuckets.bounds
  if (linear !== undefined) {
    return Array.from({ length: linear.numFiniteBuckets + 1 }, (_, i) => linear.offset + linear.width * i)
  }
  if (exponential === undefined) return []
  const { numFiniteBuckets, scale, growthFactor } = exponential
  return Array.from({ length: numFiniteBuckets + 1 }, (_, i) => scale * growthFactor ** i)
}
