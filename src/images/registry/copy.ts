import type { Digest } from '../../domain/digest.ts'
import { hasBlob } from './blobs.ts'
import type { Blob } from './document.ts'
import { getManifest, headManifest, manifestGone, putManifest } from './manifests.ts'
import { inParallel } from './parallel.ts'
import { withPromptCollection } from './prompt-collection.ts'
import type { Session } from './session.ts'
import type { ImageSource } from './source.ts'
import { type Tree, treeOf } from './tree.ts'
import { type UploadOptions, uploadBlob } from './upload.ts'
import { VerifiedBlob } from './verified-blob.ts'

/** So many blobs move at once. Each holds a few pieces of a stream, so memory does not grow with their size. */
const AT_ONCE = 4

export interface CopyOptions {
  readonly chunk?: number
  /** Bytes that are there, out of all. */
  readonly onProgress?: (done: number, total: number) => void
}

export interface Copied {
  readonly digest: Digest
  /** Bytes that went over the wire; 0 where everything was there. */
  readonly moved: number
  readonly mounted: number
  readonly present: number
}

/**
 * Makes an image that is at the source be at the target under the same digest: blobs first, then its manifests, the root
 * last, then read back. What is there already does not move.
 */
export async function copyImage(
  source: ImageSource,
  digest: Digest,
  target: Session,
  repository: string,
  options: CopyOptions = {},
): Promise<Copied> {
  // A registry takes a manifest only with everything under it.
  if ((await headManifest(target, repository, digest)) !== undefined) {
    return { digest, moved: 0, mounted: 0, present: 0 }
  }
  const tree = await treeOf(await source.document(digest), source.name, source.document)
  const counts = await copyBlobs(source, tree, target, repository, options)
  for (const document of tree.documents) {
    if (document.digest !== digest && (await headManifest(target, repository, document.digest))) continue
    await putManifest(target, repository, document.digest, document)
  }
  // Read back whole: it comes under this digest, or not at all.
  if ((await getManifest(target, repository, digest)) === undefined) {
    throw manifestGone(target.host, repository, digest)
  }
  return { digest, ...counts }
}

async function copyBlobs(
  source: ImageSource,
  tree: Tree,
  target: Session,
  repository: string,
  { chunk, onProgress }: CopyOptions,
): Promise<Omit<Copied, 'digest'>> {
  const counts = { moved: 0, mounted: 0, present: 0 }
  const total = tree.blobs.reduce((sum, { size }) => sum + size, 0)
  let done = 0
  const tell = (bytes: number): void => {
    done = Math.min(total, done + bytes)
    onProgress?.(done, total)
  }
  const sibling = source.at?.host === target.host ? source.at.repository : undefined
  const mountFrom = sibling === repository ? undefined : sibling
  const upload: UploadOptions = {
    onBytes: (bytes) => {
      counts.moved += bytes
      tell(bytes)
    },
    ...(chunk === undefined ? {} : { chunk }),
    ...(mountFrom === undefined ? {} : { mountFrom }),
  }
  // The longest first: a long one that starts last would be waited for alone.
  const sorted = [...tree.blobs].sort((a, b) => b.size - a.size)
  const move = async (blob: Blob): Promise<void> => {
    if (await hasBlob(target, repository, blob)) {
      counts.present++
      return tell(blob.size)
    }
    const bytes = new VerifiedBlob(blob, (from, to) => source.blob(blob, from, to), source.name)
    if ((await uploadBlob(target, repository, blob, bytes, upload)) === 'mounted') {
      counts.mounted++
      tell(blob.size)
    }
  }
  await withPromptCollection(() => inParallel(sorted, AT_ONCE, move))
  return counts
}
