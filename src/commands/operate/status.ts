import { parseImageReference, shortDigest } from '../../domain/digest.ts'
import { formatDuration } from '../../domain/quantity.ts'
import type { MachineStatus } from '../../providers/ports/operations.ts'
import type { ServiceStatus } from '../../providers/ports/services.ts'
import { openUrl } from '../../release/open-url.ts'
import { servedRevision } from '../../release/serving.ts'
import type { Report } from '../command.ts'
import { describeAll } from '../rollout/described.ts'
import { withCost } from './cost.ts'
import { type Post, tableReport } from './post.ts'

const COLUMNS = ['service', 'status', 'desired', 'running', 'image', 'model', 'age', 'health', 'url'] as const

/** What every service runs, as the platform reports it; on request also what that costs. */
export async function status(post: Post): Promise<Report> {
  const { site, services } = post
  const found = await describeAll(site.provider.services, services)
  const statuses = found.map((one) => ({ ...one, url: openUrl(site.system, one.service, one.url) }))
  const live = await site.ledger.live()
  const now = site.runtime.clock.now()
  const machines = (await site.provider.operations.rest?.machines?.()) ?? []
  const rows = [
    ...statuses.flatMap((one) => statusRows(one, now)),
    ...machines.map((one) => machineRow(one, now)),
  ]
  const at = live === undefined ? 'nothing is live yet' : `release ${live.value.sequence} is live`
  const { name } = site.system.environment
  const report = tableReport(
    site,
    { title: `${site.system.name} in ${name}`, columns: COLUMNS, rows, below: 1 },
    at,
    {
      release: live?.value.id ?? null,
      sequence: live?.value.sequence ?? null,
      services: statuses,
      ...(machines.length === 0 ? {} : { machines }),
    },
  )
  return post.options.cost === true ? withCost(post, report, statuses) : report
}

/** One row a revision that has traffic or is on its way; one row for a service without any. */
export function statusRows({ service, state, url, revisions }: ServiceStatus, now: number): string[][] {
  if (revisions.length === 0) return [[service, state, '0', '0', '-', '-', '-', '-', url ?? '-']]
  const served = servedRevision({ service, state, url, revisions })
  return revisions
    .filter((one) => one === served || state === 'rolling')
    .map((one) => {
      const digest = parseImageReference(one.image)?.digest
      return [
        service,
        state === 'rolling' ? `rolling, ${one.weight} %` : state,
        String(one.desired),
        String(one.running),
        digest === undefined ? one.image : shortDigest(digest),
        one.models.map(({ name, version }) => `${name} ${version}`).join(', ') || '-',
        formatDuration(Math.max(0, now - one.createdAt)),
        one.healthy ? 'healthy' : state === 'paused' ? '-' : (one.trouble ?? 'not healthy'),
        url ?? '-',
      ]
    })
}

/** A machine that a worker has or had last. */
export function machineRow(machine: MachineStatus, now: number): string[] {
  const { worker, state, runs, since, trouble, version, activity, shell } = machine
  const running = state === 'running' ? '1' : '0'
  const age = since === null ? '-' : formatDuration(Math.max(0, now - since))
  return [
    worker,
    activity === undefined ? state : `${state}, ${activity}`,
    running,
    running,
    version === undefined || version === null ? runs : `${runs}, template ${version}`,
    '-',
    age,
    trouble ?? '-',
    shell ?? '-',
  ]
}
