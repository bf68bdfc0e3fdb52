import type { LedgerEvent, Release } from '../../domain/releases/release.ts'
import type { Report } from '../command.ts'
import { runs } from '../rollout/show.ts'
import { type Post, tableReport } from './post.ts'

const COLUMNS = ['release', 'when (UTC)', 'by', 'commit', 'end', 'services'] as const

/** All releases of the ledger, the newest first. */
export async function history({ site }: Post): Promise<Report> {
  const { ledger } = site
  const live = await ledger.live()
  const releases = await ledger.releases()
  const events = await ledger.events()
  const entries = releases.toReversed().map((release) => ({
    ...release,
    end: endOf(release, events, live?.value.sequence),
  }))
  const rows = entries.map((one) => [
    String(one.sequence),
    one.createdAt.slice(0, 19).replace('T', ' '),
    one.forced === undefined ? one.by : `${one.by} (forced: ${one.forced.reason})`,
    one.commit.slice(0, 12),
    one.end,
    Object.entries(one.services)
      .map(([name, { image, model }]) => `${name} ${runs(image, model === undefined ? [] : [model])}`)
      .join('; '),
  ])
  const count = `${releases.length} ${releases.length === 1 ? 'release' : 'releases'}`
  return tableReport(site, { title: 'releases', columns: COLUMNS, rows, below: 1 }, count, {
    releases: entries,
  })
}

/** How a release ended, from its events. */
function endOf(
  { sequence }: Release,
  events: readonly LedgerEvent[],
  live: number | undefined,
): 'live' | 'replaced' | 'rolled back' | 'failed' | 'interrupted' {
  if (sequence === live) return 'live'
  const own = events.filter((event) => event.sequence === sequence)
  if (own.some((event) => event.kind === 'live')) return 'replaced'
  // Events of one millisecond have no order among them, so the end is looked for, not taken from the last place.
  const started = own.findLast((event) => event.kind === 'started')?.at ?? ''
  const end = own.find(
    (event) => (event.kind === 'rolled-back' || event.kind === 'failed') && event.at >= started,
  )
  return end === undefined ? 'interrupted' : end.kind === 'failed' ? 'failed' : 'rolled back'
}
