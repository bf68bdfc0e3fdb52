import { z } from 'zod'

const finite = z.number()
const alpha = z.number().gt(0).lt(0.5)

const primary = z
  .strictObject({
    metric: z.string().min(1),
    direction: z.enum(['higher', 'lower']),
    rule: z.enum(['superior', 'noninferior']),
    /** Absolute, in the units of the metric; needed by `noninferior` and only there. */
    margin: z.number().gt(0).optional(),
    alpha: alpha.default(0.05),
  })
  .describe('The one comparison with the champion that decides')

const guard = primary.omit({ alpha: true }).extend({ alpha: alpha.optional() })

/** A custom metric: a column of the rows, or a built-in metric with parameters. */
const metricDefinition = z.looseObject({ kind: z.string().min(1) })

/**
 * What a model must show before it may replace the champion: `models.<name>.gate` in sluice.yml, or a file of its own
 * (CONTRACTS: "Gate policy"). `alpha` of `primary` is the one-sided budget of the whole gate.
 */
export const gatePolicySchema = z.strictObject({
  primary,
  /** Absolute minimum of a metric, whatever the champion scores. */
  floors: z.record(z.string(), finite).default({}),
  /** Absolute maximum of a metric. */
  ceilings: z.record(z.string(), finite).default({}),
  /** Columns whose every value must be non-inferior (Holm). */
  slices: z.array(z.string().min(1)).default([]),
  'slice-minimum': z.int().min(1).default(100),
  budgets: z
    .strictObject({
      latency_p95_ms: z.number().gt(0).optional(),
      size_bytes: z.number().gt(0).optional(),
      cost_per_1k: z.number().gt(0).optional(),
    })
    .default({}),
  guards: z.array(guard).default([]),
  /** Allows a first model, without a champion, on absolute floors alone. */
  bootstrap: z.boolean().default(false),
  /** How many looks at the same question share alpha. */
  looks: z.int().min(1).max(1000).default(1),
  resamples: z.int().min(100).max(1_000_000).default(10_000),
  metrics: z.record(z.string(), metricDefinition).default({}),
})

export type GatePolicy = z.infer<typeof gatePolicySchema>
export type ComparisonRule = GatePolicy['primary']
