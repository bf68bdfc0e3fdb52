import type { CommandName } from '../../domain/outcome.ts'
import { rolloutLock } from '../../release/lock.ts'
import { planRollout, type RolloutDecision } from '../../release/plan.ts'
import { message } from '../../runtime/events.ts'
import type { Report } from '../command.ts'
import { announce } from './announce.ts'
import { execute } from './execute.ts'
import { persist } from './failure.ts'
import { holdLock } from './hold.ts'
import { endedReport, plannedReport, refusedReport, unchangedReport } from './reports.ts'
import { COLUMNS, planLines, rolloutRows } from './show.ts'
import type { Site } from './site.ts'
import { type Survey, survey, type Wanted } from './survey.ts'
import { stillServes } from './unchanged.ts'

export interface CarryOptions {
  readonly command: CommandName
  readonly dryRun: boolean
  /** Milliseconds that a rollout of somebody else is waited for. */
  readonly waitLock: number
}

/** From what is wanted to a report: takes the lock, decides on what is true then, acts, frees the lock. */
export async function carry(site: Site, wanted: Wanted, options: CarryOptions): Promise<Report> {
  if (options.dryRun) {
    const surveyed = await look(site, wanted)
    const decision = planRollout(surveyed.input)
    show(site, decision)
    return decision.kind === 'refused'
      ? refusedReport(options, surveyed, decision)
      : plannedReport(options, surveyed, decision)
  }
  const { runtime, provider, ledger } = site
  const held = await holdLock(runtime, rolloutLock(provider.objects, ledger.uri), options.waitLock)
  try {
    const surveyed = await look(site, wanted)
    const decision = planRollout(surveyed.input)
    show(site, decision)
    if (decision.kind === 'refused') return refusedReport(options, surveyed, decision)
    if (decision.kind === 'no-change' && !surveyed.unfinished) {
      await stillServes(site, decision.plan)
      return await unchangedReport(site, options, decision.plan)
    }
    const announced = await announce(site, decision.plan)
    const ended = await execute(site, decision.plan, surveyed, held.lost)
    const report = await endedReport(site, options, decision.plan, ended)
    await announced.ended(ended.outcome, report.outputs['url'] ?? '')
    return report
  } finally {
    await held.free().catch((cause: unknown) => {
      runtime.log.emit(
        message('warning', `the lock was not freed, it ends by itself: ${(cause as Error).message}`),
      )
    })
  }
}

/** Time for reading everything, brief failures of a remote side included. */
const READING = 120_000

function look(site: Site, wanted: Wanted): Promise<Survey> {
  const { clock, signals } = site.runtime
  const time = Math.max(READING, site.provider.services.pace?.patience ?? 0)
  const limits = { deadline: clock.now() + time, signal: signals.cancelled }
  return persist(site.runtime, 'reading the environment', limits, () => survey(site, wanted))
}

function show({ runtime }: Site, decision: RolloutDecision): void {
  if (decision.kind === 'refused') return
  const { plan } = decision
  const title = plan.live === undefined ? 'first release' : `from release ${plan.live.sequence}`
  runtime.log.emit({
    kind: 'table',
    title,
    columns: [...COLUMNS.slice(0, 4), 'plan'],
    rows: rolloutRows(plan),
  })
  for (const line of planLines(plan)) runtime.log.emit(message('info', line))
}
