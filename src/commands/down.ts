import { usageError } from '../domain/error.ts'
import type { Command, Report } from './command.ts'
import { openEnvironment } from './environment.ts'

/** Stops a system on this machine: requests in flight end, processes and engines stop, all data stay. */
export const down: Command<Readonly<Record<string, never>>> = async (world) => {
  const environment = await openEnvironment(world)
  try {
    const { name, cloud } = environment.system.environment
    if (world.request.dryRun) return report(`would stop environment ${name} on this machine`)
    const { machine } = await environment.provider()
    if (machine === undefined) {
      throw usageError({
        what: `environment ${name} is on cloud ${cloud}`,
        rule: 'up and down are for systems on this machine',
        remedy: 'use an environment with "cloud: local"',
      })
    }
    switch (await machine.stop()) {
      case 'stopped':
        return report(`environment ${name} is down; its data stay`)
      case 'absent':
        return report(`environment ${name} was not up`)
    }
  } finally {
    await environment.close()
  }
}

function report(message: string): Report {
  return { command: 'down', outcome: 'done', message, outputs: {}, data: {}, summary: `${message}\n` }
}
