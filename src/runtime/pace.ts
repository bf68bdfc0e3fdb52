import type { Event } from './events.ts'

/** A count that goes on is told at most this often in a log that scrolls. */
const REPEAT_AFTER = 5000

/** Thins out progress for logs: starts, ends and new texts are shown, counts in between now and then. `now` in milliseconds. */
export function progressPace(now: () => number): (event: Event) => boolean {
  const last = new Map<string, { text: string; at: number }>()
  return (event) => {
    if (event.kind !== 'progress') return true
    const { text, at } = last.get(event.task) ?? { text: undefined, at: Number.NEGATIVE_INFINITY }
    if (event.state === 'running' && text === event.text) {
      if (event.done === undefined || now() - at < REPEAT_AFTER) return false
    }
    last.set(event.task, { text: event.text, at: now() })
    return true
  }
}
