import * as z from 'zod'

/** Headers that S3 keeps with an object and gives back as they were. */
export const KEPT_HEADERS = [
  'content-type',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'expires',
] as const

/** Those that are verified and kept; other algorithms of S3 are accepted unseen. */
export const CHECKSUMS = ['crc32', 'sha1', 'sha256'] as const
export type ChecksumAlgorithm = (typeof CHECKSUMS)[number]

export const blobSchema = z.strictObject({ id: z.uuid(), size: z.number().int().nonnegative() })
/** A file with bytes. An object is one or, after a multipart upload, several in order; no two objects share one. */
export type Blob = z.infer<typeof blobSchema>

export const attributesSchema = z.strictObject({
  headers: z.record(z.string(), z.string()),
  /** `x-amz-meta-*`, without that prefix. */
  meta: z.record(z.string(), z.string()),
})
export type Attributes = z.infer<typeof attributesSchema>

const versionSchema = z.strictObject({
  /** `null` for what was written while the bucket kept no versions. */
  id: z.string(),
  /** Milliseconds since the epoch. */
  at: z.number(),
  content: z.nullable(
    attributesSchema.extend({
      size: z.number().int().nonnegative(),
      /** md5 in hex; of a multipart upload md5 of the parts' md5s, `-` and their number. Never with quotes. */
      etag: z.string(),
      blobs: z.array(blobSchema),
      checksum: z.optional(z.strictObject({ algorithm: z.enum(CHECKSUMS), value: z.string() })),
    }),
  ),
})
/** `content: null` is a delete marker. */
export type Version = z.infer<typeof versionSchema>
export type Content = NonNullable<Version['content']>

export const recordSchema = z.strictObject({
  schema: z.literal('sluice.object/v1'),
  /** Newest first. */
  versions: z.array(versionSchema),
})

export type Versioning = 'off' | 'enabled' | 'suspended'

/** What a change leaves, and the blobs that nothing refers to afterwards. */
export interface Change {
  readonly versions: readonly Version[]
  readonly dropped: readonly Blob[]
}

export type Only = { readonly absent: true } | { readonly etag: string }

/** Does the precondition hold? `missing`: an etag was asked for, and there is no object. */
export function checkOnly(
  versions: readonly Version[],
  only: Only | undefined,
): 'holds' | 'conflict' | 'missing' {
  const content = versions[0]?.content ?? null
  if (only === undefined) return 'holds'
  if ('absent' in only) return content === null ? 'holds' : 'conflict'
  if (content === null) return 'missing'
  return content.etag === only.etag ? 'holds' : 'conflict'
}

/** A new version on top. Without versioning, and while it is suspended, it takes the place of the `null` version. */
export function putVersion(
  versions: readonly Version[],
  versioning: Versioning,
  made: { readonly id: string; readonly at: number; readonly content: Content | null },
): Change & { readonly version: Version } {
  if (versioning === 'enabled') {
    return { version: made, versions: [made, ...versions], dropped: [] }
  }
  const version = { ...made, id: 'null' }
  return {
    version,
    versions: [version, ...versions.filter((old) => old.id !== 'null')],
    dropped: blobsOf(versions.filter((old) => old.id === 'null')),
  }
}

export type Removal = Change & { readonly removed: Version | undefined; readonly marker: Version | undefined }

/** With an id: that version is gone for good. Without: a delete marker where versions are kept, else the object is gone. */
export function removeVersion(
  versions: readonly Version[],
  versioning: Versioning,
  id: string | undefined,
  marker: { readonly id: string; readonly at: number },
): Removal {
  if (id !== undefined) {
    const removed = versions.find((version) => version.id === id)
    return {
      versions: versions.filter((version) => version !== removed),
      dropped: removed === undefined ? [] : blobsOf([removed]),
      removed,
      marker: undefined,
    }
  }
  if (versioning === 'off') {
    return { versions: [], dropped: blobsOf(versions), removed: versions[0], marker: undefined }
  }
  const put = putVersion(versions, versioning, { ...marker, content: null })
  return { versions: put.versions, dropped: put.dropped, removed: undefined, marker: put.version }
}

export function blobsOf(versions: readonly Version[]): Blob[] {
  return versions.flatMap((version) => version.content?.blobs ?? [])
}
