import type { Event } from '../runtime/events.ts'
import { eventLines, type Tone } from '../runtime/lines.ts'
import { neutralText } from '../runtime/neutralise.ts'
import { progressPace } from '../runtime/pace.ts'
import type { Redactor } from '../runtime/redact.ts'
import type { Log } from '../runtime/runtime.ts'
import { shown, shownEvent } from '../runtime/shown.ts'
import { type Annotation, annotation, maskCommands, type Place } from './runner.ts'

/** The log view of a workflow run is wider than a terminal. */
const WIDTH = 120

const ANNOTATIONS: Partial<Record<Tone, Annotation>> = {
  debug: 'debug',
  notice: 'notice',
  warning: 'warning',
}

/**
 * Events as lines of a workflow's log.
 *
 * @param now in milliseconds.
 * @param placeOf where `sluice.yml:14:9` is for the runner; undefined where it is no place.
 */
export function actionLog(
  write: (text: string) => void,
  redactor: Redactor,
  now: () => number,
  placeOf: (at: string) => Place | undefined = () => undefined,
): Log {
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
      const place = event.kind === 'message' && event.at !== undefined ? placeOf(event.at) : undefined
      if (event.kind === 'message' && place !== undefined && event.level !== 'info') {
        write(annotation(event.level, shown(redactor, event.text), place))
        return
      }
      for (const { tone, text, whole } of eventLines(shownEvent(redactor, event), WIDTH)) {
        const kind = event.kind === 'message' ? ANNOTATIONS[tone] : undefined
        write(kind === undefined ? `${whole === true ? text : neutralText(text)}\n` : annotation(kind, text))
      }
    },
  }
}
