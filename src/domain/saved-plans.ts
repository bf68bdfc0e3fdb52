import * as z from 'zod'
import { isDigest } from './digest.ts'

const digest = z.custom<`sha256:${string}`>(isDigest)

/**
 * plans/plans.json, `sluice.saved-plans/v1`: the plan files that the last `plan` left beside it, and what each was made of. A saved
 * plan carries its own configuration and backend and is not authenticated, so `apply` compares before the engine reads it.
 */
export const savedPlansSchema = z.looseObject({
  schema: z.literal('sluice.saved-plans/v1'),
  environment: z.string(),
  /** Fingerprint of the whole plan.json. */
  fingerprint: digest,
  stacks: z.array(
    z.looseObject({
      stack: z.string(),
      /** Of the plan file's bytes. */
      plan: digest,
      /** Of the folder that it was made of. */
      configuration: digest,
      /** Whether there is anything to apply. */
      changes: z.boolean(),
    }),
  ),
})
export type SavedPlans = Readonly<z.infer<typeof savedPlansSchema>>
