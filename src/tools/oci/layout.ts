import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type * as z from 'zod'
import { type Digest, digestOf, hexOf } from '../../domain/digest.ts'
import { externalError } from '../../domain/error.ts'
import {
  configSchema,
  type Descriptor,
  type ImageConfig,
  type ImageIndex,
  indexSchema,
  type Manifest,
  manifestSchema,
} from './documents.ts'
import { verifiedBytes } from './verify.ts'

/**
 * An image layout on disk: `oci-layout`, `index.json`, `blobs/sha256/<hex>`.
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md
 */
export interface Layout {
  /** Absolute path of its folder. */
  readonly folder: string
}

/** Configs and manifests are small; what claims more is not one. */
const DOCUMENT_LIMIT = 4 * 1024 * 1024

export function blobPath(layout: Layout, digest: Digest): string {
  return join(layout.folder, 'blobs', 'sha256', hexOf(digest))
}

/** undefined where there is no layout yet. */
export async function readIndex(layout: Layout): Promise<ImageIndex | undefined> {
  const path = join(layout.folder, 'index.json')
  try {
    return indexSchema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw damaged(layout, `${path} cannot be read: ${(cause as Error).message}`, cause)
  }
}

export interface ReadImage {
  readonly descriptor: Descriptor
  readonly manifest: Manifest
  readonly config: ImageConfig
}

/**
 * Manifest and config of an image, each held against its digest.
 * @throws SluiceError external, naming the blob, where something is missing or damaged.
 */
export async function readImage(layout: Layout, descriptor: Descriptor): Promise<ReadImage> {
  const manifest = await readDocument(layout, descriptor, manifestSchema)
  const config = await readDocument(layout, manifest.config, configSchema)
  if (config.rootfs.diff_ids.length !== manifest.layers.length) {
    throw damaged(layout, `manifest ${descriptor.digest} has other layers than its config`)
  }
  return { descriptor, manifest, config }
}

async function readDocument<T extends z.ZodType>(
  layout: Layout,
  { digest, size }: Descriptor,
  schema: T,
): Promise<z.infer<T>> {
  const path = blobPath(layout, digest)
  let bytes: Buffer
  try {
    bytes = await readFile(path)
  } catch (cause) {
    throw damaged(layout, `blob ${digest} cannot be read: ${(cause as Error).message}`, cause)
  }
  if (bytes.length !== size || size > DOCUMENT_LIMIT || digestOf(bytes) !== digest) {
    throw damaged(layout, `blob ${digest} is damaged: its bytes have another digest`)
  }
  try {
    return schema.parse(JSON.parse(bytes.toString('utf8')))
  } catch (cause) {
    throw damaged(layout, `blob ${digest} is not what its media type says`, cause)
  }
}

/** The bytes of a blob; the last of them only comes when all of them have the right digest. */
export function readBlob(layout: Layout, { digest, size }: Descriptor): AsyncIterable<Uint8Array> {
  const bytes = createReadStream(blobPath(layout, digest))
  return verifiedBytes(bytes, { digest, size }, (what, cause) => damaged(layout, what, cause))
}

/** Whether a blob is there with its size, without reading it. */
export async function hasBlob(layout: Layout, { digest, size }: Descriptor): Promise<boolean> {
  try {
    const found = await stat(blobPath(layout, digest))
    return found.isFile() && found.size === size
  } catch {
    return false
  }
}

/** A folder for blobs on their way in, on the same disk. Whoever opens it removes it. */
export async function openStaging(layout: Layout): Promise<string> {
  const folder = join(layout.folder, `.incoming-${randomUUID()}`)
  await mkdir(folder, { recursive: true })
  return folder
}

/** Names what lies in staging under `file` as a blob. A damaged one of that name is replaced by it. */
export async function keepBlob(layout: Layout, staged: string, digest: Digest): Promise<void> {
  await mkdir(join(layout.folder, 'blobs', 'sha256'), { recursive: true })
  await rename(staged, blobPath(layout, digest))
}

/** Removes what a killed publisher left behind: staging folders that have not changed since `before`. */
export async function sweepStaging(layout: Layout, before: number): Promise<void> {
  const names = await readdir(layout.folder).catch(() => [])
  for (const name of names.filter((other) => other.startsWith('.incoming-'))) {
    const folder = join(layout.folder, name)
    const found = await stat(folder).catch(() => undefined)
    if (found !== undefined && found.mtimeMs < before) await rm(folder, { recursive: true, force: true })
  }
}

export function damaged(layout: Layout, what: string, cause?: unknown): Error {
  return externalError(
    'user',
    {
      what: `image layout ${layout.folder}: ${what}`,
      remedy: `remove ${layout.folder} and build again`,
    },
    cause,
  )
}
