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
  /** Sequence or id of the release to go back to. */
  readonly to?: string
  /** clean, reap: do it, not only say it. */
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
  { runtime }: Site,
  table: {
    readonly title: string
    readonly columns: readonly string[]
    readonly rows: readonly (readonly string[])[]
  },
  message: string,
  data: Report['data'],
  ending: { readonly outcome?: Outcome; readonly remedy?: string } = {},
): Report {
  const { title, columns, rows } = table
  const markdown = markdownTable(columns, rows)
  runtime.log.emit({ kind: 'table', title, columns, rows })
  return {
    command: 'operate',
    outcome: ending.outcome ?? 'done',
    message,
    ...(ending.remedy === undefined ? {} : { remedy: ending.remedy }),
    outputs: { table: markdown },
    data,
    summary: `### ${title}\n\n${markdown}\n`,
  }
}
