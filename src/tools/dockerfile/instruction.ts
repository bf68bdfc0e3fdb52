/**
 * What a Dockerfile says, as values. Words are kept as they are written, quotes and variables included: what they mean
 * depends on the stage and the build arguments (evaluate.ts).
 *
 * @see https://docs.docker.com/reference/dockerfile/
 */

/** `["a", "b"]`, or a line that Docker hands to a shell. */
export type CommandForm =
  | { readonly form: 'exec'; readonly argv: readonly string[] }
  | { readonly form: 'shell'; readonly text: string }

/** A file written in the Dockerfile itself. */
export interface Heredoc {
  readonly name: string
  readonly text: string
  /** False where the delimiter is quoted: then variables stay as they are. */
  readonly expand: boolean
}

export interface Flag {
  readonly name: string
  /** undefined for `--link`. */
  readonly value: string | undefined
}

interface Common {
  readonly line: number
  /** Flags in the order written. */
  readonly flags: readonly Flag[]
}

export interface FromInstruction extends Common {
  readonly kind: 'from'
  readonly image: string
  readonly name: string | undefined
}
export interface PairsInstruction extends Common {
  readonly kind: 'arg' | 'env' | 'label'
  /** `value` is undefined for `ARG NAME`. */
  readonly pairs: readonly { readonly name: string; readonly value: string | undefined }[]
}
export interface CopyInstruction extends Common {
  readonly kind: 'copy' | 'add'
  readonly sources: readonly string[]
  readonly destination: string
  readonly heredocs: readonly Heredoc[]
}
export interface CommandInstruction extends Common {
  readonly kind: 'cmd' | 'entrypoint' | 'run' | 'shell'
  readonly command: CommandForm
}
export interface HealthcheckInstruction extends Common {
  readonly kind: 'healthcheck'
  /** undefined for `NONE`. */
  readonly command: CommandForm | undefined
}
export interface WordsInstruction extends Common {
  readonly kind: 'workdir' | 'user' | 'stopsignal' | 'expose' | 'volume' | 'maintainer'
  readonly words: readonly string[]
}
export interface OnBuildInstruction extends Common {
  readonly kind: 'onbuild'
  readonly text: string
}

export type Instruction =
  | FromInstruction
  | PairsInstruction
  | CopyInstruction
  | CommandInstruction
  | HealthcheckInstruction
  | WordsInstruction
  | OnBuildInstruction

export type InstructionKind = Instruction['kind']

export const KEYWORDS: readonly InstructionKind[] = [
  'add',
  'arg',
  'cmd',
  'copy',
  'entrypoint',
  'env',
  'expose',
  'from',
  'healthcheck',
  'label',
  'maintainer',
  'onbuild',
  'run',
  'shell',
  'stopsignal',
  'user',
  'volume',
  'workdir',
]

export type Escape = '\\' | '`'

export interface Stage {
  readonly from: FromInstruction
  readonly instructions: readonly Exclude<Instruction, FromInstruction>[]
}

export interface Dockerfile {
  /** For messages: the path as the user knows it. */
  readonly file: string
  /** `# syntax=`: the frontend that BuildKit would load. */
  readonly syntax: string | undefined
  readonly escape: Escape
  /** `ARG` before the first `FROM`. */
  readonly args: readonly PairsInstruction[]
  readonly stages: readonly [Stage, ...Stage[]]
}
