import { usageError } from '../domain/error.ts'
import type { CommandName } from '../domain/outcome.ts'
import type { Report, World } from './command.ts'
import { openEnvironment } from './environment.ts'

/**
 * The infrastructure verbs on cloud `local`, which has nothing to synthesize, plan or apply: its parts start with the
 * verbs that need them.
 *
 * @param work what is not needed, where the command is more than that.
 * @throws SluiceError usage, where the environment's cloud cannot do this yet
 */
export async function nothingToDo(
  world: World,
  command: CommandName,
  outputs: Readonly<Record<string, string>> = {},
  data: Readonly<Record<string, unknown>> = {},
  work: string = command,
): Promise<Report> {
  const { system } = await openEnvironment(world)
  const { name, cloud } = system.environment
  if (cloud !== 'local') {
    throw usageError({
      what: `${command} cannot work on cloud ${cloud} of environment ${name} yet`,
      rule: 'this version carries a system on cloud local',
      remedy: 'use an environment with "cloud: local"',
    })
  }
  const text = `nothing to do: environment ${name} is on cloud local, which needs no ${work}`
  return { command, outcome: 'done', message: text, outputs, data, summary: `${text}\n` }
}
