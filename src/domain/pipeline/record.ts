import * as z from 'zod'
import { digestSchema, imageReferenceSchema } from '../system/images.ts'

const placeSchema = z.looseObject({
  uri: z.string(),
  /** Digest of the names, sizes and etags of what lies there. */
  digest: digestSchema,
})

/**
 * `sluice.step/v1`: what a step last did, kept beside the ledger at `steps/<pipeline>/<step>.json`. A step whose parts
 * and outputs are still these does not run again.
 */
export const stepRecordSchema = z.looseObject({
  schema: z.literal('sluice.step/v1'),
  pipeline: z.string(),
  step: z.string(),
  fingerprint: digestSchema,
  parts: z.record(z.string(), z.string()),
  outputs: z.record(z.string(), placeSchema),
  run: z.string(),
  seed: z.int(),
  image: imageReferenceSchema,
  /** Git commit that the run was started from, where there is one. */
  code: z.string().optional(),
  startedAt: z.string(),
  durationMs: z.number(),
  /** How many times it was started before it succeeded. */
  attempts: z.int().min(1),
})
export type StepRecord = z.infer<typeof stepRecordSchema>

/**
 * `sluice.run/v1`: the run of a pipeline that is under way, at `runs/<pipeline>.json`. Whoever finds it after a kill and
 * asks for the same thing goes on with the same run, and so finds its jobs again.
 */
export const openRunSchema = z.looseObject({
  schema: z.literal('sluice.run/v1'),
  run: z.string(),
  /** Digest of what was asked for: parameters, `from`, `force`. */
  request: digestSchema,
  startedAt: z.string(),
  state: z.enum(['open', 'ended']),
  /** Jobs that were started and whose end was not seen. */
  jobs: z.array(z.string()),
  /** Step -> the jobs of its last run, one an attempt: what it wrote is found by them. */
  last: z.record(z.string(), z.array(z.string())).optional(),
})
export type OpenRun = z.infer<typeof openRunSchema>
