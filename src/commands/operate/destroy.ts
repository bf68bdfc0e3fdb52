import { usageError } from '../../domain/error.ts'
import type { Report } from '../command.ts'
import { upkeepOf } from './clean.ts'
import { type Post, tableReport } from './post.ts'

/** Everything of an environment on this machine, data included. The name must be typed again. */
export async function destroy({ site, options, dryRun }: Post): Promise<Report> {
  const upkeep = upkeepOf(site)
  const { name } = site.system.environment
  const { databases, buckets, services, tables, caches, topics } = site.system
  const rows = Object.entries({ services, databases, buckets, tables, caches, topics }).flatMap(
    ([kind, all]) => Object.keys(all).map((one) => [kind.replace(/s$/, ''), one]),
  )
  const table = { title: `environment ${name}`, columns: ['kind', 'name'], rows }
  if (dryRun) return tableReport(site, table, `would destroy environment ${name} with all its data`, {})
  if (options.confirm !== name) {
    throw usageError({
      what: options.confirm === undefined ? 'nothing was confirmed' : `"${options.confirm}" was confirmed`,
      rule: 'destroy removes all data of the environment for good',
      remedy: `if you mean it, add --confirm ${name}`,
    })
  }
  await upkeep.destroy()
  return tableReport(site, table, `environment ${name} is destroyed`, {})
}
