import { usageError } from '../../domain/error.ts'
import type { StepName } from '../../domain/system/step-name.ts'
import type { LogLine, LogQuery } from '../../providers/ports/operations.ts'
import type { Site } from '../rollout/site.ts'
import { lastJobs } from '../train/open-run.ts'

/**
 * What a step wrote in its last run, over all of its attempts: the end of what has ended, and what still runs as it comes, until its
 * end (engines of Google Cloud give what is there by now). Returns the number of lines.
 *
 * @throws SluiceError usage where no run has started it
 */
export async function stepLogs(
  { runtime, provider }: Pick<Site, 'runtime' | 'provider'>,
  { pipeline, step }: StepName,
  query: LogQuery,
): Promise<number> {
  const { ledger } = await provider.targets()
  const jobs = await lastJobs({ objects: provider.objects, ledger }, pipeline, step)
  if (jobs === undefined) throw neverRan(pipeline, step)
  let kept: { readonly source: string; readonly line: LogLine }[] = []
  let count = 0
  const show = (source: string, { text, revision }: LogLine): void => {
    count += 1
    const part = /^(?:node|part) \d+$/.test(revision) ? ` ${revision}` : ''
    runtime.log.emit({ kind: 'output', source: `${source}${part}`, line: text })
  }
  const flush = (): void => {
    for (const { source, line } of kept) show(source, line)
    kept = []
  }
  for (const [index, job] of jobs.entries()) {
    const state = (await provider.jobs.status(job))?.state
    if (state === undefined) continue
    const source = jobs.length === 1 ? step : `${step} attempt ${index + 1}`
    const live = state === 'running' || state === 'pending'
    // Whoever names a time has all since then, as of services; else the end is all that is shown, and kept.
    const shown = live || query.since !== undefined
    if (shown) flush()
    try {
      for await (const line of provider.jobs.logs(job)) {
        if (!isWanted(line, query)) continue
        if (shown) show(source, line)
        else kept.push({ source, line })
        if (kept.length > query.tail) kept.shift()
      }
    } catch (error) {
      // Leaving is how following ends.
      if (!(live && query.signal?.aborted)) throw error
    }
  }
  flush()
  return count
}

/** A line says when it was written where its platform tells. */
function isWanted({ at, text }: LogLine, { since, filter }: LogQuery): boolean {
  return (since === undefined || at === 0 || at >= since) && (filter === undefined || text.includes(filter))
}

function neverRan(pipeline: string, step: string): Error {
  return usageError({
    what: `no run of pipeline ${pipeline} has started step ${step}`,
    rule: 'the log of a step is that of its last run',
    remedy: `run "sluice train --pipeline ${pipeline}" first`,
  })
}
