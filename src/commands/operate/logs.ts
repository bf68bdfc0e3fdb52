import { usageError } from '../../domain/error.ts'
import { parseDuration } from '../../domain/quantity.ts'
import { stepNamed } from '../../domain/system/step-name.ts'
import type { LogLine, LogQuery } from '../../providers/ports/operations.ts'
import type { Report } from '../command.ts'
import type { Post } from './post.ts'
import { stepLogs } from './step-logs.ts'

const TAIL = 100

/** What services, or a step, wrote: the end of it, or everything as it comes until the user cancels. */
export async function logs({ site, services, options }: Post): Promise<Report> {
  const { runtime, provider } = site
  const { cancelled } = runtime.signals
  const query = queryOf(options, runtime.clock.now(), cancelled)
  const [first = ''] = services
  const step = stepNamed(site.system, first)
  if (step !== undefined) return reportOf(await stepLogs(site, step, query), services)
  let count = 0
  const show = (service: string, line: LogLine): void => {
    count++
    runtime.log.emit({ kind: 'output', source: service, line: line.text })
  }
  const read = async (service: string): Promise<void> => {
    for await (const line of provider.operations.logs(service, query)) show(service, line)
  }
  if (query.follow) {
    await Promise.all(
      services.map((service) =>
        read(service).catch((error: unknown) => {
          // Leaving is how following ends.
          if (!cancelled.aborted) throw error
        }),
      ),
    )
  } else {
    // Several services are one story: in the order of time.
    const lines: { readonly service: string; readonly line: LogLine }[] = []
    for (const service of services) {
      for await (const line of provider.operations.logs(service, query)) lines.push({ service, line })
    }
    for (const { service, line } of lines.sort((a, b) => a.line.at - b.line.at)) show(service, line)
  }
  return reportOf(count, services)
}

function reportOf(count: number, of: readonly string[]): Report {
  return {
    command: 'operate',
    outcome: 'done',
    message: `${count} lines of ${of.join(', ')}`,
    outputs: { table: '' },
    data: { lines: count },
    summary: '',
  }
}

function queryOf(options: Post['options'], now: number, signal: AbortSignal): LogQuery {
  const { since, tail, filter, follow } = options
  const ago = since === undefined ? undefined : parseDuration(since)
  if (since !== undefined && ago === undefined) {
    throw usageError({
      what: `--since ${since} is not a duration`,
      rule: 'a whole number with ms, s, m, h or d',
      remedy: 'write --since 10m',
    })
  }
  return {
    follow: follow === true,
    tail: tail ?? TAIL,
    ...(ago === undefined ? {} : { since: now - ago }),
    ...(filter === undefined ? {} : { filter }),
    signal,
  }
}
