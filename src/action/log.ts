import type { Event } from '../runtime/events.ts'
import { eventLines, type Tone } from '../runtime/lines.ts'
import { neutralLines } from '../runtime/neutralise.ts'
import { progressPace } from '../runtime/pace.ts'
import type { Redactor } from '../runtime/redact.ts'
import type { Log } from '../runtime/runtime.ts'
import { shownEvent } from '../runtime/shown.ts'
import { type Annotation, annotation, maskCommands } from './runner.ts'

/** The log view of a workflow run is wider than a terminal. */
const WIDTH = 120

const ANNOTATIONS: Partial<Record<Tone, Annotation>> = {
  debug: 'debug',
  notice: 'notice',
  warning: 'warning',
}

/** Events as lines of a workflow's log. `now` in milliseconds. */
export function actionLog(write: (text: string) => void, redactor: Redactor, now: () => number): Log {
  const isDue = progressPace(now)
  return {
    emit(event: Event) {
      if (event.kind === 'mask') {
        write(maskCommands(event.value))
        if (!redactor.register(event.value)) {
          write(
            annotation('warning', 'a secret of fewer than 4 characters cannot be hidden in what is shown'),
          )
        }
        return
      }
      if (!isDue(event)) return
      for (const { tone, text } of eventLines(shownEvent(redactor, event), WIDTH)) {
        const kind = event.kind === 'message' ? ANNOTATIONS[tone] : undefined
        write(kind === undefined ? `${neutralLines(text).join('\n')}\n` : annotation(kind, text))
      }
    },
  }
}
