import * as z from 'zod'
import type { Targets } from '../../../domain/targets.ts'
import type { GcpClient } from '../client.ts'

/** https://cloud.google.com/compute/docs/reference/rest/v1/instances/aggregatedList */
const pageSchema = z.looseObject({
  items: z
    .record(
      z.string(),
      z.looseObject({
        instances: z.array(z.looseObject({ name: z.string(), status: z.string() })).default([]),
      }),
    )
    .default({}),
  nextPageToken: z.string().optional(),
})

export interface Machines {
  /** Begins to stop what runs. In words, what was done. */
  stop(): Promise<readonly string[]>
  /** Starts what was stopped; its time begins anew, and Compute Engine ends it all the same (promise R32). */
  start(): Promise<readonly string[]>
}

const RUNNING = ['PROVISIONING', 'STAGING', 'RUNNING']
const STOPPED = ['TERMINATED']

/** The machines of the workers in targets.json, found by their labels and no others. */
export function openMachines(client: GcpClient, targets: () => Promise<Targets>): Machines {
  const machinesOf = async (
    project: string,
    labels: Readonly<Record<string, string>>,
    states: readonly string[],
  ) => {
    const found: { readonly zone: string; readonly name: string }[] = []
    const filter = Object.entries(labels)
      .map(([label, value]) => `(labels.${label} = "${value}")`)
      .join(' ')
    let pageToken = ''
    do {
      const query = new URLSearchParams({ filter, ...(pageToken === '' ? {} : { pageToken }) })
      const path = `/compute/v1/projects/${project}/aggregated/instances?${query}`
      const page = await client.json({ service: 'compute', path }, pageSchema)
      for (const [scope, { instances }] of Object.entries(page.items)) {
        for (const { name, status } of instances) {
          if (states.includes(status)) found.push({ zone: scope.replace(/^zones\//, ''), name })
        }
      }
      pageToken = page.nextPageToken ?? ''
    } while (pageToken !== '')
    return found
  }
  const each = async (states: readonly string[], verb: string, words: string): Promise<readonly string[]> => {
    const done: string[] = []
    for (const [worker, target] of Object.entries((await targets()).workers)) {
      // Without labels a filter would mean every machine of the project.
      if (target.kind !== 'gce-worker' || Object.keys(target.instances).length === 0) continue
      for (const { zone, name } of await machinesOf(target.project, target.instances, states)) {
        const path = `/compute/v1/projects/${target.project}/zones/${zone}/instances/${name}/${verb}`
        // One that is stopped is not stopped again, and one that runs is not started again.
        await client.json({ service: 'compute', method: 'POST', path, repeatable: true }, z.unknown())
        done.push(`${worker} ${name} ${words}`)
      }
    }
    return done
  }
  return {
    // What lies on disks of the host itself is scratch: a machine that has such does not stop otherwise.
    stop: () => each(RUNNING, 'stop?discardLocalSsd=true', 'stopping'),
    start: () => each(STOPPED, 'start', 'starting'),
  }
}
