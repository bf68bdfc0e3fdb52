import * as z from 'zod'
import { digestSchema } from '../../domain/system/images.ts'
import { CONFIG, INDEX, LAYER_GZIP, LAYER_TAR, MANIFEST } from './media-types.ts'

const annotations = z.record(z.string(), z.string())

/** @see https://github.com/opencontainers/image-spec/blob/v1.1.0/descriptor.md */
export const descriptorSchema = z.looseObject({
  mediaType: z.string(),
  digest: digestSchema,
  size: z.int().nonnegative(),
  annotations: annotations.optional(),
  platform: z.looseObject({ os: z.string(), architecture: z.string() }).optional(),
})
export type Descriptor = z.infer<typeof descriptorSchema>

export const indexSchema = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.literal(INDEX).optional(),
  manifests: z.array(descriptorSchema),
  annotations: annotations.optional(),
})
export type ImageIndex = z.infer<typeof indexSchema>

export const manifestSchema = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.literal(MANIFEST).optional(),
  config: descriptorSchema.extend({ mediaType: z.literal(CONFIG) }),
  layers: z.array(descriptorSchema.extend({ mediaType: z.enum([LAYER_TAR, LAYER_GZIP]) })),
  annotations: annotations.optional(),
})
export type Manifest = z.infer<typeof manifestSchema>

/** @see https://github.com/opencontainers/image-spec/blob/v1.1.0/config.md */
export const configSchema = z.looseObject({
  os: z.string(),
  architecture: z.string(),
  config: z
    .looseObject({
      User: z.string().optional(),
      // Go writes an empty map as null.
      ExposedPorts: z.record(z.string(), z.looseObject({})).nullish(),
      Env: z.array(z.string()).nullish(),
      Entrypoint: z.array(z.string()).nullish(),
      Cmd: z.array(z.string()).nullish(),
      Volumes: z.record(z.string(), z.looseObject({})).nullish(),
      WorkingDir: z.string().optional(),
      Labels: annotations.nullish(),
      StopSignal: z.string().optional(),
    })
    .optional(),
  rootfs: z.looseObject({ type: z.literal('layers'), diff_ids: z.array(digestSchema) }),
  history: z.array(z.looseObject({})).optional(),
})
export type ImageConfig = z.infer<typeof configSchema>
