import type { Report, World } from '../commands/command.ts'
import type { CommandName } from '../domain/outcome.ts'
import type { InputSpec, InputSpecs, Inputs } from './inputs.ts'

/** The inputs that every action has. */
export const COMMON_INPUTS = {
  environment: { kind: 'name', required: true },
  file: { kind: 'path', default: 'sluice.yml' },
  'working-directory': { kind: 'path', default: '.' },
  'dry-run': { kind: 'boolean', default: false },
  'github-token': { kind: 'secret' },
} as const satisfies InputSpecs

/** The outputs that every action has. */
export const COMMON_OUTPUTS = ['outcome', 'code', 'result'] as const

/** One action: what action.yml declares, and the command behind it. */
export interface Action {
  readonly name: CommandName
  /** All inputs, the common ones too. */
  readonly inputs: InputSpecs
  /** The verb's own outputs. */
  readonly outputs: readonly string[]
  readonly bind: (values: Inputs<InputSpecs>) => (world: World) => Promise<Report>
}

/** The common inputs, save those that the action declares in its own way. */
export type WithCommon<S extends InputSpecs> = S & Omit<typeof COMMON_INPUTS, keyof S>

export interface ActionParts<S extends InputSpecs> {
  readonly name: CommandName
  readonly inputs: S
  readonly outputs: readonly string[]
  readonly run: (inputs: Inputs<WithCommon<S>>, world: World) => Promise<Report>
}

export function defineAction<const S extends Readonly<Record<string, InputSpec>>>(
  parts: ActionParts<S>,
): Action {
  return {
    name: parts.name,
    inputs: { ...COMMON_INPUTS, ...parts.inputs },
    outputs: parts.outputs,
    // The values were read by these very specs, which is what makes them of this type.
    bind: (values) => (world) => parts.run(values as Inputs<WithCommon<S>>, world),
  }
}
