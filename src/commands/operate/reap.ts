import { usageError } from '../../domain/error.ts'
import { type ReapVerdict, reapVerdict, type Sighting } from '../../domain/jobs/reaping.ts'
import { formatDuration } from '../../domain/quantity.ts'
import type { Report } from '../command.ts'
import { finishedRuns } from './finished-runs.ts'
import { type Post, tableReport } from './post.ts'

/** Ends what costs and what nothing needs (promise R34); says only which, unless told `--yes`. */
export async function reap({ site, options, dryRun }: Post): Promise<Report> {
  const { reaper, upkeep, jobs } = site.provider
  if (reaper === undefined && upkeep === undefined) {
    const { name, cloud } = site.system.environment
    throw usageError({
      what: `environment ${name} is on cloud ${cloud}, which ends jobs past their time by itself`,
      remedy: 'stop a single job by running train again and cancelling it',
    })
  }
  const act = options.yes === true && !dryRun
  const runState = finishedRuns(site.runtime)
  const seen: ({ readonly sighting: Sighting } & ReapVerdict)[] = []
  for (const sighting of (await reaper?.look()) ?? []) {
    seen.push({ sighting, ...reapVerdict(sighting, await runState(sighting.run)) })
  }
  const over = (await upkeep?.overdue(site.runtime.clock.now())) ?? []
  const ends = seen.filter(({ verdict }) => verdict === 'end')
  if (act) {
    for (const { sighting } of ends) await reaper?.end(sighting)
    for (const job of over) await jobs.stop(job)
  }
  const rows = [
    ...seen.map((one) => rowOf(one.sighting, one, act)),
    ...over.map((job) => [job, job, '', act ? 'ended' : 'would be ended', 'nobody keeps its time any more']),
  ]
  const count = ends.length + over.length
  return tableReport(
    site,
    { title: 'what runs', columns: ['name', 'job', 'age', 'verdict', 'against it'], rows, below: 1 },
    act
      ? `ended ${count} of ${rows.length} that ran`
      : `${count} of ${rows.length} would be ended; add --yes to do it`,
    { jobs: [...ends.map(({ sighting }) => sighting.job), ...over], found: seen, ended: act },
  )
}

function rowOf({ name, job, startedAt, now }: Sighting, { verdict, signals }: ReapVerdict, act: boolean) {
  const done = verdict === 'spare' ? 'spared' : act ? 'ended' : 'would be ended'
  return [name, job, formatDuration(Math.max(0, now - startedAt)), done, signals.join('; ') || '-']
}
