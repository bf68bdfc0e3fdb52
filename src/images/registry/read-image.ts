import type { Digest } from '../../domain/digest.ts'
import { configSchema } from '../../tools/oci/documents.ts'
import type { RemoteImage } from '../registry-port.ts'
import type { Blob, RemoteDocument } from './document.ts'
import { getManifest } from './manifests.ts'
import { statementsIn, statementsOn } from './referrers.ts'
import type { Session } from './session.ts'
import { registrySource } from './source.ts'
import { type Tree, treeOf } from './tree.ts'
import { corrupted } from './trouble.ts'
import { VerifiedBlob } from './verified-blob.ts'

export interface ReadOptions {
  /** Whether the layers are read as well, every byte held against its digest; default: not. */
  readonly layers?: boolean
}

/** An image as it is at the registry, held against its digests; undefined where there is no such digest. */
export async function readImage(
  session: Session,
  repository: string,
  digest: Digest,
  { layers = false }: ReadOptions = {},
): Promise<RemoteImage | undefined> {
  const root = await getManifest(session, repository, digest)
  if (root === undefined) return undefined
  const source = registrySource(session, repository)
  const tree = await treeOf(root, source.name, source.document)
  if (layers) {
    for (const blob of tree.blobs) {
      for await (const _ of new VerifiedBlob(blob, (a, b) => source.blob(blob, a, b), source.name).read(
        0,
        blob.size,
      ));
    }
  }
  const config = await configOf(session, tree, (blob) => source.blob(blob, 0, blob.size))
  return {
    digest,
    size: sizeOf(tree),
    platforms: tree.platforms.length > 0 ? tree.platforms : config.platforms,
    labels: config.labels,
    attestations: [
      ...statementsIn(tree.documents),
      ...(layers ? await statementsOn(session, repository, digest) : []),
    ],
  }
}

function sizeOf({ documents, blobs }: Tree): number {
  const manifests = documents.reduce((sum, { bytes }) => sum + bytes.length, 0)
  return blobs.reduce((sum, { size }) => sum + size, manifests)
}

const CONFIG_LIMIT = 8 * 1024 * 1024

/** Of the first manifest that is an image for people's machines; attestations have a config too. */
async function configOf(
  session: Session,
  { root, documents }: Tree,
  read: (blob: Blob) => AsyncIterable<Uint8Array>,
): Promise<Pick<RemoteImage, 'platforms' | 'labels'>> {
  const image = firstImage(root, documents)
  if (image?.content.kind !== 'image') return { platforms: [], labels: {} }
  const blob = image.content.config
  if (blob.size > CONFIG_LIMIT) throw corrupted(session.host, `config ${blob.digest} has ${blob.size} bytes`)
  const pieces: Uint8Array[] = []
  for await (const piece of new VerifiedBlob(blob, () => read(blob), session.host).read(0, blob.size)) {
    pieces.push(piece)
  }
  try {
    const { os, architecture, config } = configSchema
      .partial({ rootfs: true })
      .parse(JSON.parse(Buffer.concat(pieces).toString('utf8')))
    return { platforms: [`${os}/${architecture}`], labels: config?.Labels ?? {} }
  } catch (cause) {
    throw corrupted(session.host, `config ${blob.digest} is not what its media type says`, cause)
  }
}

function firstImage(root: RemoteDocument, documents: readonly RemoteDocument[]): RemoteDocument | undefined {
  if (root.content.kind === 'image') return root
  const first = root.content.manifests.find(({ platform }) => platform?.os !== 'unknown')
  const found = documents.find(({ digest }) => digest === first?.digest)
  return found === undefined || found === root ? undefined : firstImage(found, documents)
}
