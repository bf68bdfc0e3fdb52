import type { Clock } from '../../runtime/runtime.ts'
import { isPassing } from './trouble.ts'

/** What passes by itself is borne for so long, however often it comes (promise R26). */
const PATIENCE = 15 * 60_000

export interface Patience {
  /** @throws the error, where it does not pass by itself or has not for too long */
  bear(error: unknown): void
  /** It has passed. */
  relieved(): void
}

export function patience({ now }: Pick<Clock, 'now'>): Patience {
  let since: number | undefined
  return {
    bear: (error) => {
      since ??= now()
      if (!isPassing(error) || now() - since > PATIENCE) throw error
    },
    relieved: () => {
      since = undefined
    },
  }
}
