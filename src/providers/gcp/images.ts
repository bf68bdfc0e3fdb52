import type { Targets } from '../../domain/stacks/targets.ts'
import { parseReference } from '../../images/registry/reference.ts'
import { openImageStore, type RegistryImageStore } from '../../images/store.ts'
import type { ImageStore } from '../ports/images.ts'
import type { ProviderContext } from '../provider.ts'
import { artifactRegistryLogins } from './artifact-registry.ts'

export interface RegistryImages extends Required<ImageStore> {
  close(): Promise<void>
}

/** Images in Artifact Registry: the repositories are those that targets.json names. */
export function openRegistryImages(
  context: ProviderContext,
  project: string,
  targets: () => Promise<Targets>,
): RegistryImages {
  let opened: Promise<RegistryImageStore> | undefined
  const store = (): Promise<RegistryImageStore> => {
    opened ??= targets().then(({ registries }) => {
      const foundation = [...new Set(Object.values(registries).map((uri) => parseReference(uri).host))]
      const credentials = artifactRegistryLogins(context.runtime, { project })
      return openImageStore({ ...context, registries, credentials, foundation, remote: true })
    })
    return opened
  }
  return {
    find: async (name, fingerprint) => (await store()).find(name, fingerprint),
    publish: async (image, fingerprint) => (await store()).publish(image, fingerprint),
    resolve: async (reference) => (await store()).resolve(reference),
    inspect: async (reference, depth) => (await store()).inspect(reference, depth),
    close: async () => {
      await (await opened?.catch(() => undefined))?.close()
    },
  }
}
