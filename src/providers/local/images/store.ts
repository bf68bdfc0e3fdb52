import { type Digest, parseImageReference } from '../../../domain/digest.ts'
import type { ImageRecord } from '../../../domain/system/images.ts'
import type { Image } from '../../../domain/system/system.ts'
import { message } from '../../../runtime/events.ts'
import type { Disk } from '../../../tools/oci/disk.ts'
import type { Descriptor } from '../../../tools/oci/documents.ts'
import { fingerprintTag } from '../../../tools/oci/fingerprint-tag.ts'
import { hasBlob, type Layout, readBlob, readImage, readIndex } from '../../../tools/oci/layout.ts'
import { FINGERPRINT, REF_NAME } from '../../../tools/oci/media-types.ts'
import type { ImageStore } from '../../ports/images.ts'
import type { ProviderContext } from '../../provider.ts'
import { imageOfRepository, layoutOf, referenceOf } from './places.ts'
import { publishBuilt, publishMirrored } from './publish.ts'

export interface ImagesOptions {
  /** Only for tests: a disk that fails. */
  readonly disk?: Disk
}

/** The images of an environment on cloud `local`: OCI layouts on disk, made without a container engine. */
export function openImages(context: ProviderContext, options: ImagesOptions = {}): ImageStore {
  const { runtime, system, state } = context
  const record = (
    name: string,
    fingerprint: Digest,
    found: Descriptor,
    how: ImageRecord['how'],
  ): ImageRecord => ({
    reference: referenceOf(system.name, name, found.digest),
    digest: found.digest,
    fingerprint,
    tag: found.annotations?.[REF_NAME] ?? fingerprintTag(fingerprint),
    platforms: found.platform === undefined ? [] : [`${found.platform.os}/${found.platform.architecture}`],
    how,
  })

  return {
    async find(name, fingerprint) {
      const layout = layoutOf(state, name)
      const index = await readIndex(layout)
      const found = index?.manifests.find(
        ({ annotations }) => annotations?.[FINGERPRINT] === (fingerprint as string),
      )
      if (found === undefined) return undefined
      const trouble = await troubleOf(layout, found)
      if (trouble === undefined) return record(name, fingerprint, found, 'known')
      runtime.log.emit(message('warning', `image ${name} is built again: ${trouble}`))
      return undefined
    },

    async publish(image, fingerprint) {
      const found = await withProgress(context, image, () =>
        image.kind === 'build'
          ? publishBuilt(context, image, fingerprint, options)
          : publishMirrored(context, image, fingerprint, options),
      )
      return record(image.name, fingerprint, found, image.kind === 'build' ? 'built' : 'mirrored')
    },

    async inspect(reference) {
      const parsed = parseImageReference(reference)
      const name = parsed === undefined ? undefined : imageOfRepository(system.name, parsed.repository)
      if (parsed === undefined || name === undefined) return undefined
      const layout = layoutOf(state, name)
      const index = await readIndex(layout)
      const found = index?.manifests.find(({ digest }) => digest === parsed.digest)
      if (found === undefined) return undefined
      const { manifest, config } = await readImage(layout, found)
      for (const layer of manifest.layers) await readThrough(readBlob(layout, layer))
      return {
        digest: found.digest,
        size: manifest.layers.reduce((sum, { size }) => sum + size, found.size + manifest.config.size),
        platforms: [`${config.os}/${config.architecture}`],
        labels: config.config?.Labels ?? {},
      }
    },
  }
}

/** What is wrong with an image that the index names, without reading its layers. */
async function troubleOf(layout: Layout, found: Descriptor): Promise<string | undefined> {
  try {
    const { manifest } = await readImage(layout, found)
    for (const layer of manifest.layers) {
      if (!(await hasBlob(layout, layer))) return `blob ${layer.digest} is missing or cut off`
    }
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

async function readThrough(bytes: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of bytes);
}

async function withProgress<T>(
  { runtime }: ProviderContext,
  image: Image,
  work: () => Promise<T>,
): Promise<T> {
  const task = `image ${image.name}`
  const tell = (state: 'running' | 'done' | 'failed', text: string): void =>
    runtime.log.emit({ kind: 'progress', task, state, text })
  tell('running', `building ${image.name}`)
  try {
    const result = await work()
    tell('done', `built ${image.name}`)
    return result
  } catch (error) {
    tell('failed', `${image.name} was not built`)
    throw error
  }
}
