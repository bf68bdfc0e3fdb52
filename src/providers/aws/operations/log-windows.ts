const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** So long ago may the last lines of a service be that writes nothing any more. */
const BACK = [5 * MINUTE, HOUR, DAY, 7 * DAY, 30 * DAY, 90 * DAY] as const

/** From, up to but not including; milliseconds since the epoch. */
export interface Window {
  readonly from: number
  readonly to: number
}

/**
 * CloudWatch gives lines only from old to new, so the end of a log is looked for in windows that reach further back each time,
 * the newest first. Together they are gapless, and no moment is in two.
 */
export function windowsBack(now: number): readonly Window[] {
  const ends = [0, ...BACK]
  return BACK.map((back, i) => ({ from: now - back, to: now - (ends[i] ?? 0) }))
}
