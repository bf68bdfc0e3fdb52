/**
 * The journal of one apply: what it was going to do, written before it began, and what the engine said meanwhile. After a
 * death without a word it tells what was in flight (promise R19).
 */
import type { PlanAction } from '../domain/plans/plan-counts.ts'

export type JournalLine =
  | {
      readonly kind: 'begin'
      readonly stack: string
      readonly plan: string
      /** ISO 8601, UTC. */
      readonly at: string
      readonly by: string
      /** Link to the run; null on a machine of one's own. */
      readonly run: string | null
      readonly process: { readonly host: string; readonly pid: number; readonly born: string }
      readonly changes: readonly { readonly address: string; readonly action: PlanAction }[]
    }
  /** The process of the engine: its number and when it was started. */
  | { readonly kind: 'engine'; readonly pid: number; readonly started: string }
  | {
      readonly kind: 'resource'
      readonly address: string
      readonly action: string
      readonly state: 'running' | 'done' | 'failed'
      readonly id?: string
    }
  | { readonly kind: 'end'; readonly outcome: 'done' | 'failed' }

export type JournalBegin = Extract<JournalLine, { kind: 'begin' }>

/** Something that may exist without the state knowing it. */
export interface Orphan {
  readonly address: string
  /** `made`: the engine said so; `begun`: it was being made; `planned`: its turn may have come. */
  readonly sign: 'made' | 'begun' | 'planned'
  readonly id?: string
}

export interface Interrupted {
  readonly begin: JournalBegin
  /** What had begun and not ended. */
  readonly inFlight: readonly { readonly address: string; readonly action: string }[]
  readonly orphans: readonly Orphan[]
}

/** The lines that are whole: the last one may be torn. */
export function journalLines(text: string): readonly JournalLine[] {
  return text.split('\n').flatMap((line) => {
    try {
      const value = JSON.parse(line) as JournalLine
      return ['begin', 'engine', 'resource', 'end'].includes(value.kind) ? [value] : []
    } catch {
      return []
    }
  })
}

/**
 * What an apply left that never came to its end; undefined where it did, or where there was none.
 *
 * @param known addresses of the state as it is now.
 */
export function interrupted(
  lines: readonly JournalLine[],
  known: readonly string[],
): Interrupted | undefined {
  const begin = lines.find((line) => line.kind === 'begin')
  if (begin === undefined || lines.some((line) => line.kind === 'end' && line.outcome === 'done'))
    return undefined
  const said = new Map<string, Extract<JournalLine, { kind: 'resource' }>>()
  for (const line of lines) {
    if (line.kind === 'resource') said.set(`${line.action} ${line.address}`, line)
  }
  const inFlight = [...said.values()]
    .filter(({ state }) => state === 'running')
    .map(({ address, action }) => ({ address, action }))
  const inState = new Set(known)
  // Where the engine came to an end of its own, what it did not begin it never will.
  const ended = lines.some((line) => line.kind === 'end')
  const orphans = begin.changes.flatMap(({ address, action }): Orphan[] => {
    if (action !== 'create' && action !== 'replace') return []
    const made = said.get(`create ${address}`)
    // The old one of a replacement stands under the same address.
    if (inState.has(address) && !(action === 'replace' && made?.state === 'running')) return []
    if (made === undefined) return ended ? [] : [{ address, sign: 'planned' }]
    // A creation whose answer was lost has failed as well.
    const id = made.id === undefined ? {} : { id: made.id }
    return [{ address, sign: made.state === 'done' ? 'made' : 'begun', ...id }]
  })
  return { begin, inFlight, orphans }
}
