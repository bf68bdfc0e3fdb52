import type { Argv } from '../../../runtime/runtime.ts'

/** What a keeper is told, on its standard input: secrets stand in `env`, so this is never written to a file. */
export interface Order {
  /** Absolute path of `jobs/<id>`. */
  readonly folder: string
  readonly argv: Argv
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** Values that must not reach the log. */
  readonly secrets: readonly string[]
  /** Milliseconds that the job may run. */
  readonly timeout: number
  /** Milliseconds from SIGTERM to SIGKILL. */
  readonly grace: number
  /** What ends the job where it is a container: it outlives the command that started it. May be repeated. */
  readonly remove?: Argv
}

/** What a keeper leaves when the job has ended. */
export interface Ending {
  readonly state: 'succeeded' | 'failed' | 'timed-out' | 'stopped'
  readonly exitCode: number | null
  readonly reason: string | null
  readonly startedAt: number
  readonly endedAt: number
}

/** Identity of the keeper: the claim on the job. */
export const KEEPER_FILE = 'keeper.json'
/** Identity of the job's process. */
export const JOB_FILE = 'job.json'
export const ENDING_FILE = 'ending.json'
export const LOG_FILE = 'log'
/** Who starts the keeper, and the name of the step. */
export const CLAIM_FILE = 'claim.json'
