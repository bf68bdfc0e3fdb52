import { formatDuration } from '../../../domain/quantity.ts'

/** How a process ended. */
export interface Ending {
  readonly code: number | null
  readonly signal: string | null
  /** Milliseconds that it ran. */
  readonly ran: number
  /** Ends in a row without having been healthy for a while. */
  readonly times: number
  readonly lastLines: readonly string[]
}

const SHOWN_LINES = 5
/** `TypeError: ...`, `panic: ...`, `FATAL: ...`; not a frame of a stack, which may hold such a word too. */
const NAMED_ERROR = /^\s*(?!at\s).*(?:Error|Exception|FATAL|fatal|panic)\b[^:]*:\s/

/** Characters of a line in which an error is named. */
const NAMED_WITHIN = 1000

/** `exited with code 1 after 300ms, 3 times in a row; last output: ...` */
export function endingText(ending: Ending): string {
  const how = ending.signal === null ? `exited with code ${ending.code}` : `was ended by ${ending.signal}`
  const often = ending.times > 1 ? `, ${ending.times} times in a row` : ''
  const taken = ending.lastLines.some((line) => /EADDRINUSE|address already in use/i.test(line))
  const hint = taken ? '; the port it wanted is taken: a service listens on the port in PORT' : ''
  return `${how} after ${formatDuration(ending.ran)}${often}${hint}${outputText(ending.lastLines)}`
}

/** A process that runs and is not healthy. */
export function unhealthyText(why: string, since: number, lastLines: readonly string[]): string {
  return `not healthy for ${formatDuration(since)}: ${why}${outputText(lastLines)}`
}

/** The last lines; where they are only the end of a stack trace, the line that names the error too. */
function outputText(lines: readonly string[]): string {
  const written = lines.filter((line) => line.trim() !== '')
  const shown = written.slice(-SHOWN_LINES)
  const named = written
    .slice(0, -SHOWN_LINES)
    .findLast((line) => NAMED_ERROR.test(line.slice(0, NAMED_WITHIN)))
  const all = named === undefined ? shown : [named, '...', ...shown]
  return all.length === 0
    ? '; it wrote nothing'
    : `; last output: ${all.map((line) => line.trim()).join(' | ')}`
}

/** Milliseconds to wait before the next start after so many failures in a row: 200 ms, doubling, 30 s at most. */
export function backOff(failures: number): number {
  return Math.min(30_000, 200 * 2 ** Math.max(0, failures - 1))
}
