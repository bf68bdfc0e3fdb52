const MINUTE = 60_000
/** Minutes. */
const LONGEST = 24 * 60

export interface Period {
  /** Milliseconds since the epoch, a multiple of `length`. */
  readonly start: number
  /** Milliseconds, whole minutes. */
  readonly length: number
}

/**
 * The longest period since then that CloudWatch tells as one value; of several the latest. Percentiles of minutes make no percentile of an
 * hour, so all of it is asked as one period: one that is over, and that begins at a multiple of its own length, as periods of CloudWatch
 * do. Of up to a day at least half is in it. Undefined where no minute is over yet.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
 */
export function closedPeriod(since: number, now: number): Period | undefined {
  const first = Math.floor(since / MINUTE)
  const last = Math.floor(now / MINUTE)
  for (let minutes = Math.min(last - first, LONGEST); minutes > 0; minutes--) {
    const start = Math.floor((last - minutes) / minutes) * minutes
    if (start >= first) return { start: start * MINUTE, length: minutes * MINUTE }
  }
  return undefined
}
