import type { Event } from './events.ts'

/** A running task says the same again at most this often in a log that scrolls. */
const REPEAT_AFTER = 5000

/** Thins out progress for logs: every start and end is shown, the steps in between now and then. `now` in milliseconds. */
export function progressPace(now: () => number): (event: Event) => boolean {
  const last = new Map<string, { text: string; at: number }>()
  return (event) => {
    if (event.kind !== 'progress') return true
    const { text, at } = last.get(event.task) ?? { text: undefined, at: Number.NEGATIVE_INFINITY }
    if (event.state === 'running') {
      if (text === event.text && event.done === undefined) return false
      if (now() - at < REPEAT_AFTER) return false
    }
    last.set(event.task, { text: event.text, at: now() })
    return true
  }
}
