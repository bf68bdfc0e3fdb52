import type { Command } from './command.ts'
import { nothingToDo } from './nothing-to-do.ts'

export interface SynthOptions {
  /** Folder that gets one folder a stack, as the user wrote it; absent: `.sluice/<env>/stacks`. */
  readonly out?: string
}

/** Writes the Terraform JSON of every stack. Cloud `local` has none. */
export const synth: Command<SynthOptions> = (world) =>
  nothingToDo(world, 'synth', { directory: '' }, { stacks: [] })
