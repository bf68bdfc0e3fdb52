import * as z from 'zod'
import { digestSchema } from '../system/images.ts'
import { gatePolicySchema } from './policy.ts'

export const VERDICTS = ['promote', 'reject', 'inconclusive'] as const
export type Decision = (typeof VERDICTS)[number]

/**
 * Why: `rule` names the check in a closed vocabulary (`floor`, `primary`, `slice`, `incomparable`, `not-a-number`, ...),
 * `says` what it alone would decide, `text` is a plain sentence with the numbers.
 */
export const reasonSchema = z.looseObject({
  rule: z.string(),
  says: z.enum(VERDICTS),
  metric: z.string().optional(),
  text: z.string(),
})
export type Reason = z.infer<typeof reasonSchema>

export const metricResultSchema = z.looseObject({
  name: z.string(),
  champion: z.number().nullable(),
  challenger: z.number().nullable(),
  /** challenger minus champion, in the metric's own direction. */
  difference: z.number().nullable(),
  /** Two-sided 1 - 2 alpha interval of the difference; null where there are no rows. */
  interval: z.tuple([z.number(), z.number()]).nullable(),
  /** Paired rows behind it. */
  n: z.number().int().nullable(),
  method: z.string().optional(),
})
export type MetricResult = z.infer<typeof metricResultSchema>

export const sliceResultSchema = metricResultSchema.extend({
  column: z.string(),
  value: z.string(),
  says: z.enum(VERDICTS),
})
export type SliceResult = z.infer<typeof sliceResultSchema>

/** verdict.json, written as canonical JSON: the same evidence and policy give the same bytes (promise R42). */
export const verdictSchema = z.looseObject({
  schema: z.literal('sluice.verdict/v1'),
  verdict: z.enum(VERDICTS),
  reasons: z.array(reasonSchema),
  metrics: z.array(metricResultSchema),
  slices: z.array(sliceResultSchema),
  policy: gatePolicySchema,
  /** Power at this n, and the smallest difference it would find with 80 %; null where it cannot be computed. */
  power: z.looseObject({ detectable: z.number().nullable(), needed: z.number().int().nullable() }).nullable(),
  model: z.looseObject({ name: z.string(), version: z.string().nullable(), digest: digestSchema }),
  champion: z.looseObject({ version: z.string().nullable(), digest: digestSchema }).nullable(),
  image: z.string().nullable(),
  dataset: z.looseObject({ digest: z.string(), rows: z.number().int().nullable() }),
  code: z.string().nullable(),
  seed: z.number().int().nullable(),
  /** Digest of the evidence: evaluation.json and its rows. */
  evidence: digestSchema,
  /** Which look at this model and data set this was, from 1. */
  look: z.number().int().min(1),
})
export type Verdict = z.infer<typeof verdictSchema>
