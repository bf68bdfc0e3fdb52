import type { Service, System, Worker } from '../system/system.ts'

/** Time that the work of a machine has to end, milliseconds, where sluice.yml says nothing. */
export const WORK_ENDS = 120_000

/**
 * The system with its workers that run an image on AWS among its services: a release moves them with everything else, and back with
 * it. Elsewhere machines have no way to begin again in place; a rollout writes what their next boot runs.
 */
export function withReleasedWorkers(system: System): System {
  if (system.environment.cloud !== 'aws') return system
  const workers = Object.values(system.workers).flatMap((worker): [string, Service][] => {
    const { name, image } = worker
    return image === undefined ? [] : [[name, released(worker, image)]]
  })
  if (workers.length === 0) return system
  return { ...system, services: { ...system.services, ...Object.fromEntries(workers) } }
}

function released({ name, command, env, secrets, connects, stopTimeout }: Worker, image: string): Service {
  return {
    name,
    image,
    env,
    secrets,
    connects,
    size: { cpu: 1, memory: 1 },
    scale: { min: 1, max: 1 },
    public: false,
    sidecars: {},
    stopTimeout: stopTimeout ?? WORK_ENDS,
    ...(command === undefined ? {} : { command }),
  }
}
