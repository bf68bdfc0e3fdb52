import type { Event } from '../runtime/events.ts'
import { eventLines, type Line } from '../runtime/lines.ts'
import { neutralLines } from '../runtime/neutralise.ts'
import { progressPace } from '../runtime/pace.ts'
import type { Redactor } from '../runtime/redact.ts'
import { shownEvent } from '../runtime/shown.ts'
import type { Style } from './style.ts'

const MARK = '|'

/** How events look to who started the command. */
export interface Display {
  event(event: Event): void
  close(): void
}

export interface DisplayOptions {
  readonly write: (text: string) => void
  readonly redactor: Redactor
  readonly style: Style
  /** Terminal cells of a line. */
  readonly width: () => number
  readonly verbose: boolean
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** Lines for a log: nothing moves, nothing is overwritten. */
export function plainDisplay(options: DisplayOptions): Display {
  const isDue = progressPace(options.now)
  return {
    event(event) {
      if (!isDue(event)) return
      const lines = visibleLines(event, options)
      if (lines.length > 0) options.write(`${lines.join('\n')}\n`)
    },
    close() {},
  }
}

/** An event as finished lines of a terminal or a log, without line ends. */
export function visibleLines(event: Event, options: DisplayOptions): string[] {
  if (event.kind === 'mask') {
    warnOfShortSecret(event.value, options)
    return []
  }
  if (event.kind === 'message' && event.level === 'debug' && !options.verbose) return []
  return eventLines(shownEvent(options.redactor, event), options.width()).flatMap((line) =>
    styled(line, options),
  )
}

export function styled(line: Line, { style }: Pick<DisplayOptions, 'style'>): string[] {
  // Without colours a block stays in one piece.
  if (line.whole === true && style(line.tone, MARK) === MARK) return [line.text]
  // Layout may have joined harmless pieces: the last look is at the whole line.
  const lines = line.whole === true ? line.text.split('\n') : neutralLines(line.text)
  return lines.map((text) => style(line.tone, text))
}

function warnOfShortSecret(value: string, { redactor, write, style }: DisplayOptions): void {
  if (redactor.register(value)) return
  write(`${style('warning', 'a secret of fewer than 4 characters cannot be hidden in what is shown')}\n`)
}
