import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { type Digest, digestOf } from '../../domain/digest.ts'
import { blobPath, damaged, type Layout } from '../../tools/oci/layout.ts'
import { readBlob } from './blobs.ts'
import { type Blob, parseDocument, type RemoteDocument } from './document.ts'
import { getManifest, manifestGone } from './manifests.ts'
import type { Session } from './session.ts'

/** Where an image comes from. */
export interface ImageSource {
  /** For messages. */
  readonly name: string
  /** Its repository, where it is at a registry. */
  readonly at?: { readonly host: string; readonly repository: string }
  /** Held against its digest. */
  document(digest: Digest): Promise<RemoteDocument>
  /** As it is. */
  blob(blob: Blob, from: number, to: number): AsyncIterable<Uint8Array>
}

export function registrySource(session: Session, repository: string): ImageSource {
  return {
    name: `${session.host}/${repository}`,
    at: { host: session.host, repository },
    async document(digest) {
      const found = await getManifest(session, repository, digest)
      if (found === undefined) throw manifestGone(session.host, repository, digest)
      return found
    },
    blob: (blob, from, to) => readBlob(session, repository, blob, from, to),
  }
}

/** An OCI layout on disk. */
export function layoutSource(layout: Layout): ImageSource {
  return {
    name: layout.folder,
    async document(digest) {
      try {
        const bytes = await readFile(blobPath(layout, digest))
        if (digestOf(bytes) !== digest) throw new Error('its bytes have another digest')
        return parseDocument(bytes, '')
      } catch (cause) {
        throw damaged(layout, `manifest ${digest} cannot be read: ${(cause as Error).message}`, cause)
      }
    },
    async *blob({ digest }, from, to) {
      try {
        const bytes = createReadStream(blobPath(layout, digest), {
          start: from,
          end: to - 1,
          highWaterMark: 256 * 1024,
        })
        for await (const piece of bytes) yield piece as Buffer
      } catch (cause) {
        throw damaged(layout, `blob ${digest} cannot be read: ${(cause as Error).message}`, cause)
      }
    },
  }
}
