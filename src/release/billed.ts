import type { Billed } from '../providers/ports/billing.ts'

const DAY = 24 * 3_600_000
/** Days that are summed, today not among them: no cloud has put it on the bill yet. */
const DAYS = 30

/** The days that are asked for, in UTC: `since` is the first, `before` the day after the last. `now` in milliseconds since the epoch. */
export function billedDays(now: number): { readonly since: string; readonly before: string } {
  const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10)
  return { since: day(now - DAYS * DAY), before: day(now) }
}

/** For people: what was billed, up to when, and how late bills are; or what to do where nothing is found. */
export function billedText({ lines, currency, upTo, delay, unfound }: Billed, since: string): string {
  if (upTo === null)
    return `nothing with the labels of this environment is on the bill since ${since}: ${unfound}`
  const all = lines.reduce((sum, { amount }) => sum + amount, 0)
  return `${all.toFixed(2)} ${currency} billed since ${since}, up to ${upTo}; ${delay}`
}
