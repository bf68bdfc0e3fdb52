import type { Targets } from '../../domain/targets.ts'
import type { ServiceHost } from '../ports/services.ts'
import type { ProviderContext } from '../provider.ts'
import type { Balanced } from './services/balanced.ts'
import { ecsPace } from './services/pace.ts'
import { type AwsSession, settingsFor } from './session.ts'

export interface AwsServices extends ServiceHost {
  /** Where the requests of a revision are counted. */
  balanced(service: string, revision: string): Promise<Balanced | undefined>
  close(): void
}

/** Services of ECS; their client is loaded when the first one is asked for. */
export function openServices(
  context: ProviderContext,
  session: AwsSession,
  targets: () => Promise<Targets>,
): AwsServices {
  const load = async () => {
    const { ecsClient, openEcsServices } = await import('./services/index.ts')
    const { CloudWatchLogsClient } = await import('./sdk/logs.ts')
    const client = ecsClient({ clients: settingsFor(session, 'ECS') })
    const logs = new CloudWatchLogsClient({
      ...settingsFor(session, 'CLOUDWATCH_LOGS'),
      maxAttempts: 1,
    })
    return { client, logs, host: openEcsServices(context, client, targets, logs) }
  }
  let opened: ReturnType<typeof load> | undefined
  const host = async (): Promise<Pick<AwsServices, 'balanced'> & ServiceHost> => {
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
    balanced: async (...which) => (await host()).balanced(...which),
    close: () => {
      const end = async (): Promise<void> => {
        const clients = await opened
        clients?.client.destroy()
        clients?.logs.destroy()
      }
      void end().catch(() => {})
    },
  }
}
