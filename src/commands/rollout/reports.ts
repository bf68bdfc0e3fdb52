import { join } from 'node:path'
import { problemLine } from '../../domain/error.ts'
import type { Outcome } from '../../domain/outcome.ts'
import { openUrl } from '../../release/open-url.ts'
import type { RolloutDecision, RolloutPlan } from '../../release/plan.ts'
import type { Report } from '../command.ts'
import { announceLive } from './announce.ts'
import type { CarryOptions } from './carry.ts'
import type { Ended } from './execute.ts'
import { COLUMNS, markdownTable, rolloutGraph, rolloutRows } from './show.ts'
import type { Site } from './site.ts'
import type { Survey } from './survey.ts'

export function refusedReport(
  { command }: CarryOptions,
  { input }: Survey,
  { outcome, problems }: Extract<RolloutDecision, { kind: 'refused' }>,
): Report {
  const remedies = [...new Set(problems.flatMap(({ remedy }) => (remedy === undefined ? [] : [remedy])))]
  const text = problems.map(problemLine).join('\n')
  return {
    command,
    outcome,
    message: text,
    ...(remedies.length === 0 ? {} : { remedy: remedies.join('\n') }),
    outputs: { release: '', previous: input.live?.id ?? '', url: '' },
    data: { reasons: problems.map(({ what }) => what) },
    summary: `### Rollout refused\n\n${markdownTable(
      ['why'],
      problems.map((problem) => [problem.what]),
    )}\n`,
  }
}

export function plannedReport(
  { command }: CarryOptions,
  { unfinished }: Survey,
  { kind, plan }: Exclude<RolloutDecision, { kind: 'refused' }>,
): Report {
  const rows = rolloutRows(plan)
  const nothing = kind === 'no-change' && !unfinished
  return {
    command,
    outcome: 'done',
    message: nothing ? 'nothing would change' : `would roll out ${plan.actions.length} services`,
    outputs: { release: plan.id, previous: plan.live?.id ?? '', url: '' },
    data: { plan: planData(plan), changes: !nothing },
    summary: `### Rollout plan\n\n${markdownTable([...COLUMNS.slice(0, 4), 'plan'], rows)}\n\n${rolloutGraph(plan)}\n`,
  }
}

export async function unchangedReport(
  site: Site,
  { command }: CarryOptions,
  plan: RolloutPlan,
): Promise<Report> {
  const { live } = plan
  const url = await firstUrl(site)
  if (live !== undefined) {
    await writeRelease(site, live)
    await announceLive(site, live.id, url)
  }
  return {
    command,
    outcome: 'done',
    message: `no change: release ${live?.sequence} is live and serves this already${waitingText(plan)}`,
    ...waitingRemedy(plan),
    outputs: { release: plan.id, previous: live?.previous ?? '', url },
    data: { changes: false, sequence: live?.sequence ?? null, waiting: plan.waiting },
    summary: `### No change\n\nRelease ${live?.sequence} is live.\n`,
  }
}

export async function endedReport(
  site: Site,
  { command }: CarryOptions,
  plan: RolloutPlan,
  ended: Ended,
): Promise<Report> {
  const { outcome, release, why, remedy } = ended
  const live = outcome === 'done'
  if (live) await writeRelease(site, release)
  const rows = rolloutRows(plan, { live, outcome: RESULT[outcome] ?? outcome })
  const { log } = site.runtime
  const text = live ? why + waitingText(plan) : why
  log.emit({ kind: 'progress', task: 'rollout', state: live ? 'done' : 'failed', text })
  log.emit({ kind: 'table', title: `release ${release.sequence}`, columns: COLUMNS, rows })
  return {
    command,
    outcome,
    message: text,
    ...(remedy === undefined ? waitingRemedy(plan) : { remedy }),
    outputs: { release: release.id, previous: plan.live?.id ?? '', url: await firstUrl(site) },
    data: {
      sequence: release.sequence,
      changes: true,
      services: release.services,
      waiting: plan.waiting,
    },
    summary: `### Release ${release.sequence}: ${RESULT[outcome] ?? outcome}\n\n${markdownTable(COLUMNS, rows)}\n\n${rolloutGraph(plan)}\n`,
  }
}

/** What this release could not bring yet. */
const waitingText = ({ waiting }: RolloutPlan): string =>
  waiting.length === 0 ? '' : `; not started before a first verdict: ${waiting.join(', ')}`

const waitingRemedy = ({ waiting }: RolloutPlan) =>
  waiting.length === 0 ? {} : { remedy: 'train and evaluate the model, then roll out again' }

const RESULT: Partial<Record<Outcome, string>> = { done: 'deployed', 'timed-out': 'timed out' }

function planData({ id, actions, steps, policy, aliases, leftovers, waiting, notes, forced }: RolloutPlan) {
  return {
    id,
    services: actions.map((action) =>
      action.kind === 'remove'
        ? { action: action.kind, service: action.name }
        : {
            action: action.kind,
            service: action.service.name,
            from: action.from?.image ?? null,
            to: action.image,
            models: action.models,
          },
    ),
    steps,
    bake: policy.bake,
    checks: policy.checks,
    aliases,
    leftovers,
    waiting,
    notes,
    ...(forced === undefined ? {} : { forced }),
  }
}

/** Address of the first public service, else of the first that has one. */
async function firstUrl({ system, provider }: Site): Promise<string> {
  const services = Object.values(system.services).toSorted((a, b) => Number(b.public) - Number(a.public))
  for (const { name } of services) {
    const { url } = await provider.services.describe(name).catch(() => ({ url: null }))
    const open = openUrl(system, name, url)
    if (open !== null) return open
  }
  return ''
}

async function writeRelease({ runtime, state }: Site, release: object): Promise<void> {
  await runtime.files.write(join(state, 'release.json'), `${JSON.stringify(release, null, 2)}\n`)
}
