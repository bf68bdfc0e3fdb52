import type { Random } from '../../runtime/runtime.ts'

/** So often a request is sent in all. */
export const ATTEMPTS = 6
const FIRST = 500
const LONGEST = 20_000
/** A registry that wants a longer pause is given up, with that said. */
const PATIENCE = 120_000

/**
 * Milliseconds before the next attempt, or `give-up`. Full jitter
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/); what the server asks for is the least.
 * @param failures that many so far, 1 at least.
 * @param asked what `Retry-After` asked for, in milliseconds.
 */
export function pauseBefore(failures: number, asked: number | undefined, random: Random): number | 'give-up' {
  if (failures >= ATTEMPTS || (asked ?? 0) > PATIENCE) return 'give-up'
  const span = Math.min(LONGEST, FIRST * 2 ** (failures - 1))
  return Math.round((asked ?? 0) + span * unit(random))
}

function unit(random: Random): number {
  const [high = 0, low = 0] = random.bytes(2)
  return (high * 256 + low) / 65_536
}

/** Seconds, or a date (RFC 9110, section 10.2.3), as milliseconds from now; undefined where there is none. */
export function retryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  if (/^\d+$/.test(header)) return Number(header) * 1000
  const at = Date.parse(header)
  return Number.isNaN(at) ? undefined : Math.max(0, at - now)
}

/** Answers that may be another one next time. */
export function isTransient(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 501 && status !== 505)
}
