import * as z from 'zod'
import { digestSchema } from '../system/images.ts'

/** A version of a registered model (MLflow: model version). */
export const modelVersionSchema = z.looseObject({
  name: z.string(),
  /** MLflow numbers versions from 1; kept as text, as its API does. */
  version: z.string(),
  digest: digestSchema,
  /** Where the artifact lies: `s3://`, `gs://` or `file://`; never changed after registration. */
  source: z.string(),
  /** ISO 8601, UTC. */
  createdAt: z.string(),
  tags: z.record(z.string(), z.string()),
})
export type ModelVersion = z.infer<typeof modelVersionSchema>

/** The MLflow aliases that Sluice moves: `challenger` on registration, `champion` after the rollout went live. */
export type Alias = 'champion' | 'challenger'

/** What a service is told to load: `SLUICE_MODEL_<NAME>=<version>@<digest>`. */
export const servedModelSchema = z.strictObject({
  name: z.string(),
  version: z.string(),
  digest: digestSchema,
})
export type ServedModel = z.infer<typeof servedModelSchema>

/** `7@sha256:...`: the value of `SLUICE_MODEL_<NAME>` and of the service's answer at its health path. */
export function modelPin(model: { version: string; digest: string }): string {
  return `${model.version}@${model.digest}`
}
