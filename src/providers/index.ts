import type { Cloud } from '../domain/system/system.ts'
import type { StateStore } from './ports/states.ts'
import type { Provider, ProviderContext } from './provider.ts'

/** The only list of clouds. Each is loaded when it is first used, so that no command pays for another cloud's SDK. */
export async function openProvider(cloud: Cloud, context: ProviderContext): Promise<Provider> {
  switch (cloud) {
    case 'local':
      return (await import('./local/index.ts')).openLocal(context)
    case 'aws': {
      const [{ openAws }, { openSystemRegistry }] = await Promise.all([
        import('./aws/index.ts'),
        import('../mlflow/system-registry.ts'),
      ])
      return openAws(context, openSystemRegistry)
    }
    case 'gcp': {
      const [{ openGcp }, { openSystemRegistry }] = await Promise.all([
        import('./gcp/index.ts'),
        import('../mlflow/system-registry.ts'),
      ])
      return openGcp(context, openSystemRegistry)
    }
    default:
      return cloud satisfies never
  }
}

/** Where the states of an environment lie; undefined for the cloud that has none. */
export async function openStateStore(
  cloud: Cloud,
  context: ProviderContext,
): Promise<StateStore | undefined> {
  switch (cloud) {
    case 'local':
      return undefined
    case 'aws':
      return (await import('./aws/state-store.ts')).openAwsStateStore(context)
    case 'gcp':
      return (await import('./gcp/state-store.ts')).openGcpStateStore(context)
    default:
      return cloud satisfies never
  }
}
