import type { Report } from '../command.ts'
import { upkeepOf } from './clean.ts'
import { type Post, tableReport } from './post.ts'

/** Ends jobs whose time is over; says only which, unless told `--yes`. */
export async function reap({ site, options, dryRun }: Post): Promise<Report> {
  const overdue = await upkeepOf(site).overdue(site.runtime.clock.now())
  const act = options.yes === true && !dryRun
  for (const job of act ? overdue : []) await site.provider.jobs.stop(job)
  return tableReport(
    site,
    { title: act ? 'ended' : 'would be ended', columns: ['job'], rows: overdue.map((job) => [job]) },
    act ? `ended ${overdue.length} overdue jobs` : `${overdue.length} overdue jobs; add --yes to end them`,
    { jobs: overdue, ended: act },
  )
}
