import type { Argv } from '../../runtime/runtime.ts'

/** Always taken, and waited for: seconds, a whole number. */
const lock = (seconds: number): readonly string[] => ['-lock=true', `-lock-timeout=${seconds}s`]

/**
 * The engine's command lines. Both engines take the same: https://opentofu.org/docs/cli/commands/. Everything runs in the
 * folder of its stack, and nobody is asked: `-input=false`. `wait` is how many seconds a lock is waited for that somebody
 * else holds.
 */
export const engineArgv = {
  version: (program: string): Argv => [program, 'version', '-json'],
  init: (program: string): Argv => [program, 'init', '-input=false', '-no-color'],
  /**
   * It validates as well. Without `-detailed-exitcode`: a crash ends with 2 as well, so what changes is read from the saved plan (promise R20).
   */
  plan: (program: string, file: string, wait: number): Argv => [
    program,
    'plan',
    '-json',
    '-input=false',
    ...lock(wait),
    `-out=${file}`,
  ],
  show: (program: string, file: string): Argv => [program, 'show', '-json', '-no-color', file],
  apply: (program: string, file: string, wait: number): Argv => [
    program,
    'apply',
    '-json',
    '-input=false',
    ...lock(wait),
    file,
  ],
  output: (program: string): Argv => [program, 'output', '-json', '-no-color'],
  /** Prints the whole state, values too: only its beginning is read. */
  pull: (program: string): Argv => [program, 'state', 'pull'],
  addresses: (program: string): Argv => [program, 'state', 'list'],
  /** Asks for the lock and gives it back; nothing is refreshed and nothing is kept. */
  probe: (program: string): Argv => [program, 'plan', '-json', '-input=false', ...lock(0), '-refresh=false'],
  unlock: (program: string, id: string): Argv => [program, 'force-unlock', '-force', id],
} as const
