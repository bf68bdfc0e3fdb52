import * as z from 'zod'
import { type Digest, digestOfValue } from '../digest.ts'
import { servedModelSchema } from '../models/model.ts'
import { digestSchema, imageReferenceSchema } from '../system/images.ts'

/** What one service runs in a release. */
export const releasedServiceSchema = z.looseObject({
  image: imageReferenceSchema,
  /** Image of each container beside the main one; absent where there is none, or where none was built here. */
  sidecars: z.record(z.string(), imageReferenceSchema).optional(),
  model: servedModelSchema.optional(),
  /** Launch template of a worker and its version, `lt-0abc:7`: what machines that are started then have. */
  template: z.string().optional(),
  /** Digest of the service's definition in sluice.yml: a changed variable is a new revision although the image is the same. */
  settings: digestSchema.optional(),
})
export type ReleasedService = z.infer<typeof releasedServiceSchema>

/**
 * `sluice.release/v1`: every service's image, the models they load and the verdicts behind them, as one unit that moves
 * forward together or back together.
 */
export const releaseSchema = z.looseObject({
  schema: z.literal('sluice.release/v1'),
  id: digestSchema,
  /** Position in the ledger of its environment, from 1. */
  sequence: z.int().min(1),
  system: z.string(),
  environment: z.string(),
  /** Git commit it was made from. */
  commit: z.string(),
  createdAt: z.string(),
  by: z.string(),
  services: z.record(z.string(), releasedServiceSchema),
  verdicts: z.array(z.looseObject({ model: z.string(), digest: digestSchema })),
  previous: digestSchema.nullable(),
  /** A person took the gate's place. */
  forced: z.looseObject({ by: z.string(), reason: z.string() }).optional(),
})
export type Release = z.infer<typeof releaseSchema>

/** What makes a release the one it is; time, author and position do not. */
export type ReleaseContent = Pick<Release, 'system' | 'environment' | 'commit' | 'services' | 'verdicts'>

/** sha256 of the canonical content: a re-run of the same release finds itself. */
export function releaseId(content: ReleaseContent): Digest {
  const { system, environment, commit, services, verdicts } = content
  return digestOfValue({ system, environment, commit, services, verdicts })
}

/** live.json: the one object that says what is served, moved by compare-and-swap only. */
export const liveSchema = z.looseObject({
  schema: z.literal('sluice.live/v1'),
  id: digestSchema,
  sequence: z.int().min(1),
  /** etag of the live.json that this one replaced. */
  replaced: z.string().nullable(),
})
export type Live = z.infer<typeof liveSchema>

export const LEDGER_EVENTS = ['started', 'step', 'live', 'rolled-back', 'failed'] as const

export const ledgerEventSchema = z.looseObject({
  schema: z.literal('sluice.event/v1'),
  kind: z.enum(LEDGER_EVENTS),
  at: z.string(),
  release: digestSchema,
  sequence: z.int().min(1),
  by: z.string(),
  detail: z.string().optional(),
})
export type LedgerEvent = z.infer<typeof ledgerEventSchema>
