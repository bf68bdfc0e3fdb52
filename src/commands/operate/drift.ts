import type { ServiceStatus } from '../../providers/ports/services.ts'
import { driftOf } from '../../release/drift.ts'
import type { Report } from '../command.ts'
import { describeAll } from '../rollout/described.ts'
import { type Post, tableReport } from './post.ts'

/** What is served against what the ledger says; changes nothing. */
export async function drift({ site, services }: Post): Promise<Report> {
  const live = await site.ledger.live()
  const names = new Set([...services, ...Object.keys(live?.value.release.services ?? {})])
  const statuses: Record<string, ServiceStatus> = {}
  for (const one of await describeAll(site.provider.services, names)) statuses[one.service] = one
  const differences = driftOf(live?.value.release, statuses)
  const rows = differences.map(({ service, what, ledger, served }) => [service, what, ledger, served])
  const table = { title: 'drift', columns: ['service', 'what', 'ledger', 'served'], rows }
  if (differences.length === 0)
    return tableReport(site, table, 'what is served is what was released', { differences })
  const names_ = [...new Set(differences.map((one) => one.service))].join(', ')
  return tableReport(
    site,
    table,
    `what is served is not what was released: ${names_}`,
    { differences },
    {
      outcome: 'refused',
      remedy: 'run "sluice rollout" to bring it back to the release, or find out who changed it',
    },
  )
}
