import * as z from 'zod'
import { type Digest, type ImageReference, isDigest, parseImageReference } from '../digest.ts'

export const digestSchema = z.custom<Digest>(isDigest, 'expected sha256: and 64 hex digits')
export const imageReferenceSchema = z.custom<ImageReference>(
  (value) => typeof value === 'string' && parseImageReference(value) !== undefined,
  'expected repository@sha256:...',
)

/** One image as it is known after `build`. */
export const imageRecordSchema = z.looseObject({
  reference: imageReferenceSchema,
  digest: digestSchema,
  /** Digest of everything the build could see; for a mirror, of the upstream reference and digest. */
  fingerprint: digestSchema,
  tag: z.string(),
  platforms: z.array(z.string()),
  how: z.enum(['known', 'built', 'mirrored']),
})
export type ImageRecord = z.infer<typeof imageRecordSchema>

/** images.json: what `build` leaves for every later verb. */
export const imagesFileSchema = z.looseObject({
  schema: z.literal('sluice.images/v1'),
  images: z.record(z.string(), imageRecordSchema),
})
export type ImagesFile = z.infer<typeof imagesFileSchema>
