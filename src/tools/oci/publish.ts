import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { canonicalJson } from '../../domain/canonical.ts'
import { digestOf } from '../../domain/digest.ts'
import type { Clock } from '../../runtime/runtime.ts'
import { type Disk, diskProblem, realDisk } from './disk.ts'
import type { Descriptor, ImageConfig, ImageIndex, Manifest } from './documents.ts'
import { type Compression, type LayerEntry, type LayerResult, writeLayer } from './layer.ts'
import { keepBlob, type Layout, openStaging, readIndex, sweepStaging } from './layout.ts'
import { CONFIG, INDEX, MANIFEST, REF_NAME } from './media-types.ts'

export interface NewImage {
  readonly layer: readonly LayerEntry[]
  readonly compression: Compression
  readonly os: string
  readonly architecture: string
  readonly config: NonNullable<ImageConfig['config']>
  /** What made the layer, for `history`. */
  readonly createdBy: string
  readonly tag: string
  /** Of the index entry. */
  readonly annotations: Readonly<Record<string, string>>
}

export interface PublishOptions {
  readonly clock: Clock
  /** Runs work while nobody else, in any process, runs with the same lock file. */
  readonly lock: <T>(path: string, work: () => Promise<T>) => Promise<T>
  readonly disk?: Disk
  readonly onBytes?: (bytes: number) => void
  /** Asked after the layer was read and before anything is visible; throws to publish nothing. */
  readonly confirm?: () => Promise<void>
  readonly signal?: AbortSignal
}

/** A publisher that has not touched its staging for a day is gone. */
const FORGOTTEN = 86_400_000

/**
 * Writes an image of one layer into the layout: blobs first, the index last, by rename. Whoever reads meanwhile sees the
 * layout before or after, never between; several publishers at once lose nothing of each other.
 *
 * @throws SluiceError external where the disk is full; nothing is left behind then.
 */
export async function publishImage(
  layout: Layout,
  image: NewImage,
  options: PublishOptions,
): Promise<Descriptor> {
  const disk = options.disk ?? realDisk
  let staging: string | undefined
  try {
    staging = await openStaging(layout)
    const layer = await writeStaged(disk, join(staging, 'layer'), image, options)
    await options.confirm?.()
    const config = documentOf(CONFIG, configOf(image, layer))
    const manifest = documentOf(MANIFEST, manifestOf(config.descriptor, layer))
    for (const [name, { bytes }] of Object.entries({ config, manifest })) {
      const file = await disk.create(join(staging, name))
      await written(file, () => file.write(bytes))
    }
    await keepBlob(layout, join(staging, 'layer'), layer.digest)
    await keepBlob(layout, join(staging, 'config'), config.descriptor.digest)
    await keepBlob(layout, join(staging, 'manifest'), manifest.descriptor.digest)
    const descriptor: Descriptor = {
      ...manifest.descriptor,
      platform: { os: image.os, architecture: image.architecture },
      annotations: { ...image.annotations, [REF_NAME]: image.tag },
    }
    await addToIndex(layout, descriptor, options, disk)
    await sweepStaging(layout, options.clock.now() - FORGOTTEN)
    return descriptor
  } catch (error) {
    throw diskProblem(error, layout.folder)
  } finally {
    if (staging !== undefined) await rm(staging, { recursive: true, force: true })
  }
}

async function writeStaged(
  disk: Disk,
  path: string,
  image: NewImage,
  { onBytes, signal }: PublishOptions,
): Promise<LayerResult> {
  const file = await disk.create(path)
  return written(file, () =>
    writeLayer(
      image.layer,
      image.compression,
      async (bytes) => {
        await file.write(bytes)
        onBytes?.(bytes.length)
      },
      signal,
    ),
  )
}

async function written<T>(
  file: { close(): Promise<void>; abandon(): Promise<void> },
  work: () => Promise<T>,
): Promise<T> {
  let result: T
  try {
    result = await work()
  } catch (error) {
    await file.abandon()
    throw error
  }
  await file.close()
  return result
}

/** Canonical, so that equal content is equal bytes. */
function documentOf(mediaType: string, value: unknown): { bytes: Buffer; descriptor: Descriptor } {
  const bytes = Buffer.from(canonicalJson(value))
  return { bytes, descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length } }
}

function configOf(image: NewImage, layer: LayerResult): ImageConfig {
  return {
    os: image.os,
    architecture: image.architecture,
    config: image.config,
    rootfs: { type: 'layers', diff_ids: [layer.diffId] },
    history: [{ created_by: image.createdBy }],
  }
}

function manifestOf(config: Descriptor, { mediaType, digest, size }: LayerResult): Manifest {
  return {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: { ...config, mediaType: CONFIG },
    layers: [{ mediaType, digest, size }],
  }
}

/** A tag names one manifest: an older one of the same tag loses it, and goes, unless it has another name. */
function withImage(index: ImageIndex | undefined, descriptor: Descriptor): ImageIndex {
  const tag = descriptor.annotations?.[REF_NAME]
  const others = (index?.manifests ?? []).filter((other) => other.annotations?.[REF_NAME] !== tag)
  return { schemaVersion: 2, mediaType: INDEX, ...index, manifests: [...others, descriptor] }
}

async function addToIndex(
  layout: Layout,
  descriptor: Descriptor,
  { lock }: PublishOptions,
  disk: Disk,
): Promise<void> {
  await mkdir(layout.folder, { recursive: true })
  await lock(join(layout.folder, 'index.lock'), async () => {
    await replaceFile(disk, join(layout.folder, 'oci-layout'), { imageLayoutVersion: '1.0.0' })
    await replaceFile(disk, join(layout.folder, 'index.json'), withImage(await readIndex(layout), descriptor))
  })
}

async function replaceFile(disk: Disk, path: string, value: unknown): Promise<void> {
  const text = `${JSON.stringify(value, undefined, 2)}\n`
  if ((await readFile(path, 'utf8').catch(() => undefined)) === text) return
  const beside = `${path}.${randomUUID()}`
  try {
    const file = await disk.create(beside)
    await written(file, () => file.write(Buffer.from(text)))
    await rename(beside, path)
  } finally {
    await rm(beside, { force: true })
  }
}
