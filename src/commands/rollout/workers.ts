import { parseImageReference, shortDigest } from '../../domain/digest.ts'
import type { ImagesFile } from '../../domain/images.ts'
import { message } from '../../runtime/events.ts'
import { persist } from './failure.ts'
import type { Site } from './site.ts'

/** Time for all of them, milliseconds. */
const PINNING = 120_000

/**
 * Says to the machines of every worker which image they run from their next boot on: that of the last build. A machine that works
 * goes on with what it has. Where the cloud has no workers of its own, nothing is done.
 */
export async function pinWorkers(
  { system, provider, runtime }: Pick<Site, 'system' | 'provider' | 'runtime'>,
  built: ImagesFile['images'] | undefined,
): Promise<void> {
  const { workers } = provider
  if (workers === undefined) return
  const limits = { deadline: runtime.clock.now() + PINNING, signal: runtime.signals.cancelled }
  for (const { name, image } of Object.values(system.workers)) {
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
