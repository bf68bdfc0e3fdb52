import { validate } from '../commands/validate.ts'
import type { ExitCode } from '../domain/outcome.ts'
import { run } from './run.ts'
import type { Line } from './spec.ts'

/**
 * `sluice validate`, which editors and hooks run at every save, is bundled into one file of its own (scripts/bundle.ts): to
 * find and read the parts that it shares with others takes longer than to judge sluice.yml.
 */
export function runValidate(line: Line): Promise<ExitCode> {
  const load = async () => (world: Parameters<typeof validate>[0]) => validate(world, {})
  return run({ ...line, command: { ...line.command, load } })
}
