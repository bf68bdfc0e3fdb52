import type { Command } from './command.ts'
import { nothingToDo } from './nothing-to-do.ts'

export type ApplyOptions = Readonly<Record<never, never>>

/** Applies exactly the plan that was approved. On cloud `local` there is none. */
export const apply: Command<ApplyOptions> = (world) => nothingToDo(world, 'apply', { targets: '' })
