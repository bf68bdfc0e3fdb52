import type { LedgerEvent } from '../domain/release.ts'
import type { Ledger } from './ledger.ts'

/** Releases that say how long a start usually takes. */
const RELEASES = 5

/** Milliseconds from the start of a release to its first step; undefined where it never got there. */
export function startOf(events: readonly LedgerEvent[]): number | undefined {
  const started = events.findLast(({ kind }) => kind === 'started')
  const step = events.find(({ kind, at }) => kind === 'step' && started !== undefined && at >= started.at)
  return started === undefined || step === undefined
    ? undefined
    : Date.parse(step.at) - Date.parse(started.at)
}

/** How long the last releases took to start, for a wait that looks when it may be over. It only helps: never an error. */
export async function pastStarts(ledger: Ledger, sequence: number): Promise<readonly number[]> {
  const found: number[] = []
  for (let earlier = sequence - 1; earlier > 0 && earlier >= sequence - RELEASES; earlier--) {
    try {
      const took = startOf(await ledger.events(earlier))
      if (took !== undefined) found.push(took)
    } catch {
      return found
    }
  }
  return found
}
