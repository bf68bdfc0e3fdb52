import { join } from 'node:path'
import { type Digest, hexOf, type ImageReference, imageReference } from '../../../domain/digest.ts'
import type { Layout } from '../../../tools/oci/layout.ts'

/** Where images lie: one OCI layout an image name. */
export function layoutOf(state: string, image: string): Layout {
  return { folder: join(state, 'cloud', 'images', image) }
}

/** Where an image is unpacked, once for each digest. */
export function rootfsFolder(state: string, digest: Digest): string {
  return join(state, 'cloud', 'rootfs', hexOf(digest))
}

export function repositoryOf(system: string, image: string): string {
  return `local/${system}/${image}`
}

export function referenceOf(system: string, image: string, digest: Digest): ImageReference {
  return imageReference(repositoryOf(system, image), digest)
}

/** `local/filmlens/api` -> `api`; undefined for a repository of somebody else. */
export function imageOfRepository(system: string, repository: string): string | undefined {
  const prefix = repositoryOf(system, '')
  const name = repository.slice(prefix.length)
  return repository.startsWith(prefix) && /^[a-z0-9][a-z0-9._-]*$/.test(name) ? name : undefined
}
