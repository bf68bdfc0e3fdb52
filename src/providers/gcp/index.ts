import { join } from 'node:path'
import type { ImageReference } from '../../domain/digest.ts'
import type { Targets } from '../../domain/stacks/targets.ts'
import { imagesFileSchema } from '../../domain/system/images.ts'
import type { System } from '../../domain/system/system.ts'
import type { ModelRegistry } from '../ports/models.ts'
import type { Provider, ProviderContext } from '../provider.ts'
import { openAccess } from './access.ts'
import { type GcpClient, openClient } from './client.ts'
import { openRegistryImages } from './images.ts'
import { openJobs } from './jobs/index.ts'
import { lastLines, logPlace, readLogs } from './logs.ts'
import { openObjects } from './objects.ts'
import { openObserver } from './observer.ts'
import { openDatabases } from './operations/databases.ts'
import { openMachines } from './operations/machines.ts'
import { placeOf } from './place.ts'
import { CloudRunHost } from './services/host.ts'
import { Switches } from './services/switches.ts'
import { targetsReader } from './targets.ts'
import { openWorkerImages } from './workers.ts'

/** Opens the registry of models, which is no part of a cloud, where targets.json says. */
export type OpenModels = (context: ProviderContext, targets: () => Promise<Targets>) => ModelRegistry

/** Lines of a revision that did not start, which stand in the reason. */
const LAST_LINES = 4

/** Cloud `gcp`: REST alone, nothing is asked before a port needs it. */
export function openGcp(context: ProviderContext, openModels: OpenModels): Provider {
  const { runtime, system } = context
  const place = placeOf(system)
  const access = openAccess(runtime, place.project)
  const client = openClient(runtime, access)
  const objects = openObjects(client)
  const targets = targetsReader(context, place, objects)
  const images = openRegistryImages(context, place.project, targets)
  const logsOf = async (service: string) => logPlace(service, (await targets()).logs[service])
  const host = new CloudRunHost({
    runtime,
    client,
    access,
    targets,
    services: system.services,
    built: (image) => builtImage(context, image),
    lastLines: async (service, revision) => lastLines(client, await logsOf(service), revision, LAST_LINES),
  })
  const databases = openDatabases(client, runtime, place.project, targets)
  const workers = openWorkerImages(objects, targets)
  const machines = openMachines(client, targets, workers)
  const switches = new Switches(runtime, host, system.services)
  return {
    images,
    objects,
    services: host,
    operations: {
      async *logs(service, query) {
        yield* readLogs(client, runtime.clock, await logsOf(service), query)
      },
      pause: (service) => switches.pause(service),
      resume: (service) => switches.resume(service),
      restart: (service) => switches.restart(service),
      rest: {
        pause: async () => [...(await machines.stop()), ...named('stopping', await databases.stop())],
        resume: async () => [...named('started', await databases.start()), ...(await machines.start())],
        stopped: () => databases.stopped(),
        machines: () => machines.status(runtime.clock.now()),
      },
    },
    ...openJobs({ runtime, access, objects: openObjects, targets, place, system }),
    models: openModels(context, targets),
    workers,
    bearer: (url) => access.identity(new URL(url).origin),
    observer: openObserver({
      client,
      clock: runtime.clock,
      targets,
      project: place.project,
      revisionName: (service, revision) => host.nameOf(service, revision),
    }),
    ...billingOf(client, system, place.project),
    targets,
    close: () => images.close(),
  }
}

/** Only where sluice.yml says which table is the export. */
function billingOf(client: GcpClient, system: System, project: string): Pick<Provider, 'billing'> {
  const { billingExport: table } = system.environment
  if (table === undefined) return {}
  const open = async () => (await import('./billing.ts')).openBilling(client, { project, table, system })
  return { billing: { billed: async (...days) => (await open()).billed(...days) } }
}

const named = (how: string, names: readonly string[]): readonly string[] =>
  names.map((name) => `${name} ${how}`)

/** The image as the last build left it; undefined where there was none on this machine. */
async function builtImage(
  { runtime, state }: ProviderContext,
  name: string,
): Promise<ImageReference | undefined> {
  const bytes = await runtime.files.read(join(state, 'images.json'))
  if (bytes === undefined) return undefined
  return imagesFileSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8'))).images[name]?.reference
}
