import { join } from 'node:path'
import type { ImageReference } from '../../../domain/digest.ts'
import { usageError } from '../../../domain/error.ts'
import { type ImagesFile, imagesFileSchema } from '../../../domain/system/images.ts'
import type { Service } from '../../../domain/system/system.ts'
import type { ProviderContext } from '../../provider.ts'

/** The images of a service's sidecars, by container, as the last build left them in images.json. */
export async function sidecarImages(
  { runtime, state }: Pick<ProviderContext, 'runtime' | 'state'>,
  { sidecars }: Pick<Service, 'sidecars'>,
): Promise<Readonly<Record<string, ImageReference>>> {
  if (Object.keys(sidecars).length === 0) return {}
  const bytes = await runtime.files.read(join(state, 'images.json'))
  if (bytes === undefined) return {}
  const { images } = parsed(bytes)
  return Object.fromEntries(
    Object.entries(sidecars).flatMap(([container, { image }]) => {
      const reference = images[image]?.reference
      return reference === undefined ? [] : [[container, reference]]
    }),
  )
}

function parsed(bytes: Uint8Array): ImagesFile {
  try {
    return imagesFileSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')))
  } catch (cause) {
    throw usageError(
      {
        what: `images.json is not what Sluice wrote: ${(cause as Error).message}`,
        remedy: 'run "sluice build" again',
      },
      cause,
    )
  }
}
