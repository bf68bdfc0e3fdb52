/**
 * How a verb can end. The number is at once the exit code of the CLI, `code` in result.json and the `code` output of
 * an action (promise R48); the list is closed and its numbers never change meaning.
 */
export const EXIT_CODES = {
  done: 0,
  bug: 1,
  usage: 2,
  refused: 3,
  locked: 4,
  stale: 5,
  'rolled-back': 6,
  'rollback-failed': 7,
  'timed-out': 8,
  'cannot-observe': 9,
  cancelled: 10,
  external: 11,
} as const

export type Outcome = keyof typeof EXIT_CODES
export type ExitCode = (typeof EXIT_CODES)[Outcome]

export const VERBS = ['build', 'synth', 'plan', 'apply', 'train', 'evaluate', 'rollout', 'operate'] as const
export type Verb = (typeof VERBS)[number]

/** Everything that leaves a result.json: the eight verbs and the commands around them. */
export type CommandName = Verb | 'validate' | 'bootstrap' | 'release' | 'up' | 'down'

/** Schema `sluice.result/v1`: what the last command of an environment came to. */
export interface Result {
  readonly schema: 'sluice.result/v1'
  readonly verb: CommandName
  readonly environment: string | null
  readonly outcome: Outcome
  readonly code: ExitCode
  readonly message: string
  readonly remedy?: string
  /** ISO 8601, UTC. */
  readonly startedAt: string
  readonly durationMs: number
  /** The verb's own outputs, all strings as GitHub Actions wants them. */
  readonly outputs: Readonly<Record<string, string>>
}
