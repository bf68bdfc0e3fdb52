import * as z from 'zod'
import type { Targets } from '../../../domain/stacks/targets.ts'
import type { MachineStatus } from '../../ports/operations.ts'
import type { WorkerImages } from '../../ports/workers.ts'
import type { GcpClient } from '../client.ts'
import { crewStatus, type SeenMachine } from './machine-status.ts'

/** https://cloud.google.com/compute/docs/reference/rest/v1/instances */
const machineSchema = z.looseObject({
  name: z.string(),
  status: z.string(),
  creationTimestamp: z.string().optional(),
  lastStartTimestamp: z.string().optional(),
  scheduling: z
    .looseObject({ maxRunDuration: z.looseObject({ seconds: z.coerce.number() }).optional() })
    .optional(),
})

/** https://cloud.google.com/compute/docs/reference/rest/v1/instances/aggregatedList */
const pageSchema = z.looseObject({
  items: z
    .record(
      z.string(),
      z.looseObject({
        instances: z.array(machineSchema).default([]),
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
  /** Of every worker, what it has. @param now milliseconds since the epoch */
  status(now: number): Promise<readonly MachineStatus[]>
}

const RUNNING = ['PROVISIONING', 'STAGING', 'RUNNING']
const STOPPED = ['TERMINATED']

/** The machines of the workers in targets.json, found by their labels and no others. */
export function openMachines(
  client: GcpClient,
  targets: () => Promise<Targets>,
  images: Pick<WorkerImages, 'read'>,
): Machines {
  const machinesOf = async (
    project: string,
    labels: Readonly<Record<string, string>>,
  ): Promise<readonly SeenMachine[]> => {
    const found: SeenMachine[] = []
    const filter = Object.entries(labels)
      .map(([label, value]) => `(labels.${label} = "${value}")`)
      .join(' ')
    let pageToken = ''
    do {
      const query = new URLSearchParams({ filter, ...(pageToken === '' ? {} : { pageToken }) })
      const path = `/compute/v1/projects/${project}/aggregated/instances?${query}`
      const page = await client.json({ service: 'compute', path }, pageSchema)
      for (const [scope, { instances }] of Object.entries(page.items)) {
        for (const one of instances) {
          const seconds = one.scheduling?.maxRunDuration?.seconds
          const startedAt = Date.parse(one.lastStartTimestamp ?? one.creationTimestamp ?? '')
          found.push({
            name: one.name,
            zone: scope.replace(/^zones\//, ''),
            status: one.status,
            startedAt: Number.isNaN(startedAt) ? null : startedAt,
            lifetime: seconds === undefined ? null : seconds * 1000,
          })
        }
      }
      pageToken = page.nextPageToken ?? ''
    } while (pageToken !== '')
    return found
  }
  const crews = async () =>
    Object.entries((await targets()).workers).flatMap(([worker, target]) =>
      // Without labels a filter would mean every machine of the project.
      target.kind === 'gce-worker' && Object.keys(target.instances).length > 0 ? [{ worker, target }] : [],
    )
  const each = async (states: readonly string[], verb: string, words: string): Promise<readonly string[]> => {
    const done: string[] = []
    for (const { worker, target } of await crews()) {
      for (const { zone, name, status } of await machinesOf(target.project, target.instances)) {
        if (!states.includes(status)) continue
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
    status: async (now) => {
      const found: MachineStatus[] = []
      for (const { worker, target } of await crews()) {
        const { project, instances, image } = target
        const released = image === undefined ? undefined : await images.read(worker)
        const crew = { worker, project, released, hasImage: image !== undefined }
        found.push(...crewStatus(crew, await machinesOf(project, instances), now))
      }
      return found
    },
  }
}
