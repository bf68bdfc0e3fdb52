import type { Digest } from '../../domain/digest.ts'
import { externalError } from '../../domain/error.ts'
import { type Blob, isForeign, platformText, type RemoteDocument } from './document.ts'

/** An image with everything under it: every platform, and the attestations. */
export interface Tree {
  readonly root: RemoteDocument
  /** Children before their parents, the root last: a registry takes a manifest when it has what that names. */
  readonly documents: readonly RemoteDocument[]
  /** Each once. Layers that stay at their publisher are none of them. */
  readonly blobs: readonly Blob[]
  /** Sorted as the index has them; empty where the index names none. */
  readonly platforms: readonly string[]
}

/** Indexes of indexes are allowed, and nobody nests them deeper. */
const DEEPEST = 4
const MOST = 1000

export async function treeOf(
  root: RemoteDocument,
  name: string,
  load: (digest: Digest) => Promise<RemoteDocument>,
): Promise<Tree> {
  const documents = new Map<Digest, RemoteDocument>()
  const blobs = new Map<Digest, Blob>()
  const platforms: string[] = []
  const visit = async (document: RemoteDocument, depth: number): Promise<void> => {
    const { content } = document
    if (depth > DEEPEST || documents.size > MOST) {
      throw externalError('user', {
        what: `${name}@${root.digest} has indexes ${depth} deep and ${documents.size} manifests`,
        rule: `an image has at most ${MOST} manifests, at most ${DEEPEST} deep`,
      })
    }
    switch (content.kind) {
      case 'image':
        for (const blob of [content.config, ...content.layers]) {
          if (!isForeign(blob)) blobs.set(blob.digest, blob)
        }
        break
      case 'index':
        for (const { digest, platform } of content.manifests) {
          const text = platformText(platform)
          if (text !== undefined) platforms.push(text)
          if (!documents.has(digest)) await visit(await load(digest), depth + 1)
        }
        break
      default:
        content satisfies never
    }
    documents.set(document.digest, document)
  }
  await visit(root, 1)
  return {
    root,
    documents: [...documents.values()],
    blobs: [...blobs.values()],
    platforms: [...new Set(platforms)],
  }
}
