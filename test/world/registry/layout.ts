import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Digest } from '../../../src/domain/digest.ts'
import type { Layout } from '../../../src/tools/oci/layout.ts'
import { RegistryStore } from './store.ts'

/** An OCI layout on disk with what `put` puts into a registry's repository. */
export function writeTestLayout<T extends { digest: string; mediaType: string; size: number }>(
  folder: string,
  put: (store: RegistryStore, repository: string) => T,
): { readonly layout: Layout; readonly image: T & { readonly digest: Digest } } {
  const store = new RegistryStore()
  const image = put(store, 'layout') as T & { readonly digest: Digest }
  const { blobs, manifests } = store.make('layout')
  const path = join(folder, 'blobs', 'sha256')
  mkdirSync(path, { recursive: true })
  for (const [digest, bytes] of blobs) writeFileSync(join(path, digest.slice(7)), bytes)
  for (const [digest, { bytes }] of manifests) writeFileSync(join(path, digest.slice(7)), bytes)
  const { mediaType, digest, size } = image
  writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  writeFileSync(
    join(folder, 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [{ mediaType, digest, size }] }),
  )
  return { layout: { folder }, image }
}
