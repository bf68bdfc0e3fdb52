import type { Targets } from '../../domain/stacks/targets.ts'
import type { RegistryImageStore } from '../../images/store.ts'
import type { ImageStore } from '../ports/images.ts'
import type { ProviderContext } from '../provider.ts'
import { type AwsSession, settingsFor } from './session.ts'

export interface EcrImages extends Required<ImageStore> {
  close(): Promise<void>
}

/** Images in ECR: the repositories are those that targets.json names, the login is the session's. */
export function openEcrImages(
  context: ProviderContext,
  session: AwsSession,
  targets: () => Promise<Targets>,
): EcrImages {
  let opened: Promise<RegistryImageStore> | undefined
  const open = async (): Promise<RegistryImageStore> => {
    // Only who works with images pays for a registry's client.
    const [{ openImageStore }, { parseReference }, { ecrLogins }] = await Promise.all([
      import('../../images/store.ts'),
      import('../../images/registry/reference.ts'),
      import('./ecr.ts'),
    ])
    const { registries } = await targets()
    const hosts = [...new Set(Object.values(registries).map((uri) => parseReference(uri).host))]
    // What answers for ECR at an address of its own has registries under names of its own.
    const elsewhere = settingsFor(session, 'ECR').endpoint !== undefined
    const credentials = ecrLogins(session, elsewhere ? { hosts } : {})
    return openImageStore({ ...context, registries, credentials, foundation: hosts })
  }
  const store = (): Promise<RegistryImageStore> => {
    opened ??= open()
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
