import * as z from 'zod'
import { digestSchema, imageReferenceSchema } from '../system/images.ts'

/** A model's columns in the rows: the predicted label or number, or several columns by role. */
const modelColumns = z.union([
  z.string().min(1),
  z.looseObject({
    predicted: z.string().min(1).optional(),
    /** P(positive). */
    score: z.string().min(1).optional(),
    latency_ms: z.string().min(1).optional(),
    cost: z.string().min(1).optional(),
  }),
])
export type ModelColumns = z.infer<typeof modelColumns>

const judgedModel = z.looseObject({
  name: z.string().optional(),
  version: z.string().optional(),
  digest: digestSchema,
})

/**
 * `sluice.evaluation/v1`: the evidence that a gate decides on. Both models' outcomes stand in the same rows of one run.
 * Metric values are left unchecked here on purpose: NaN, null and "0.93" are answers of the gate, each with its reason
 * (promise R37), not parse errors.
 */
export const evaluationSchema = z.looseObject({
  schema: z.literal('sluice.evaluation/v1'),
  run: z.string().min(1),
  seed: z.number().int().optional(),
  /** Git commit of the code that evaluated. */
  code: z.string().optional(),
  image: imageReferenceSchema.optional(),
  model: judgedModel.extend({ name: z.string().min(1) }),
  /** null: there is no champion yet. */
  champion: judgedModel.nullable(),
  dataset: z.looseObject({
    name: z.string().optional(),
    /** Opaque: equal data, equal digest. */
    digest: z.string().min(1),
    rows: z.number().int().min(0).optional(),
  }),
  rows: z
    .looseObject({
      /** Relative to the evaluation file. */
      path: z.string().min(1),
      id: z.string().min(1),
      label: z.string().min(1).optional(),
      positive: z.union([z.string(), z.number()]).optional(),
      champion: modelColumns.optional(),
      challenger: modelColumns,
      cluster: z.string().optional(),
      weight: z.string().optional(),
      slices: z.array(z.string()).optional(),
    })
    .optional(),
  metrics: z
    .looseObject({
      challenger: z.record(z.string(), z.unknown()).optional(),
      champion: z.record(z.string(), z.unknown()).optional(),
    })
    .optional(),
  labelVersion: z.string().optional(),
  metricVersions: z.record(z.string(), z.string()).optional(),
  trainRowHashes: z.string().optional(),
})
export type Evaluation = z.infer<typeof evaluationSchema>
