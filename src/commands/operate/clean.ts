import { usageError } from '../../domain/error.ts'
import { formatDuration, formatSize } from '../../domain/quantity.ts'
import type { Upkeep } from '../../providers/ports/upkeep.ts'
import type { Report } from '../command.ts'
import type { Site } from '../rollout/site.ts'
import { type Post, tableReport } from './post.ts'

/** Releases that one can still go back to with their images. */
const KEPT_RELEASES = 10
/** Nothing younger is removed: a build or a job may be about to use it. */
const YOUNGEST = 7 * 86_400_000

/** Removes what nothing needs any more; says only what it would remove, unless told `--yes`. */
export async function clean({ site, options, dryRun }: Post): Promise<Report> {
  const upkeep = upkeepOf(site)
  const now = site.runtime.clock.now()
  const releases = (await site.ledger.releases()).slice(-KEPT_RELEASES)
  const live = await site.ledger.live()
  const keep = [...releases, ...(live === undefined ? [] : [live.value.release])].flatMap((release) =>
    Object.values(release.services).map((service) => service.image),
  )
  const leftovers = await upkeep.leftovers([...new Set(keep)], now - YOUNGEST)
  const act = options.yes === true && !dryRun
  for (const leftover of act ? leftovers : []) await upkeep.remove(leftover)
  const size = leftovers.reduce((sum, leftover) => sum + leftover.size, 0)
  const rows = leftovers.map((one) => [
    one.kind,
    one.name,
    formatSize(one.size),
    formatDuration(now - one.since),
  ])
  const text = `${leftovers.length} old things, ${formatSize(size)}`
  return tableReport(
    site,
    { title: act ? 'removed' : 'would be removed', columns: ['kind', 'name', 'size', 'age'], rows },
    act ? `removed ${text}` : `would remove ${text}; add --yes to do it`,
    { leftovers, removed: act },
  )
}

export function upkeepOf({ provider, system }: Site): Upkeep {
  if (provider.upkeep !== undefined) return provider.upkeep
  const { name, cloud } = system.environment
  throw usageError({
    what: `environment ${name} is on cloud ${cloud}, which tidies up by its own rules`,
    remedy: 'set "expire" on buckets in sluice.yml; take the environment down with its infrastructure',
  })
}
