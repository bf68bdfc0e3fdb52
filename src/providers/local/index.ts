import { join } from 'node:path'
import type { Provider, ProviderContext } from '../provider.ts'
import type { DaemonClient } from './client.ts'
import { type ClientParts, composeCloud } from './cloud.ts'
import { endDaemon } from './daemon/launch.ts'
import { containerSource, openImages } from './images/index.ts'
import type { EngineImages } from './jobs/container-run.ts'
import { openJobs } from './jobs/index.ts'
import { openModels } from './models/index.ts'
import { openObjects } from './objects/object-store.ts'
import { openUpkeep } from './upkeep/index.ts'

/** Cloud `local`: this machine. Nothing is started before a port needs it. */
export async function openLocal(context: ProviderContext): Promise<Provider> {
  const cloud = await composeCloud(context, async (client, folder) => partsOf(context, client, folder))
  const { runtime, state } = context
  const stopCloud = (): Promise<unknown> => endDaemon(runtime, state)
  return { ...cloud, upkeep: openUpkeep({ runtime, state, jobs: cloud.jobs, stopCloud }) }
}

function partsOf(context: ProviderContext, client: DaemonClient, folder: string): ClientParts {
  const { runtime, system, root } = context
  return {
    images: openImages(context),
    objects: openObjects({
      folder: join(folder, 'objects'),
      fileRoots: [root, folder],
      buckets: system.buckets,
      clock: runtime.clock,
    }),
    models: openModels({ runtime, folder: join(folder, 'models') }),
    jobs: openJobs({
      runtime,
      folder,
      containers: containerSource(context),
      docker: { images: enginesOwn(context), root },
      // Services are among the connections that the supervisor tells.
      variables: () => client.variables(),
    }),
  }
}

/** Loaded where a step asks for a container engine. */
function enginesOwn(context: ProviderContext): EngineImages {
  return {
    prepare: async (reference) =>
      (await import('./images/engine-images.ts')).engineImages(context).prepare(reference),
  }
}
