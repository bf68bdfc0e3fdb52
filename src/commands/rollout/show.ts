import { parseImageReference, shortDigest } from '../../domain/digest.ts'
import type { ServedModel } from '../../domain/models/model.ts'
import { formatDuration } from '../../domain/quantity.ts'
import { describeCheck } from '../../release/check-plan.ts'
import type { RolloutPlan, ServiceAction } from '../../release/plan.ts'
import { markdownText } from '../../report/foreign-text.ts'

export const COLUMNS = ['service', 'from', 'to', 'traffic', 'result'] as const

/** One row a service: what serves, what shall serve, its share of the traffic, and how it ended (or what is planned). */
export function rolloutRows(
  plan: RolloutPlan,
  ended?: { readonly live: boolean; readonly outcome: string },
): string[][] {
  return plan.actions.map((action) => {
    switch (action.kind) {
      case 'start': {
        const { service, from, image, models } = action
        const [before, after] = changeOf(from, { image, models })
        const traffic = ended === undefined ? `${plan.steps.join(', ')} %` : ended.live ? '100 %' : '0 %'
        return [service.name, before, after, traffic, ended === undefined ? 'start' : ended.outcome]
      }
      case 'keep': {
        const what = runs(action.image, action.models)
        return [action.service.name, what, what, '100 %', 'unchanged']
      }
      case 'remove':
        return [action.name, 'running', 'nothing', '0 %', ended?.live === true ? 'stopped' : 'stop']
      default:
        return action satisfies never
    }
  })
}

interface Running {
  readonly image: string
  readonly models: readonly ServedModel[]
}

/** Both sides in words; where only the models or only the image change, that alone, so that it fits a terminal. */
function changeOf(from: Running | null, to: Running): readonly [before: string, after: string] {
  if (from === null) return ['nothing', runs(to.image, to.models)]
  if (from.image === to.image && modelNames(from) !== modelNames(to))
    return [modelNames(from), modelNames(to)]
  if (modelNames(from) === modelNames(to)) return [runs(from.image, []), runs(to.image, [])]
  return [runs(from.image, from.models), runs(to.image, to.models)]
}

const modelNames = ({ models }: Running): string =>
  models.map((model) => `${model.name} ${model.version}`).join(', ') || 'no model'

/** `1f2e3d4c5b6a, sentiment 7`. */
export function runs(image: string, models: readonly ServedModel[]): string {
  const digest = parseImageReference(image)?.digest
  const parts = models.map((model) => `${model.name} ${model.version}`)
  return [digest === undefined ? image : shortDigest(digest), ...parts].join(', ')
}

/** Nothing but an address: it may be a link. */
const ADDRESS = /^https?:\/\/[\w.:/-]+$/

/** Cells are foreign text: none may end its cell, start a link of its own or mention anybody (promise R6). */
export function markdownTable(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const cell = (text: string): string => (ADDRESS.test(text) ? text : markdownText(text))
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`
  return [line(columns), `| ${columns.map(() => '---').join(' | ')} |`, ...rows.map(line)].join('\n')
}

/** The way from release to release as a Mermaid graph, for the job summary. */
export function rolloutGraph(plan: RolloutPlan): string {
  const lines = ['```mermaid', 'flowchart LR']
  const before = plan.live === undefined ? 'nothing live' : `release ${plan.live.sequence}`
  const moving = plan.actions.filter((action) => action.kind === 'start')
  lines.push(`  before["${before}"]`)
  let last = 'before'
  for (const percent of moving.length === 0 ? [] : plan.steps) {
    lines.push(`  ${last} --> s${percent}["${percent} %"]`)
    last = `s${percent}`
  }
  for (const [i, action] of moving.entries()) {
    lines.push(`  ${last} --> service${i}["${nameOf(action)}"]`)
  }
  return [...lines, '```'].join('\n')
}

const nameOf = (action: ServiceAction): string =>
  action.kind === 'remove' ? action.name : action.service.name

/** What the plan will do, one sentence a line. */
export function planLines({ policy, steps, notes, aliases }: RolloutPlan): readonly string[] {
  const checks = policy.checks.map(describeCheck).join(', ') || 'health alone'
  return [
    `steps ${steps.map((step) => `${step} %`).join(', ')}; each watched for ${formatDuration(policy.bake)} by ${checks}`,
    ...aliases.map(({ model, from, to }) => `champion of ${model}: ${from ?? 'none'} to ${to}, once live`),
    ...notes,
  ]
}
