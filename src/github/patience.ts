import type { Random } from '../runtime/runtime.ts'

/** What is known of one attempt: an answer, or none because the connection broke or nothing came in time. */
export type Attempt =
  | 'no-answer'
  | {
      readonly status: number
      /** Lower-case names. */
      readonly headers: Readonly<Record<string, string>>
      /** `message` of the body. */
      readonly message: string
    }

export interface Asked {
  /** A second time it says the same: reads, and writes of a whole value. */
  readonly repeatable: boolean
  /** Failures so far, this one too. */
  readonly failures: number
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Milliseconds since the epoch; no wait goes beyond it. */
  readonly deadline: number
}

/** Take the answer as it is, wait so many milliseconds and ask again, or stop because the wait would be too long. */
export type Next = 'take' | { readonly wait: number } | 'give-up'

/** All failures but limits: so often in all. */
const ATTEMPTS = 6
const FIRST = 1000
const LONGEST = 30_000
/** "If you are continuing to be rate limited ... wait for at least one minute", without a header that says more. */
const LIMIT_PAUSE = 60_000

/**
 * What follows one attempt at GitHub (promise R26). A limit means that nothing was done, so even what must not be said twice
 * is said again after it; after a lost answer or a 5xx only what may be repeated is. Full jitter:
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/. Limits:
 * https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
 */
export function nextAfter(attempt: Attempt, asked: Asked, random: Random): Next {
  const limited = attempt === 'no-answer' ? undefined : limitPause(attempt, asked.now)
  if (limited !== undefined) {
    const wait = limited + jitter(Math.min(LONGEST, FIRST * 2 ** Math.min(asked.failures, 10)), random)
    return asked.now + wait > asked.deadline ? 'give-up' : { wait }
  }
  const passing = attempt === 'no-answer' || attempt.status >= 500 || attempt.status === 408
  if (!passing) return 'take'
  if (!asked.repeatable || asked.failures >= ATTEMPTS) return attempt === 'no-answer' ? 'give-up' : 'take'
  const wait = jitter(Math.min(LONGEST, FIRST * 2 ** (asked.failures - 1)), random)
  return asked.now + wait > asked.deadline ? 'give-up' : { wait }
}

/** Whether an answer is a limit, primary or secondary, and not a missing permission, which is 403 as well. */
export function isLimit({ status, headers, message }: Exclude<Attempt, 'no-answer'>): boolean {
  if (status === 429) return true
  if (status !== 403) return false
  return (
    headers['retry-after'] !== undefined ||
    headers['x-ratelimit-remaining'] === '0' ||
    /secondary rate limit|abuse detection/i.test(message)
  )
}

function limitPause(answer: Exclude<Attempt, 'no-answer'>, now: number): number | undefined {
  if (!isLimit(answer)) return undefined
  const { headers } = answer
  const after = Number(headers['retry-after'])
  if (headers['retry-after'] !== undefined && Number.isFinite(after) && after >= 0) return after * 1000
  const reset = Number(headers['x-ratelimit-reset'])
  if (headers['x-ratelimit-remaining'] === '0' && Number.isFinite(reset)) {
    return Math.max(0, reset * 1000 - now)
  }
  return LIMIT_PAUSE
}

function jitter(span: number, random: Random): number {
  const [high = 0, low = 0] = random.bytes(2)
  return Math.round((span * (high * 256 + low)) / 65_536)
}
