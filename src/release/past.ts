import type { LedgerEvent } from '../domain/releases/release.ts'
import type { Ledger } from './ledger.ts'

/** Releases that say how long things usually take. */
const RELEASES = 5

/** What the ledger is told when all new revisions are healthy beside what serves. */
export const READY = '0 %'

/** How long the first parts of a release took, milliseconds; undefined where it did not get so far, or nobody noted it. */
export interface Took {
  /** Until all new revisions were ready, or else until the first step. */
  readonly start?: number
  /** From there until the first step was made. */
  readonly shift?: number
}

/** Of the last attempt at a release. */
export function tookOf(events: readonly LedgerEvent[]): Took {
  const begin = events.findLastIndex(({ kind }) => kind === 'started')
  if (begin < 0) return {}
  const [first, second] = events.slice(begin).filter(({ kind }) => kind === 'step')
  if (first === undefined) return {}
  const at = ({ at: text }: LedgerEvent): number => Date.parse(text)
  const started = events[begin]
  const start = started === undefined ? {} : { start: at(first) - at(started) }
  return first.detail === READY && second !== undefined ? { ...start, shift: at(second) - at(first) } : start
}

export interface Past {
  readonly starts: readonly number[]
  readonly shifts: readonly number[]
}

/** How long the last releases took, for waits that look when they may be over. It only helps: never an error. */
export async function pastReleases(ledger: Ledger, sequence: number): Promise<Past> {
  const found: Took[] = []
  for (let earlier = sequence - 1; earlier > 0 && earlier >= sequence - RELEASES; earlier--) {
    try {
      found.push(tookOf(await ledger.events(earlier)))
    } catch {
      break
    }
  }
  return {
    starts: found.flatMap(({ start }) => (start === undefined ? [] : [start])),
    shifts: found.flatMap(({ shift }) => (shift === undefined ? [] : [shift])),
  }
}
