import type { Targets } from '../../../domain/stacks/targets.ts'
import type { MachineStatus } from '../../ports/operations.ts'
import type { WorkerImages } from '../../ports/workers.ts'
import { crewStatus } from './crew-status.ts'
import type { Fleet } from './fleet.ts'
import type { Reports } from './reports.ts'

export interface StatusParts {
  readonly fleet: Fleet
  readonly reports: Pick<Reports, 'of'>
  readonly images: Pick<WorkerImages, 'read'>
  readonly targets: () => Promise<Targets>
}

/** The machines of all workers, as EC2, Session Manager and they themselves tell it. */
export async function workerMachines(parts: StatusParts): Promise<readonly MachineStatus[]> {
  const { fleet, reports, images, targets } = parts
  const { workers } = await targets()
  const found: MachineStatus[] = []
  for (const crew of await fleet.crews()) {
    const target = workers[crew.worker]
    const hasImage = target?.kind === 'ec2-worker' && target.image !== undefined
    const machines = await fleet.machines(crew)
    const running = machines.filter(({ state }) => state === 'running').map(({ id }) => id)
    found.push(
      ...crewStatus({
        crew,
        machines,
        reports: running.length === 0 ? new Map() : await reports.of(crew, running),
        released: hasImage ? await images.read(crew.worker) : undefined,
        version: await fleet.version(crew),
      }),
    )
  }
  return found
}
