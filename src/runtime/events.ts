/**
 * What the engine says. Commands print nothing: they emit these, and a door decides how each looks in a terminal, in a
 * log and in a workflow run.
 */
export type Event =
  | {
      readonly kind: 'message'
      readonly level: 'debug' | 'info' | 'notice' | 'warning'
      readonly text: string
      /** Where in a file of the user's: `sluice.yml:14:9`. */
      readonly at?: string
    }
  | {
      /** Long work. The same `task` replaces its earlier state; `done` and `total` in `unit`. */
      readonly kind: 'progress'
      readonly task: string
      readonly state: 'running' | 'done' | 'failed' | 'skipped'
      readonly text: string
      readonly done?: number
      readonly total?: number
      readonly unit?: 'bytes' | 'rows' | 'steps' | 'percent'
    }
  /** A line, or several with a newline between them, that a tool, a job or a service wrote: foreign text, to be neutralised by the door. */
  | { readonly kind: 'output'; readonly source: string; readonly line: string }
  | {
      readonly kind: 'table'
      readonly title: string
      readonly columns: readonly string[]
      readonly rows: readonly (readonly string[])[]
    }
  /** From now on this value is redacted in everything that is shown. */
  | { readonly kind: 'mask'; readonly value: string }

type Level = 'debug' | 'info' | 'notice' | 'warning'

export function message(level: Level, text: string): Extract<Event, { kind: 'message' }> {
  return { kind: 'message', level, text }
}
