import type { Targets } from '../../domain/stacks/targets.ts'
import type { ModelRegistry } from '../ports/models.ts'
import type { Provider, ProviderContext } from '../provider.ts'
import { openEcrImages } from './images.ts'
import { openAwsJobs } from './jobs/index.ts'
import { openAwsReaper } from './jobs/reaper.ts'
import { openS3Objects } from './objects.ts'
import { openObserver } from './observer.ts'
import { openAwsOperations } from './operations/index.ts'
import { openQueryApi } from './query.ts'
import { openServices } from './service-host.ts'
import { awsSession, steadfast } from './session.ts'
import { readTargets } from './targets.ts'
import { openFleet } from './workers/fleet.ts'
import { openWorkers } from './workers/images.ts'

/** Opens the registry of models, which is no part of a cloud, where targets.json says. */
export type OpenModels = (context: ProviderContext, targets: () => Promise<Targets>) => ModelRegistry

/** Cloud `aws`. Nothing is called, and no client loaded, before a port needs it. */
export function openAws(context: ProviderContext, openModels: OpenModels): Provider {
  const session = awsSession(context)
  const objects = openS3Objects(session, context.runtime)
  let read: Promise<Targets> | undefined
  const targets = (): Promise<Targets> => {
    read ??= readTargets(context, session.account, objects)
    return read
  }
  const images = openEcrImages(context, session, targets)
  const workers = openWorkers({ session, runtime: context.runtime, targets })
  const fleet = openFleet(openQueryApi(session, context.runtime), session, targets)
  const services = openServices(context, session, targets, { workers, fleet, objects })
  const { balanced } = services
  const observer = openObserver({ session, clock: context.runtime.clock, targets, balanced })
  const parts = { context, session, targets, objects }
  const operations = openAwsOperations({ ...parts, workers })
  const toTheEnd = steadfast(session)
  const jobObjects = openS3Objects(toTheEnd, context.runtime)
  const reaper = openAwsReaper(parts)
  const jobs = openAwsJobs({ ...parts, session: toTheEnd, objects: jobObjects })
  return {
    images,
    objects,
    services,
    operations,
    jobs,
    observer,
    workers: { ...workers, template: (worker) => fleet.template(worker) },
    reaper,
    // Of no use to most commands, and loaded by the one that asks.
    billing: {
      billed: async (...days) => (await import('./billing.ts')).openBilling(context, session).billed(...days),
    },
    models: openModels(context, targets),
    targets,
    close: async () => {
      await images.close()
      services.close()
      observer.close()
      workers.close()
      operations.close()
      jobs.close()
      reaper.close()
      jobObjects.close()
      objects.close()
    },
  }
}
