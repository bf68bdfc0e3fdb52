import type { Targets } from '../../domain/stacks/targets.ts'
import type { ObjectStore } from '../ports/objects.ts'
import type { ServiceHost } from '../ports/services.ts'
import type { ProviderContext } from '../provider.ts'
import type { Balanced } from './services/balanced.ts'
import { ecsPace } from './services/pace.ts'
import { type AwsSession, settingsFor } from './session.ts'
import { openUnits } from './units.ts'
import type { Fleet } from './workers/fleet.ts'
import type { AwsWorkers } from './workers/images.ts'

/** What releases of workers need. */
export interface WorkerParts {
  readonly workers: AwsWorkers
  readonly fleet: Fleet
  readonly objects: Pick<ObjectStore, 'read' | 'write'>
}

export interface AwsServices extends ServiceHost {
  /** Where the requests of a revision are counted. */
  balanced(service: string, revision: string): Promise<Balanced | undefined>
  close(): void
}

/** Services of ECS, functions of Lambda and workers; a client is loaded when the first of its kind is asked for. */
export function openServices(
  context: ProviderContext,
  session: AwsSession,
  targets: () => Promise<Targets>,
  { workers: images, fleet, objects }: WorkerParts,
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
  const loadWorkers = async () => {
    const [{ WorkerHost }, { openWorkerRecords }, { openReports }] = await Promise.all([
      import('./workers/host.ts'),
      import('./workers/records.ts'),
      import('./workers/reports.ts'),
    ])
    const records = openWorkerRecords(objects, async () => (await targets()).ledger)
    const { runtime, system } = context
    const reports = openReports(session, context.runtime)
    return { reports, host: new WorkerHost({ runtime, system, images, fleet, reports, records }) }
  }
  let machines: ReturnType<typeof loadWorkers> | undefined
  const workers = async (): Promise<ServiceHost> => {
    machines ??= loadWorkers()
    return (await machines).host
  }
  return {
    ...openUnits(ecsPace(context.runtime.env), context.system, targets, { ecs, lambda, workers }),
    balanced: async (...which) => (await ecs()).balanced(...which),
    close: () => {
      const end = async (): Promise<void> => {
        const services = await opened
        services?.client.destroy()
        services?.logs.destroy()
        const lambdas = await functions
        lambdas?.api.close()
        const fleets = await machines
        fleets?.reports.close()
      }
      void end().catch(() => {})
    },
  }
}
