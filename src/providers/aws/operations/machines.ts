import type { Fleet } from '../workers/fleet.ts'

export interface Machines {
  /** Stops what runs; a spot machine, which cannot be stopped, is ended. In words, what was done. */
  stop(): Promise<readonly string[]>
  /** Starts what was stopped. */
  start(): Promise<readonly string[]>
}

/** The machines of workers, switched with the whole system. */
export function openMachines(fleet: Fleet): Machines {
  return {
    stop: async () => {
      const done: string[] = []
      for (const crew of await fleet.crews()) {
        const { worker } = crew
        const machines = await fleet.machines(crew, ['pending', 'running'])
        const spot = machines.filter((machine) => machine.spot)
        const plain = machines.filter((machine) => !machine.spot)
        await fleet.act(crew, 'StopInstances', plain, `stopping machines of worker ${worker}`)
        await fleet.act(crew, 'TerminateInstances', spot, `ending machines of worker ${worker}`)
        done.push(
          ...plain.map(({ id }) => `${worker} ${id} stopped`),
          ...spot.map(({ id }) => `${worker} ${id} ended`),
        )
      }
      return done
    },
    start: async () => {
      const done: string[] = []
      for (const crew of await fleet.crews()) {
        const machines = await fleet.machines(crew, ['stopped'])
        await fleet.act(crew, 'StartInstances', machines, `starting machines of worker ${crew.worker}`)
        done.push(...machines.map(({ id }) => `${crew.worker} ${id}`))
      }
      return done
    },
  }
}
