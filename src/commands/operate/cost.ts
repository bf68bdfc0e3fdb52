import { usageError } from '../../domain/error.ts'
import type { ServiceStatus } from '../../providers/ports/services.ts'
import { monthly, type RunningCost, runningCost } from '../../release/running-cost.ts'
import type { Report } from '../command.ts'
import { type Post, tableReport } from './post.ts'

/** The report with what the environment costs as it runs now. */
export async function withCost(
  { site, options }: Post,
  report: Report,
  statuses: readonly ServiceStatus[],
): Promise<Report> {
  const { system, provider } = site
  if (options.service !== undefined && options.service !== '') {
    throw usageError({
      what: `--cost with --service ${options.service}`,
      rule: 'the cost is that of the whole environment',
      remedy: 'leave one of the two out',
    })
  }
  const stopped = (await provider.operations.rest?.stopped()) ?? []
  const cost = runningCost(system, { statuses, stopped })
  if (cost === undefined) {
    const { cloud, region } = system.environment
    const why =
      cloud === 'local'
        ? 'this machine costs nothing more'
        : `Sluice has no prices of ${region ?? 'its region'}`
    return { ...report, message: `${report.message}; ${why}`, data: { ...report.data, cost: null } }
  }
  const table = tableReport(
    site,
    { title: 'cost', columns: ['what', 'an hour', 'a month'], rows: rowsOf(cost) },
    textOf(cost),
    {},
  )
  return {
    ...report,
    message: `${report.message}; ${table.message}`,
    outputs: { table: `${report.outputs['table']}\n\n${table.outputs['table']}` },
    data: { ...report.data, cost: { ...cost, hourly: hourlyOf(cost) } },
    summary: `${report.summary}\n${table.summary}\n${table.message}\n`,
  }
}

const hourlyOf = ({ lines }: RunningCost): number => lines.reduce((sum, { hourly }) => sum + hourly, 0)

function rowsOf(cost: RunningCost): string[][] {
  const lines = [...cost.lines, { what: 'together', hourly: hourlyOf(cost) }]
  return lines.map(({ what, hourly }) => [what, `$${hourly.toFixed(4)}`, `$${monthly(hourly).toFixed(2)}`])
}

function textOf(cost: RunningCost): string {
  const without = cost.unpriced.length === 0 ? '' : `; not in it: ${cost.unpriced.join(', ')}`
  return `at least $${monthly(hourlyOf(cost)).toFixed(2)} a month at list prices of ${cost.region} of ${cost.asOf}, without use, traffic and discounts${without}`
}
