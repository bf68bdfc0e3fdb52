import type { Event } from './events.ts'
import { tableLines } from './table.ts'

/** What an event is to a reader, so that a door can colour it or turn it into a workflow command. */
export type Tone = 'plain' | 'debug' | 'notice' | 'warning' | 'success' | 'failure' | 'muted' | 'heading'

export interface Line {
  readonly tone: Tone
  readonly text: string
  /** Layout joined nothing that could have become a command: it is as harmless as the texts of its event. */
  readonly whole?: true
}

/** An event, its texts already made showable (shown.ts), as lines for a log. */
export function eventLines(event: Event, width: number): readonly Line[] {
  switch (event.kind) {
    case 'message':
      return [
        {
          tone: event.level === 'info' ? 'plain' : event.level,
          text: event.at === undefined ? event.text : `${event.at}: ${event.text}`,
        },
      ]
    case 'progress':
      return [progressLine(event)]
    case 'output':
      // One text, however many lines it has: a job may write millions.
      return [{ tone: 'muted', text: prefixed(`${event.source} | `, event.line), whole: true }]
    case 'table': {
      const [header = '', ...rows] = tableLines(event, width)
      const title: Line[] = event.title === '' ? [] : [{ tone: 'heading', text: event.title }]
      return [
        ...title,
        { tone: 'muted', text: header },
        ...rows.map((text) => ({ tone: 'plain' as const, text })),
      ]
    }
    case 'mask':
      return []
    default:
      return event satisfies never
  }
}

const prefixed = (prefix: string, text: string): string => prefix + text.replaceAll('\n', `\n${prefix}`)

type Progress = Extract<Event, { kind: 'progress' }>

const MARKS = { running: '…', done: '✓', failed: '✗', skipped: '-' } as const
const TONES = { running: 'plain', done: 'success', failed: 'failure', skipped: 'muted' } as const

export function progressLine(event: Progress): Line {
  return {
    tone: TONES[event.state],
    text: `${MARKS[event.state]} ${event.task}: ${event.text}${amount(event)}`,
  }
}

/** ` (3 of 10 steps)`, ` (1.5 of 4.0 MiB)`, ` (40 %)`. */
function amount({ done, total, unit }: Progress): string {
  if (done === undefined) return ''
  if (unit === 'percent') return ` (${Math.round(done)} %)`
  const of = (n: number): string => (unit === 'bytes' ? (n / 2 ** 20).toFixed(1) : String(n))
  const words = unit === 'bytes' ? ' MiB' : unit === undefined ? '' : ` ${unit}`
  return total === undefined ? ` (${of(done)}${words})` : ` (${of(done)} of ${of(total)}${words})`
}
