import { type ImageReference, parseImageReference, shortDigest } from '../../../domain/digest.ts'
import type { MachineStatus } from '../../ports/operations.ts'
import type { Instance } from '../instances.ts'

export type SeenMachine = Omit<Instance, 'labels'>

export interface Crew {
  readonly worker: string
  readonly project: string
  /** The image of the last release; undefined before the first one. */
  readonly released: ImageReference | undefined
  /** Whether it runs an image at all, and not a script. */
  readonly hasImage: boolean
}

const STATES: Readonly<Record<string, MachineStatus['state']>> = {
  PENDING: 'running',
  PROVISIONING: 'running',
  STAGING: 'running',
  RUNNING: 'running',
  REPAIRING: 'running',
  PENDING_STOP: 'running',
  STOPPING: 'stopped',
  // Compute Engine's word for a machine that is switched off and still there.
  TERMINATED: 'stopped',
  SUSPENDING: 'stopped',
  SUSPENDED: 'stopped',
}

/**
 * One row a machine, or one that says that there is none. Machines of Google Cloud say nothing of their own: what one runs is the image that
 * was released when it booted, so a machine that is there shows no image.
 */
export function crewStatus(
  crew: Crew,
  machines: readonly SeenMachine[],
  now: number,
): readonly MachineStatus[] {
  const { worker, project, released, hasImage } = crew
  const digest = parseImageReference(released ?? '')?.digest
  if (machines.length === 0) {
    const runs = digest === undefined ? 'nothing' : shortDigest(digest)
    return [{ worker, state: 'absent', machine: null, runs, since: null, trouble: null }]
  }
  return machines.map((machine) => {
    const { name, zone, status, startedAt } = machine
    const shell = `gcloud compute ssh ${name} --project ${project} --zone ${zone} --tunnel-through-iap`
    return {
      worker,
      state: STATES[status] ?? 'stopped',
      machine: name,
      runs: hasImage ? 'unknown' : 'its script',
      since: startedAt,
      trouble: troubleOf(machine, now),
      ...(status === 'RUNNING' ? { shell } : {}),
    }
  })
}

function troubleOf({ status, startedAt, lifetime }: SeenMachine, now: number): string | null {
  const found: string[] = []
  if (status === 'PROVISIONING' || status === 'STAGING') found.push('it boots')
  else if (!USUAL.has(status)) found.push(`Compute Engine says ${status}`)
  if (STATES[status] === 'running') {
    if (lifetime === null) found.push('nothing ends it')
    else if (startedAt !== null && now > startedAt + lifetime) found.push('it is older than it may become')
  }
  return found.length === 0 ? null : found.join('; ')
}

const USUAL = new Set(['RUNNING', 'STOPPING', 'TERMINATED'])
