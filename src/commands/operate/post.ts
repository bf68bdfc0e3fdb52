import type { Outcome } from '../../domain/outcome.ts'
import type { Report } from '../command.ts'
import { markdownTable } from '../rollout/show.ts'
import type { Site } from '../rollout/site.ts'

export interface OperateOptions {
  /** One of `OPERATIONS`. */
  readonly operation: string
  /** Only this service; absent: all. */
  readonly service?: string
  readonly follow?: boolean
  readonly tail?: number
  /** A duration, `10m`. */
  readonly since?: string
  readonly filter?: string
  /** status: also what it costs. */
  readonly cost?: boolean
  /** Sequence or id of the release to go back to. */
  readonly to?: string
  /** unlock: only this stack. */
  readonly stack?: string
  /** clean, reap, unlock: do it, not only say it. */
  readonly yes?: boolean
  /** destroy: the name of the environment, typed again. */
  readonly confirm?: string
  /** Milliseconds to wait for a rollout of somebody else. */
  readonly waitLock?: number
}

/** What an operation is given. */
export interface Post {
  readonly site: Site
  /** Names, checked. */
  readonly services: readonly string[]
  readonly options: OperateOptions
  readonly dryRun: boolean
}

/** A report whose heart is a table: shown, in the job summary, and as the output `table`. */
export function tableReport(
  { runtime }: Pick<Site, 'runtime'>,
  table: {
    readonly title: string
    readonly columns: readonly string[]
    readonly rows: readonly (readonly string[])[]
    /** Of the last columns, how many stand in a table of their own below in a terminal, so that 80 columns suffice. */
    readonly below?: number
  },
  message: string,
  data: Report['data'],
  ending: { readonly outcome?: Outcome; readonly remedy?: string } = {},
): Report {
  const { title, columns, rows, below = 0 } = table
  const markdown = markdownTable(columns, rows)
  const beside = columns.length - below
  const part = (from: number, to: number) => ({
    columns: [...(from > 0 ? columns.slice(0, 1) : []), ...columns.slice(from, to)],
    rows: rows.map((row) => [...(from > 0 ? row.slice(0, 1) : []), ...row.slice(from, to)]),
  })
  // Of nothing the message says enough.
  if (rows.length > 0) runtime.log.emit({ kind: 'table', title, ...part(0, beside) })
  if (rows.length > 0 && below > 0)
    runtime.log.emit({ kind: 'table', title: '', ...part(beside, columns.length) })
  return {
    command: 'operate',
    outcome: ending.outcome ?? 'done',
    message,
    ...(ending.remedy === undefined ? {} : { remedy: ending.remedy }),
    outputs: { table: markdown },
    data,
    summary: `### ${title}\n\n${rows.length > 0 ? markdown : message}\n`,
  }
}
