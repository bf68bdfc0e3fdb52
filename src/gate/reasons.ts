import type { Decision, Reason } from '../domain/models/verdict.ts'

export function reason(rule: string, says: Decision, text: string, metric?: string): Reason {
  return { rule, says, text, ...(metric === undefined ? {} : { metric }) }
}

/** The verdict of all reasons together: one breach rejects, one doubt is a doubt, and without any reason nothing passes. */
export function verdictOf(reasons: readonly Reason[]): Decision {
  if (reasons.some(({ says }) => says === 'reject')) return 'reject'
  if (reasons.length === 0 || reasons.some(({ says }) => says === 'inconclusive')) return 'inconclusive'
  return 'promote'
}

/** A number for people: four decimals for small ones, fewer for large ones, never an exponent where it can be avoided. */
export function shown(value: number): string {
  const size = Math.abs(value)
  if (!Number.isFinite(value)) return String(value)
  if (size >= 1e6 && size < 1e21) return grouped(Math.round(value))
  if (size >= 100) return value.toFixed(1)
  if (size >= 1) return value.toFixed(3)
  if (size === 0 || size >= 0.0001) return value.toFixed(4)
  return value.toPrecision(2)
}

/** With its sign, for differences. */
export function signedNumber(value: number): string {
  return value > 0 ? `+${shown(value)}` : shown(value)
}

export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`
}

/** 1,234,567: by hand, because loading the tables of a locale costs more than a verdict on a million rows. */
function grouped(whole: number): string {
  return String(whole).replace(/\B(?=(\d{3})+$)/g, ',')
}
