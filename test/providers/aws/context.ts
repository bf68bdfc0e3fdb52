import type { System } from '../../../src/domain/system/system.ts'
import type { ProviderContext } from '../../../src/providers/provider.ts'
import { nodeRuntime } from '../../../src/runtime/node/index.ts'

/** An environment on this machine's network, as far as a state store looks at it. */
export function contextOf(
  place: { readonly account?: string; readonly project?: string; readonly region: string },
  env: Readonly<Record<string, string | undefined>>,
): ProviderContext {
  const environment = { name: 'production', cloud: place.project === undefined ? 'aws' : 'gcp', ...place }
  return {
    runtime: nodeRuntime({ emit: () => {} }, { cancelled: new AbortController().signal }, '/', env),
    system: { name: 'films', environment } as unknown as System,
    root: '/',
    state: '/',
  }
}
