import * as z from 'zod'

const finite = z.number()
const alpha = z.number().gt(0).lt(0.5)

const primary = z
  .strictObject({
    metric: z.string().min(1).describe('Name of the metric in the evidence'),
    direction: z.enum(['higher', 'lower']).describe('Which way is better'),
    rule: z
      .enum(['superior', 'noninferior'])
      .describe('Better than the champion, or not worse than it by the margin'),
    /** Absolute, in the units of the metric; needed by `noninferior` and only there. */
    margin: z
      .number()
      .gt(0)
      .optional()
      .describe('Largest tolerated loss, absolute, in units of the metric; `noninferior` only'),
    alpha: alpha.default(0.05).describe('One-sided error budget of the whole gate'),
  })
  .describe('The one comparison with the champion that decides')

const guard = primary
  .omit({ alpha: true })
  .extend({ alpha: alpha.optional().describe('One-sided error budget of this guard alone') })
  .describe('A further comparison that must hold too')

/** A custom metric: a column of the rows, or a built-in metric with parameters. */
const metricDefinition = z
  .looseObject({ kind: z.string().min(1).describe('Name of the built-in metric') })
  .describe('A built-in metric with parameters')

/**
 * What a model must show before it may replace the champion: `models.<name>.gate` in sluice.yml, or a file of its own
 * (CONTRACTS: "Gate policy"). `alpha` of `primary` is the one-sided budget of the whole gate.
 */
export const gatePolicySchema = z.strictObject({
  primary,
  /** Absolute minimum of a metric, whatever the champion scores. */
  floors: z
    .record(z.string(), finite)
    .default({})
    .describe('Metric -> absolute minimum, whatever the champion scores'),
  /** Absolute maximum of a metric. */
  ceilings: z.record(z.string(), finite).default({}).describe('Metric -> absolute maximum'),
  /** Columns whose every value must be non-inferior (Holm). */
  slices: z
    .array(z.string().min(1))
    .default([])
    .describe('Columns of the rows whose every value must be non-inferior'),
  'slice-minimum': z.int().min(1).default(100).describe('Rows that a slice needs before it is judged'),
  /** Absolute; default: the margin of the primary rule, and 0 where that is `superior`. */
  'slice-margin': z
    .number()
    .gt(0)
    .optional()
    .describe('Largest tolerated loss on a slice, absolute; default: the margin of the primary rule'),
  budgets: z
    .strictObject({
      latency_p95_ms: z
        .number()
        .gt(0)
        .optional()
        .describe('95th percentile of a prediction, in milliseconds'),
      size_bytes: z.number().gt(0).optional().describe('Size of the artifact, in bytes'),
      cost_per_1k: z.number().gt(0).optional().describe('Cost of a thousand predictions'),
    })
    .default({})
    .describe('What the model may use'),
  guards: z.array(guard).default([]).describe('Further comparisons that must hold too'),
  /** Allows a first model, without a champion, on absolute floors alone. */
  bootstrap: z
    .boolean()
    .default(false)
    .describe('Allows a first model, without a champion, on absolute floors alone'),
  /** How many looks at the same question share alpha. */
  looks: z.int().min(1).max(1000).default(1).describe('How many looks at the same question share alpha'),
  resamples: z
    .int()
    .min(100)
    .max(1_000_000)
    .default(10_000)
    .describe('Bootstrap resamples behind an interval'),
  metrics: z
    .record(z.string(), metricDefinition)
    .default({})
    .describe('Custom metric -> how it is computed from the rows'),
})

export type GatePolicy = z.infer<typeof gatePolicySchema>
