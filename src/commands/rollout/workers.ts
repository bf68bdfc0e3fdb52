import { type ImageReference, parseImageReference, shortDigest } from '../../domain/digest.ts'
import type { ImagesFile } from '../../domain/system/images.ts'
import { message } from '../../runtime/events.ts'
import { persist } from './failure.ts'
import type { Site } from './site.ts'

/** Time for all of them, milliseconds. */
const PINNING = 120_000

/** Workers that are a part of releases here. */
export function releasedWorkers({ services, workers }: Site['system']): readonly string[] {
  return Object.keys(workers).filter((name) => Object.hasOwn(services, name))
}

/** The images that workers have had since before they were a part of releases. */
export async function pinnedImages({
  system,
  provider,
}: Pick<Site, 'system' | 'provider'>): Promise<Readonly<Record<string, ImageReference>>> {
  const found: Record<string, ImageReference> = {}
  for (const name of releasedWorkers(system)) {
    const image = await provider.workers?.read(name)
    if (image !== undefined) found[name] = image
  }
  return found
}

/**
 * Says to the machines of every worker that is no part of the release which image they run from their next boot on: that of the
 * last build. A machine that works goes on with what it has. Where the cloud has no workers of its own, nothing is done.
 */
export async function pinWorkers(
  { system, provider, runtime }: Pick<Site, 'system' | 'provider' | 'runtime'>,
  built: ImagesFile['images'] | undefined,
): Promise<void> {
  const { workers } = provider
  if (workers === undefined) return
  const limits = { deadline: runtime.clock.now() + PINNING, signal: runtime.signals.cancelled }
  for (const { name, image } of Object.values(system.workers)) {
    if (Object.hasOwn(system.services, name)) continue
    const reference = image === undefined ? undefined : built?.[image]?.reference
    const digest = reference === undefined ? undefined : parseImageReference(reference)?.digest
    if (reference === undefined || digest === undefined) continue
    await persist(runtime, `telling worker ${name} its image`, limits, async () => {
      if ((await workers.read(name)) === reference) return
      await workers.write(name, reference)
      runtime.log.emit(message('info', `worker ${name} runs ${shortDigest(digest)} from its next start on`))
    })
  }
}
