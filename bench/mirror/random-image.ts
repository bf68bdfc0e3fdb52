import { createCipheriv, createHash, randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Digest, digestOf } from '../../src/domain/digest.ts'
import { CONFIG, LAYER_GZIP, MANIFEST } from '../../src/tools/oci/media-types.ts'

/** An OCI layout with layers that no compression makes smaller. `size` in bytes. */
export function writeRandomImage(folder: string, size: number, layers: number): Digest {
  const blobs = join(folder, 'blobs', 'sha256')
  mkdirSync(blobs, { recursive: true })
  const put = (mediaType: string, bytes: Uint8Array) => {
    const digest = digestOf(bytes)
    writeFileSync(join(blobs, digest.slice('sha256:'.length)), bytes)
    return { mediaType, digest, size: bytes.length }
  }
  const pushed = Array.from({ length: layers }, () => {
    const key = createHash('sha256').update(randomBytes(16)).digest()
    const bytes = createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size / layers))
    return put(LAYER_GZIP, bytes)
  })
  const rootfs = { type: 'layers', diff_ids: pushed.map(({ digest }) => digest) }
  const config = put(CONFIG, Buffer.from(JSON.stringify({ os: 'linux', architecture: 'amd64', rootfs })))
  const manifest = { schemaVersion: 2, mediaType: MANIFEST, config, layers: pushed }
  const { digest } = put(MANIFEST, Buffer.from(JSON.stringify(manifest)))
  return digest
}
