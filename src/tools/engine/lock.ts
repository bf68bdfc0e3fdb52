import type { EngineMessage } from './messages.ts'

/** Who holds a state, as the engine wrote it into its lock. */
export interface LockHolder {
  readonly id: string
  /** `runner@host`. */
  readonly who: string
  /** `OperationTypeApply`. */
  readonly operation: string
  /** Milliseconds since the epoch; NaN where the engine said none. */
  readonly created: number
  readonly path: string
}

type Diagnostic = Extract<EngineMessage, { kind: 'diagnostic' }>

export const LOCKED = 'Error acquiring the state lock'

/**
 * The holder that an engine names when it cannot have a lock; undefined where it names none. The fields are those of
 * LockInfo: https://github.com/opentofu/opentofu/blob/main/internal/states/statemgr/locker.go
 */
export function lockHolder(
  diagnostics: readonly Pick<Diagnostic, 'summary' | 'detail'>[],
): LockHolder | undefined {
  const detail = diagnostics.find(({ summary }) => summary.includes(LOCKED))?.detail ?? ''
  const info = detail.slice(detail.indexOf('Lock Info:'))
  const field = (name: string): string =>
    new RegExp(`^ {2}${name}:[ \\t]*(.*)$`, 'm').exec(info)?.[1]?.trim() ?? ''
  const id = field('ID')
  if (!detail.includes('Lock Info:') || id === '') return undefined
  return {
    id,
    who: field('Who'),
    operation: field('Operation'),
    created: timeOf(field('Created')),
    path: field('Path'),
  }
}

/** `2026-11-21 17:58:29.39709364 +0000 UTC`, as Go writes a time. */
function timeOf(text: string): number {
  const parts = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d+))? ([+-]\d\d)(\d\d)/.exec(text)
  if (parts === null) return Number.NaN
  const [, day, time, fraction = '', hours, minutes] = parts
  return Date.parse(`${day}T${time}.${fraction.padEnd(3, '0').slice(0, 3)}${hours}:${minutes}`)
}

/** `runner@host for 12 minutes (apply)`. Times in milliseconds since the epoch. */
export function heldBy({ who, created, operation }: LockHolder, now: number): string {
  const minutes = Math.floor((now - created) / 60_000)
  const age = Number.isNaN(minutes) ? '' : minutes < 1 ? ' for less than a minute' : ` for ${spell(minutes)}`
  const what = operation.replace(/^OperationType/, '').toLowerCase()
  return `${who || 'somebody'}${age}${what === '' ? '' : ` (${what})`}`
}

function spell(minutes: number): string {
  if (minutes < 120) return `${minutes} ${minutes === 1 ? 'minute' : 'minutes'}`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} hours` : `${Math.floor(hours / 24)} days`
}
