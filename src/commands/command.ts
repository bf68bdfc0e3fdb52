import type { SluiceError } from '../domain/error.ts'
import type { CommandName, Outcome } from '../domain/outcome.ts'
import type { Reviews, Runs } from '../domain/plans/approval.ts'
import type { Bootstrapper } from '../domain/stacks/bootstrapper.ts'
import type { Synthesizer } from '../domain/stacks/synthesizer.ts'
import type { Pulls } from '../domain/system/preview.ts'
import type { Cloud } from '../domain/system/system.ts'
import type { Deployments } from '../github/deployments.ts'
import type { StateStore } from '../providers/ports/states.ts'
import type { Provider, ProviderContext } from '../providers/provider.ts'
import type { Runtime } from '../runtime/runtime.ts'

/** What every command is given: the machine, a way to open a cloud, and what the user asked for. */
export interface World {
  readonly runtime: Runtime
  readonly openProvider: (cloud: Cloud, context: ProviderContext) => Promise<Provider>
  /** The compiler of infrastructure, loaded when `synth` needs it; a world of a verb that never does may lack it. */
  readonly openSynthesizer?: () => Promise<Synthesizer>
  /** What comes before the stacks, and its compiler; for `bootstrap` alone. */
  readonly openStateStore?: (cloud: Cloud, context: ProviderContext) => Promise<StateStore | undefined>
  readonly openBootstrapper?: () => Promise<Bootstrapper>
  /** Asks the person at the terminal for a line; absent where there is none to ask. */
  readonly ask?: (question: string) => Promise<string | undefined>
  /** What GitHub knows of reviews, runs and pull requests, where a command may ask it. */
  readonly reviews?: Reviews
  readonly runs?: Runs
  readonly pulls?: Pulls
  /** Where rollouts of this environment are shown beside the runs of workflows. */
  readonly deployments?: Deployments
  readonly request: Request
  /** Takes secrets out of a text that a command itself sends away, such as a comment; what is reported is redacted anyway. */
  readonly redact?: (text: string) => string
}

/** The options that all commands share. */
export interface Request {
  /** Path of sluice.yml, as the user wrote it. */
  readonly file: string
  readonly environment: string
  /** The folder that holds one folder an environment, as the user wrote it; default `.sluice` beside sluice.yml. */
  readonly state?: string
  readonly dryRun: boolean
}

/**
 * What a command came to. A refused gate or a rolled-back release is such a value, not an exception: it has outputs and a
 * summary like any other end. Exceptions (SluiceError) are for work that could not be done.
 */
export interface Report {
  readonly command: CommandName
  readonly outcome: Outcome
  /** One line for people. */
  readonly message: string
  readonly remedy?: string
  /** The verb's outputs of action.yml. */
  readonly outputs: Readonly<Record<string, string>>
  /** The verb's own fields of `--json`, beside those of result.json. */
  readonly data: Readonly<Record<string, unknown>>
  /** Markdown for the job summary. */
  readonly summary: string
  /** What standard output is for, in place of progress and messages. */
  readonly document?: string
}

/** A command computes its decision first and then acts on it; with `dryRun` it stops in between and shows it. */
export type Command<Options> = (world: World, options: Options) => Promise<Report>

/** The report of a failure, for result.json and the doors. */
export function failureReport(command: CommandName, error: SluiceError): Report {
  return {
    command,
    outcome: error.outcome,
    message: error.message,
    ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    outputs: {},
    data: {},
    summary: '',
  }
}
