import type { Event } from './events.ts'
import { neutralPlain, neutralText } from './neutralise.ts'
import type { Redactor } from './redact.ts'

/**
 * Text as it may be shown. Redacted before and after the escape sequences go, since one of them may stand in the middle of
 * a secret; neutralised last, since `##` before a secret would become `##[redacted]`, which a runner reads as a command.
 */
export function shown(redactor: Redactor, text: string): string {
  const once = redactor.text(text)
  // Where nothing is taken away and only spaces are put in, no secret without one can come together.
  const plain = spaced(redactor) ? undefined : neutralPlain(once)
  return plain ?? neutralText(redactor.text(neutralText(once)))
}

const spaced = ({ forms }: Redactor): boolean => {
  for (const form of forms) if (form.includes(' ')) return true
  return false
}

/** An event with every text in it made showable; layout comes after, since both steps change lengths. */
export function shownEvent(redactor: Redactor, event: Exclude<Event, { kind: 'mask' }>): Event {
  const show = (text: string): string => shown(redactor, text)
  switch (event.kind) {
    case 'message':
      return {
        ...event,
        text: show(event.text),
        ...(event.at === undefined ? {} : { at: show(event.at) }),
      }
    case 'progress':
      return { ...event, task: show(event.task), text: show(event.text) }
    case 'output':
      return { ...event, source: show(event.source), line: show(event.line) }
    case 'table':
      return {
        ...event,
        title: show(event.title),
        columns: event.columns.map(show),
        rows: event.rows.map((row) => row.map(show)),
      }
    default:
      return event satisfies never
  }
}
