import { text } from 'node:stream/consumers'
import { type ImageReference, parseImageReference } from '../../domain/digest.ts'
import { SluiceError } from '../../domain/error.ts'
import type { Targets } from '../../domain/stacks/targets.ts'
import type { ObjectStore } from '../ports/objects.ts'
import type { WorkerImages } from '../ports/workers.ts'

/** The image of a worker is the text of the object that its target names; the boot script reads it (cdktf/gcp/boot-script.ts). */
export function openWorkerImages(
  objects: Pick<ObjectStore, 'read' | 'write'>,
  targets: () => Promise<Targets>,
): WorkerImages {
  const placeOf = async (worker: string): Promise<string> => {
    const target = (await targets()).workers[worker]
    if (target?.kind === 'gce-worker' && target.image !== undefined) return target.image
    throw new SluiceError('stale', 'user', {
      what: `targets.json does not say where worker ${worker} asks for its image`,
      remedy: 'run "sluice plan", then "sluice apply"',
    })
  }
  return {
    async read(worker) {
      const found = await objects.read(await placeOf(worker))
      if (found === undefined) return undefined
      const reference = (await text(found.body)).trim()
      return parseImageReference(reference) === undefined ? undefined : (reference as ImageReference)
    },
    async write(worker, image) {
      await objects.write(await placeOf(worker), Buffer.from(image))
    },
  }
}
