import type { Event } from '../runtime/events.ts'
import { progressLine } from '../runtime/lines.ts'
import { neutralLines } from '../runtime/neutralise.ts'
import { shownEvent } from '../runtime/shown.ts'
import { shortened } from '../runtime/table.ts'
import { type Display, type DisplayOptions, visibleLines } from './display.ts'

type Progress = Extract<Event, { kind: 'progress' }>

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const FRAME_MS = 100

/** For a terminal: finished lines scroll by, running tasks stay below them with a spinner and the time they took so far. */
export function liveDisplay(options: DisplayOptions): Display {
  const running = new Map<string, { event: Progress; since: number }>()
  let drawn = 0
  let frame = 0
  const timer = setInterval(() => {
    if (running.size === 0) return
    frame++
    redraw('')
  }, FRAME_MS)
  timer.unref()

  const redraw = (above: string): void => {
    const now = options.now()
    const lines = [...running.values()].map(({ event, since }) =>
      liveLine(event, now - since, FRAMES[frame % FRAMES.length] ?? '', options),
    )
    // One write, so that no half picture shows: up to the first live line, erase below, then all anew.
    const erase = drawn === 0 ? '' : `\x1b[${drawn}A\x1b[J`
    options.write(erase + above + lines.map((line) => `${line}\n`).join(''))
    drawn = lines.length
  }

  return {
    event(event) {
      const lines = event.kind === 'progress' && event.state === 'running' ? [] : visibleLines(event, options)
      if (event.kind === 'progress') {
        if (event.state === 'running') {
          running.set(event.task, { event, since: running.get(event.task)?.since ?? options.now() })
        } else running.delete(event.task)
      } else if (lines.length === 0) return
      redraw(lines.map((line) => `${line}\n`).join(''))
    },
    close() {
      clearInterval(timer)
      running.clear()
      redraw('')
    },
  }
}

function liveLine(event: Progress, elapsed: number, spinner: string, options: DisplayOptions): string {
  const safe = shownEvent(options.redactor, event)
  const text = safe.kind === 'progress' ? progressLine(safe).text.replace(/^…/, spinner) : ''
  const oneLine = neutralLines(`${text} ${elapsedText(elapsed)}`).join(' ')
  return options.style('plain', shortened(oneLine, options.width() - 1))
}

/** `4 s`, `2 min 05 s`. */
export function elapsedText(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`
}
