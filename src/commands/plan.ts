import type { Command } from './command.ts'
import { nothingToDo } from './nothing-to-do.ts'

export type PlanOptions = Readonly<Record<never, never>>

const NO_CHANGES = {
  create: 0,
  update: 0,
  delete: 0,
  replace: 0,
  import: 0,
  forget: 0,
  move: 0,
  noop: 0,
  read: 0,
} as const

/** Shows what would change in the cloud. On cloud `local` that is nothing. */
export const plan: Command<PlanOptions> = (world) =>
  nothingToDo(
    world,
    'plan',
    { changes: 'false', fingerprint: '', 'comment-url': '' },
    { counts: NO_CHANGES, changes: [] },
  )
