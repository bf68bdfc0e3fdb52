import { join } from 'node:path'
import { usageError } from '../../domain/error.ts'
import type { ImageRecord, ImagesFile } from '../../domain/system/images.ts'
import type { Files } from '../../runtime/runtime.ts'

const EMPTY: ImagesFile = { schema: 'sluice.images/v1', images: {} }

export function imagesPath(state: string): string {
  return join(state, 'images.json')
}

/** @throws SluiceError usage for a file that is not ours. */
export async function readImagesFile(files: Files, state: string): Promise<ImagesFile> {
  const path = imagesPath(state)
  const bytes = await files.read(path)
  if (bytes === undefined) return EMPTY
  const { imagesFileSchema } = await import('../../domain/system/images.ts')
  try {
    return imagesFileSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')))
  } catch (cause) {
    throw usageError(
      {
        what: `${path} is damaged, or of a newer version`,
        remedy: 'remove it and build again: it holds nothing else',
      },
      cause,
    )
  }
}

/**
 * The file after a build: these records in place of the older ones, fields we do not know kept, images that sluice.yml no
 * longer names gone.
 */
export function withImages(
  before: ImagesFile,
  records: Readonly<Record<string, ImageRecord>>,
  names: readonly string[],
): ImagesFile {
  const images: Record<string, ImageRecord> = {}
  for (const name of names) {
    const old = before.images[name]
    const now = records[name]
    if (now !== undefined) images[name] = old?.digest === now.digest ? { ...old, ...now } : now
    else if (old !== undefined) images[name] = old
  }
  return { ...before, images }
}
