import type { ImageReference } from '../../domain/digest.ts'

/** Something that nothing needs any more. */
export interface Leftover {
  readonly kind: 'image' | 'job' | 'log'
  /** Unique within its kind. */
  readonly name: string
  readonly size: number
  /** Milliseconds since the epoch. */
  readonly since: number
}

export interface Upkeep {
  /** Images that no release of `keep` has, ended jobs and closed logs, all last used before this time. */
  leftovers(keep: readonly ImageReference[], before: number): Promise<readonly Leftover[]>
  /** Nothing to remove is fine. */
  remove(leftover: Leftover): Promise<void>
  /** Ids of jobs that still run although their time is over. */
  overdue(now: number): Promise<readonly string[]>
  /** Everything of the environment, its data included. */
  destroy(): Promise<void>
}
