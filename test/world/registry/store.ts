import { createHash, randomUUID } from 'node:crypto'

export interface StoredManifest {
  readonly bytes: Buffer
  readonly mediaType: string
}

export interface Repository {
  readonly manifests: Map<string, StoredManifest>
  readonly tags: Map<string, string>
  readonly blobs: Map<string, Buffer>
  readonly uploads: Map<string, Buffer[]>
}

/** What a registry keeps. */
export class RegistryStore {
  readonly repositories = new Map<string, Repository>()

  make(name: string): Repository {
    const known = this.repositories.get(name)
    if (known !== undefined) return known
    const made = { manifests: new Map(), tags: new Map(), blobs: new Map(), uploads: new Map() }
    this.repositories.set(name, made)
    return made
  }

  /** Puts a blob there as if somebody had pushed it. */
  blob(repository: string, bytes: Buffer, mediaType: string) {
    const digest = sha256(bytes)
    this.make(repository).blobs.set(digest, bytes)
    return { mediaType, digest, size: bytes.length }
  }

  manifest(repository: string, value: object, mediaType: string, tag?: string) {
    const bytes = Buffer.from(JSON.stringify({ mediaType, ...value }))
    const digest = sha256(bytes)
    const at = this.make(repository)
    at.manifests.set(digest, { bytes, mediaType })
    if (tag !== undefined) at.tags.set(tag, digest)
    return { mediaType, digest, size: bytes.length }
  }
}

export function sha256(bytes: Uint8Array): `sha256:${string}` {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

export const uploadId = (): string => randomUUID()
