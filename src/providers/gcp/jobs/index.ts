import type { Named } from '../../../domain/named.ts'
import type { Pipeline } from '../../../domain/step.ts'
import type { Targets } from '../../../domain/targets.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import type { JobEngine } from '../../ports/jobs.ts'
import type { ObjectStore } from '../../ports/objects.ts'
import type { GcpClient } from '../client.ts'
import type { Place } from '../place.ts'
import { CloudRunJobs } from './engine.ts'
import { jobRecords } from './record.ts'

export interface JobsParts {
  readonly runtime: Runtime
  readonly client: GcpClient
  readonly objects: ObjectStore
  readonly targets: () => Promise<Targets>
  readonly place: Place
  readonly pipelines: Named<Pipeline>
}

/** Steps of pipelines on Google Cloud: engine `cloud-run`; others are refused by name. */
export function openJobs({ objects, place, ...parts }: JobsParts): JobEngine {
  const records = jobRecords(objects, place.ledgerBucket)
  return new CloudRunJobs({ ...parts, records, project: place.project })
}
