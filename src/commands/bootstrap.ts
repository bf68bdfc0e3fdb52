import type { Command } from './command.ts'
import { nothingToDo } from './nothing-to-do.ts'

export type BootstrapOptions = Readonly<Record<never, never>>

/** Makes the state store, the trust and the roles that an environment needs first. Cloud `local` needs none of them. */
export const bootstrap: Command<BootstrapOptions> = (world) => nothingToDo(world, 'bootstrap')
