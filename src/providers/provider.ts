/**
 * A cloud, as the set of its ports. The ports are in our words, one a file under ports/; a provider is one folder that
 * implements them, and no type of an SDK crosses this line. Every provider passes the suites in test/contract.
 */
import type { Secret } from '../domain/secret.ts'
import type { Targets } from '../domain/stacks/targets.ts'
import type { System } from '../domain/system/system.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { Billing } from './ports/billing.ts'
import type { ImageStore } from './ports/images.ts'
import type { JobEngine } from './ports/jobs.ts'
import type { Machine } from './ports/machine.ts'
import type { ModelRegistry } from './ports/models.ts'
import type { ObjectStore } from './ports/objects.ts'
import type { Observer } from './ports/observer.ts'
import type { Operations } from './ports/operations.ts'
import type { Reaper } from './ports/reaper.ts'
import type { ServiceHost } from './ports/services.ts'
import type { Upkeep } from './ports/upkeep.ts'
import type { WorkerImages } from './ports/workers.ts'

export interface ProviderContext {
  readonly runtime: Runtime
  readonly system: System
  /** Absolute path of the folder that holds sluice.yml. */
  readonly root: string
  /** Absolute path of `.sluice/<env>`. */
  readonly state: string
}

export interface Provider {
  readonly images: ImageStore
  readonly services: ServiceHost
  readonly operations: Operations
  readonly jobs: JobEngine
  readonly objects: ObjectStore
  readonly models: ModelRegistry
  /** What shows a service at this URL who calls, where it answers nobody else; undefined where we have nothing to show. */
  bearer?(url: string): Promise<Secret | undefined>
  /** Where machines of workers ask which image they run. */
  readonly workers?: WorkerImages
  /** Where the cloud measures what it runs; otherwise checks look at HTTP answers alone. */
  readonly observer?: Observer
  /** Only where the cloud is this machine: `sluice up` and `sluice down`. */
  readonly machine?: Machine
  /** Where the cloud can tidy up after itself; otherwise its own lifecycle rules do. */
  readonly upkeep?: Upkeep
  /** Where the cloud tells what it has put on the bill. */
  readonly billing?: Billing
  /** Where jobs run on what costs by the minute. */
  readonly reaper?: Reaper
  /** Where the parts of this environment are. */
  targets(): Promise<Targets>
  close(): Promise<void>
}
