import * as z from 'zod'
import type { Targets } from '../../../domain/stacks/targets.ts'
import type { MachineStatus } from '../../ports/operations.ts'
import type { WorkerImages } from '../../ports/workers.ts'
import type { GcpClient } from '../client.ts'
import { type Instance, instancesWith } from '../instances.ts'
import { crewStatus } from './machine-status.ts'

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
  ): Promise<readonly Instance[]> => {
    const found: Instance[] = []
    for await (const one of instancesWith(client, project, labels)) found.push(one)
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
