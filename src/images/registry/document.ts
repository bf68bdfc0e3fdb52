import * as z from 'zod'
import { type Digest, digestOf } from '../../domain/digest.ts'
import { descriptorSchema } from '../../tools/oci/documents.ts'
import { INDEX, MANIFEST } from '../../tools/oci/media-types.ts'

/** Docker's names for what OCI has as index and manifest. @see https://distribution.github.io/distribution/spec/manifest-v2-2/ */
export const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json'
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'
const INDEXES: ReadonlySet<string> = new Set([INDEX, DOCKER_LIST])
const MANIFESTS: ReadonlySet<string> = new Set([MANIFEST, DOCKER_MANIFEST])

export const ACCEPT = [INDEX, MANIFEST, DOCKER_LIST, DOCKER_MANIFEST].join(', ')

const indexContent = z.looseObject({ manifests: z.array(descriptorSchema) })
const imageContent = z.looseObject({ config: descriptorSchema, layers: z.array(descriptorSchema) })

export type Blob = z.infer<typeof descriptorSchema>

/** A manifest of one platform (or an attestation, which has the same form), or an index of several. */
export type Content =
  | { readonly kind: 'index'; readonly manifests: readonly Blob[] }
  | { readonly kind: 'image'; readonly config: Blob; readonly layers: readonly Blob[] }

/** A manifest as it was pushed: its digest is that of exactly these bytes. */
export interface RemoteDocument {
  readonly digest: Digest
  readonly mediaType: string
  readonly bytes: Uint8Array
  readonly content: Content
}

/**
 * @param header the media type that the transport gave; the document's own counts where it has one.
 * @throws Error that says what is wrong with it.
 */
export function parseDocument(bytes: Uint8Array, header: string): RemoteDocument {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    throw new Error('it is no JSON')
  }
  const fields = (value ?? {}) as {
    mediaType?: unknown
    manifests?: unknown
    layers?: unknown
    config?: unknown
  }
  const mediaType =
    typeof fields.mediaType === 'string' ? fields.mediaType : (header.split(';')[0] ?? '').trim()
  // Read as the one here and as the other there, it would be two images (CVE-2021-41190).
  if (fields.manifests !== undefined && (fields.layers !== undefined || fields.config !== undefined)) {
    throw new Error('it is an index and a manifest at once')
  }
  const digest = digestOf(bytes)
  if (INDEXES.has(mediaType)) {
    const { manifests } = read(indexContent, value)
    return { digest, mediaType, bytes, content: { kind: 'index', manifests } }
  }
  if (MANIFESTS.has(mediaType)) {
    const { config, layers } = read(imageContent, value)
    return { digest, mediaType, bytes, content: { kind: 'image', config, layers } }
  }
  throw new Error(`its media type is ${JSON.stringify(mediaType)}, which is no image of today`)
}

function read<T extends z.ZodType>(schema: T, value: unknown): z.infer<T> {
  const { success, data, error } = schema.safeParse(value)
  if (success) return data
  const issue = error.issues[0]
  throw new Error(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'it is damaged'}`)
}

/** `linux/arm64/v8`; undefined for an attestation, whose platform BuildKit writes as unknown. */
export function platformText(platform: Blob['platform']): string | undefined {
  if (platform === undefined || platform.os === 'unknown') return undefined
  const variant = platform['variant']
  const end = typeof variant === 'string' && variant !== '' ? `/${variant}` : ''
  return `${platform.os}/${platform.architecture}${end}`
}

/** Layers that stay where their publisher has them; a registry neither has nor takes them. */
export function isForeign({ mediaType }: Blob): boolean {
  return mediaType.includes('.foreign.') || mediaType.includes('.nondistributable.')
}
