import { SluiceError, usageError } from '../../domain/error.ts'
import type { ServiceStatus } from '../../providers/ports/services.ts'
import { billedDays, billedText } from '../../release/billed.ts'
import { monthly, type RunningCost, runningCost } from '../../release/running-cost.ts'
import type { Report } from '../command.ts'
import { type Post, tableReport } from './post.ts'

/** The report with what the environment costs as it runs now, and what of it is on the bill. */
export async function withCost(
  post: Post,
  report: Report,
  statuses: readonly ServiceStatus[],
): Promise<Report> {
  return withBilled(post, await withEstimate(post, report, statuses))
}

/** The bill comes from others and is no condition of a status: what cannot be read is told, and fails nothing. */
async function withBilled({ site }: Post, report: Report): Promise<Report> {
  const { provider, runtime } = site
  if (provider.billing === undefined) return report
  const { since, before } = billedDays(runtime.clock.now())
  try {
    const billed = await provider.billing.billed(since, before)
    const text = billedText(billed, since)
    const rows = billed.lines.map(({ stack, amount }) => [stack || 'no stack', amount.toFixed(2)])
    const columns = ['stack', `billed, ${billed.currency}`]
    return billed.lines.length === 0
      ? withText(report, text, { since, ...billed })
      : joined(report, tableReport(site, { title: 'billed', columns, rows }, text, {}), {
          billed: { since, ...billed },
        })
  } catch (error) {
    runtime.signals.cancelled.throwIfAborted()
    return withText(report, `what was billed is not known: ${reasonOf(error)}`, null)
  }
}

function withText(report: Report, text: string, billed: object | null): Report {
  return {
    ...report,
    message: `${report.message}; ${text}`,
    data: { ...report.data, billed },
    summary: `${report.summary}\n${text}\n`,
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof SluiceError)) return (error as Error).message
  const rule = error.problems[0]?.rule
  return rule === undefined ? error.message : `${error.message} (${rule})`
}

async function withEstimate(
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
  return joined(report, table, { cost: { ...cost, hourly: hourlyOf(cost) } })
}

/** One report, with the table of another below its own. */
function joined(report: Report, table: Report, data: Report['data']): Report {
  return {
    ...report,
    message: `${report.message}; ${table.message}`,
    outputs: { table: `${report.outputs['table']}\n\n${table.outputs['table']}` },
    data: { ...report.data, ...data },
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
