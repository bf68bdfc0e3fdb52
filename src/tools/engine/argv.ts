import type { Argv } from '../../runtime/runtime.ts'

/** How long an engine waits for a lock that somebody else holds. */
const LOCK_TIMEOUT = '-lock-timeout=30s'

/**
 * The engine's command lines. Both engines take the same: https://opentofu.org/docs/cli/commands/. Everything runs in the
 * folder of its stack, and nobody is asked: `-input=false`.
 */
export const engineArgv = {
  version: (program: string): Argv => [program, 'version', '-json'],
  init: (program: string): Argv => [program, 'init', '-input=false', '-no-color'],
  /**
   * It validates as well. Without `-detailed-exitcode`: a crash ends with 2 as well, so what changes is read from the saved plan (promise R20).
   */
  plan: (program: string, file: string): Argv => [
    program,
    'plan',
    '-json',
    '-input=false',
    LOCK_TIMEOUT,
    `-out=${file}`,
  ],
  show: (program: string, file: string): Argv => [program, 'show', '-json', '-no-color', file],
  apply: (program: string, file: string): Argv => [
    program,
    'apply',
    '-json',
    '-input=false',
    LOCK_TIMEOUT,
    file,
  ],
  output: (program: string): Argv => [program, 'output', '-json', '-no-color'],
} as const
