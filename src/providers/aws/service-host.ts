import type { Targets } from '../../domain/targets.ts'
import type { ServiceHost } from '../ports/services.ts'
import type { ProviderContext } from '../provider.ts'
import type { Balanced } from './services/balanced.ts'
import { ecsPace } from './services/pace.ts'
import { type AwsSession, settingsFor } from './session.ts'
import { openUnits } from './units.ts'

export interface AwsServices extends ServiceHost {
  /** Where the requests of a revision are counted. */
  balanced(service: string, revision: string): Promise<Balanced | undefined>
  close(): void
}

/** Services of ECS and functions of Lambda; a client is loaded when the first of its kind is asked for. */
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
  const ecs = async (): Promise<Pick<AwsServices, 'balanced'> & ServiceHost> => {
    opened ??= load()
    return (await opened).host
  }
  const loadLambda = async () => {
    const [{ lambdaApi }, { LambdaFunctions }] = await Promise.all([
      import('./functions/api.ts'),
      import('./functions/host.ts'),
    ])
    const api = lambdaApi(session, context.runtime)
    const checks = Object.values(context.system.functions).flatMap(({ name, check }) =>
      check === undefined ? [] : [[name, check] as const],
    )
    return {
      api,
      host: new LambdaFunctions(api, context.runtime, targets, Object.fromEntries(checks)),
    }
  }
  let functions: ReturnType<typeof loadLambda> | undefined
  const lambda = async (): Promise<ServiceHost> => {
    functions ??= loadLambda()
    return (await functions).host
  }
  return {
    ...openUnits(ecsPace(context.runtime.env), context.system, targets, { ecs, lambda }),
    balanced: async (...which) => (await ecs()).balanced(...which),
    close: () => {
      const end = async (): Promise<void> => {
        const services = await opened
        services?.client.destroy()
        services?.logs.destroy()
        const lambdas = await functions
        lambdas?.api.close()
      }
      void end().catch(() => {})
    },
  }
}
