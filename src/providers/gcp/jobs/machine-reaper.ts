import * as z from 'zod'
import type { Sighting } from '../../../domain/jobs/reaping.ts'
import type { Targets } from '../../../domain/stacks/targets.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import type { Reaper } from '../../ports/reaper.ts'
import type { GcpClient } from '../client.ts'
import { type Instance, instancesWith } from '../instances.ts'
import { GcpError } from '../trouble.ts'

const COSTS: readonly string[] = ['PROVISIONING', 'STAGING', 'RUNNING', 'REPAIRING']
/** What Google says of an API that a project never switched on: then it has no machines either. */
const SWITCHED_OFF = /has not been used in project|it is disabled/

export interface MachineReaperParts {
  readonly runtime: Pick<Runtime, 'clock'>
  readonly client: GcpClient
  readonly targets: () => Promise<Targets>
  readonly project: string
  /** Labels of this environment's machines. */
  readonly labels: Readonly<Record<string, string>>
}

/**
 * Machines of this environment's workers. Compute Engine deletes one when its `maxRunDuration` is over, so one that is older has lost
 * that limit. A machine of a worker that is applied has one source against it at most, its age, and is only shown; one of a worker that
 * is not in targets.json any more has two, once its time is over too.
 */
export function openMachineReaper({ runtime, client, targets, project, labels }: MachineReaperParts): Reaper {
  return {
    look: async () => {
      const found: Sighting[] = []
      const { workers } = await targets()
      try {
        for await (const machine of instancesWith(client, project, labels)) {
          if (COSTS.includes(machine.status)) found.push(sightingOf(machine, workers, runtime.clock.now()))
        }
      } catch (error) {
        if (!(error instanceof GcpError && error.status === 403 && SWITCHED_OFF.test(error.message)))
          throw error
      }
      return found
    },
    end: async ({ name }) => {
      const path = `/compute/v1/projects/${project}/${name}`
      try {
        await client.json({ service: 'compute', method: 'DELETE', path, repeatable: true }, z.unknown())
      } catch (error) {
        if (!(error instanceof GcpError && error.status === 404)) throw error
      }
    },
  }
}

function sightingOf(
  { zone, name, labels, startedAt: at, lifetime }: Instance,
  workers: Targets['workers'],
  now: number,
): Sighting {
  const worker = workerOf(labels, workers)
  // Where Compute Engine does not say, no age speaks against it.
  const startedAt = at ?? now
  return {
    kind: 'machine',
    name: `zones/${zone}/instances/${name}`,
    job: worker === undefined ? 'of no worker' : `worker ${worker}`,
    startedAt,
    // Google's answers have no clock of their own that could speak beside ours, so the time counts once: as the worker's where it has one.
    lifetime: worker === undefined ? lifetime : null,
    now,
    claim: worker === undefined ? 'none' : { until: startedAt + (lifetime ?? Number.POSITIVE_INFINITY), now },
    life: null,
  }
}

/** The worker whose labels these are. */
function workerOf(labels: Readonly<Record<string, string>>, workers: Targets['workers']): string | undefined {
  const found = Object.entries(workers).find(([, target]) => {
    const own = target.kind === 'gce-worker' ? Object.entries(target.instances) : []
    return own.length > 0 && own.every(([label, value]) => labels[label] === value)
  })
  return found?.[0]
}
