import type { Report, World } from '../commands/command.ts'
import type { CommandName } from '../domain/outcome.ts'

export interface OptionSpec {
  /** Without the dashes. */
  readonly name: string
  /** `flag` takes no value; `name` obeys the rule of names; `count` is a whole number from 0; `duration` as in `10m`. */
  readonly kind: 'flag' | 'text' | 'name' | 'count' | 'duration' | 'choice'
  /** What the value is called in help. */
  readonly value?: string
  readonly short?: string
  readonly choices?: readonly string[]
  /** May be given more than once. */
  readonly many?: true
  readonly summary: string
}

export interface CommandSpec {
  readonly name: CommandName
  readonly summary: string
  /** The one word that may follow the command, from a closed list. */
  readonly operand?: { readonly name: string; readonly choices: readonly string[] }
  /** The options of this command beside the common ones. */
  readonly options: readonly OptionSpec[]
  /** Whether `--env` must be there: always, never, or unless these other options stand in for it together. */
  readonly environment: 'required' | 'optional' | { readonly unless: readonly string[] }
  /** Loads the command's code and binds what the user asked for. Called only once the line is known to be good. */
  readonly load: (line: Line) => Promise<(world: World) => Promise<Report>>
}

/** A command line that obeys its spec. */
export interface Line {
  readonly command: CommandSpec
  readonly operand: string | undefined
  has(option: string): boolean
  text(option: string): string | undefined
  count(option: string): number | undefined
  /** Milliseconds. */
  duration(option: string): number | undefined
  list(option: string): readonly string[]
}

export type Parsed =
  | { readonly kind: 'run'; readonly line: Line }
  | { readonly kind: 'help'; readonly command: CommandSpec | undefined }
  | { readonly kind: 'version' }
  | {
      readonly kind: 'bad'
      readonly command: CommandSpec | undefined
      readonly problems: readonly string[]
      readonly json: boolean
    }
