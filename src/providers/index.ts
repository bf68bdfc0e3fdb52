import type { Cloud } from '../domain/system.ts'
import type { Provider, ProviderContext } from './provider.ts'

/** The only list of clouds. Each is loaded when it is first used, so that no command pays for another cloud's SDK. */
export async function openProvider(cloud: Cloud, context: ProviderContext): Promise<Provider> {
  switch (cloud) {
    case 'local':
      return (await import('./local/index.ts')).openLocal(context)
    case 'aws':
    case 'gcp': {
      const { usageError } = await import('../domain/error.ts')
      throw usageError({
        what: `cloud ${cloud} of environment ${context.system.environment.name} cannot run services yet`,
        rule: 'this version carries a system on cloud local',
        remedy: 'use an environment with "cloud: local"',
      })
    }
    default:
      return cloud satisfies never
  }
}
