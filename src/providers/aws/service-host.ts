import type { Targets } from '../../domain/targets.ts'
import type { ServiceHost } from '../ports/services.ts'
import type { ProviderContext } from '../provider.ts'
import { ecsPace } from './services/pace.ts'
import { type AwsSession, settingsFor } from './session.ts'

/** Services of ECS; their client is loaded when the first one is asked for. */
export function openServices(
  context: ProviderContext,
  session: AwsSession,
  targets: () => Promise<Targets>,
): ServiceHost & { close(): void } {
  const load = async () => {
    const { ecsClient, openEcsServices } = await import('./services/index.ts')
    const client = ecsClient({ clients: settingsFor(session, 'ECS') })
    return { client, host: openEcsServices(context, client, targets) }
  }
  let opened: ReturnType<typeof load> | undefined
  const host = async (): Promise<ServiceHost> => {
    opened ??= load()
    return (await opened).host
  }
  return {
    pace: ecsPace(context.runtime.env),
    describe: async (service) => (await host()).describe(service),
    stage: async (spec) => (await host()).stage(spec),
    shift: async (...move) => (await host()).shift(...move),
    settle: async (...move) => (await host()).settle(...move),
    revert: async (...move) => (await host()).revert(...move),
    close: () => void opened?.then(({ client }) => client.destroy()).catch(() => {}),
  }
}
