import { bug } from '../../domain/error.ts'
import type { Report } from '../command.ts'

export interface Part {
  /** `build`, `train sentiment`, ... */
  readonly name: string
  readonly report: Report
}

/** One report of all parts: it ends as the last one did, and has the outputs and summaries of all. */
export function reportOf(parts: readonly Part[]): Report {
  const last = parts.at(-1)
  if (last === undefined) throw bug('a release had no part')
  const { outcome, message, remedy } = last.report
  return {
    command: 'release',
    outcome,
    message: outcome === 'done' ? message : `${last.name}: ${message}`,
    ...(remedy === undefined ? {} : { remedy }),
    outputs: Object.assign(
      { release: '', previous: '', url: '', verdict: '' },
      ...parts.map(({ report }) => report.outputs),
    ),
    data: {
      parts: parts.map(({ name, report }) => ({
        name,
        outcome: report.outcome,
        message: report.message,
        ...report.data,
      })),
    },
    summary: parts
      .map(
        ({ name, report }) =>
          `## ${name}\n\n${report.summary === '' ? `${report.message}\n` : report.summary}`,
      )
      .join('\n'),
  }
}
