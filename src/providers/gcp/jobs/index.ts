import { dashed } from '../../../domain/names/aws-names.ts'
import type { Targets } from '../../../domain/stacks/targets.ts'
import type { System } from '../../../domain/system/system.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import type { JobEngine } from '../../ports/jobs.ts'
import type { ObjectStore } from '../../ports/objects.ts'
import type { Reaper } from '../../ports/reaper.ts'
import type { Access } from '../access.ts'
import { type GcpClient, openClient } from '../client.ts'
import type { Place } from '../place.ts'
import { ClaimedJobs } from './claimed-jobs.ts'
import { CloudRunPlatform } from './cloud-run.ts'
import { openMachineReaper } from './machine-reaper.ts'
import { openJobReaper } from './reaper.ts'
import { jobRecords } from './record.ts'
import { VertexPlatform } from './vertex.ts'

export interface JobsParts {
  readonly runtime: Runtime
  readonly access: Access
  /** Where jobs are claimed, by a client of the jobs' own. */
  readonly objects: (client: GcpClient) => ObjectStore
  readonly targets: () => Promise<Targets>
  readonly place: Pick<Place, 'project' | 'ledgerBucket'>
  readonly system: Pick<System, 'name' | 'environment' | 'pipelines'>
  /** Milliseconds between two looks. @default 2 s */
  readonly pace?: number
}

/** Steps of pipelines on Google Cloud: engines `cloud-run` and `vertex`. */
export function openJobs({ objects, access, place, system, ...parts }: JobsParts): {
  readonly jobs: JobEngine
  readonly reaper: Reaper
} {
  const { runtime } = parts
  // A cancelled run has yet to stop its jobs, so a cancel ends none of these calls; each still gives up in its own time.
  const client = openClient({ ...runtime, signals: { cancelled: new AbortController().signal } }, access)
  const labels = {
    'sluice-system': dashed(system.name),
    'sluice-environment': dashed(system.environment.name),
  }
  const platforms = {
    'cloud-run-job': new CloudRunPlatform(runtime, client, place.project),
    'vertex-job': new VertexPlatform(client, place.project, labels),
  }
  const records = jobRecords(objects(client), place.ledgerBucket)
  const { targets } = parts
  return {
    jobs: new ClaimedJobs({ ...parts, pipelines: system.pipelines, client, platforms, records }),
    reaper: both(
      openJobReaper({ runtime, client, records, targets, labels }),
      openMachineReaper({ runtime, client, targets, labels, project: place.project }),
    ),
  }
}

function both(jobs: Reaper, machines: Reaper): Reaper {
  return {
    look: async () => [...(await jobs.look()), ...(await machines.look())],
    end: (sighting) => (sighting.kind === 'machine' ? machines : jobs).end(sighting),
  }
}
