import { shortDigest } from '../../domain/digest.ts'
import type { PlanChange, PlanFile, StackPlan } from '../../domain/plans/plan.ts'
import { PLAN_ACTIONS, type PlanCounts } from '../../domain/plans/plan-counts.ts'
import type { ChangeKind, PlanValues } from '../../plan/values.ts'
import { codeSpan, markdownText } from '../foreign-text.ts'
import { planGraph } from './graph.ts'
import { endangersData, MARKS, VERBS, whyOf } from './words.ts'

/** The plan of an environment, or a document whose engine nobody knows. */
export type ShownPlan = Pick<PlanFile, 'environment' | 'counts' | 'stacks' | 'fingerprint'> &
  Partial<Pick<PlanFile, 'engine'>>

/** Characters of a comment on GitHub. */
export const COMMENT_LIMIT = 65_536

export interface PlanReportOptions {
  /** Characters that fit. */
  readonly limit: number
  /** First line, by which the comment is found again: an HTML comment of Sluice's own. */
  readonly marker?: string
  /** Address of the run that planned. */
  readonly run?: string
  readonly commit?: string
  /** Values beside the names, where the team has asked for them. */
  readonly values?: Pick<PlanValues, 'of'>
}

/** So many of the loudest and of the stacks are listed; all are counted. */
const LISTED = 40

/**
 * A plan for people: what may cost data first, then the counts, then every change folded, with addresses and names of
 * attributes and no value (promise R6). What does not fit is left out and counted.
 */
export function planMarkdown(plan: ShownPlan, options: PlanReportOptions): string {
  const head = [
    ...(options.marker === undefined ? [] : [options.marker]),
    `### Plan for ${markdownText(plan.environment)}: ${headline(plan)}`,
    '',
    ...danger(plan),
    ...failedChecks(plan),
    ...stackTable(plan),
    '',
    ...planGraph(plan),
  ]
  const foot = ['', footer(plan, options), '']
  const room = options.limit - length(head) - length(foot)
  return [...head, ...details(plan, room, options), ...foot].join('\n')
}

/** `3 to create, 1 to replace`: in the order of plan's own words, loudest first. */
export function headline({ counts, stacks }: Pick<ShownPlan, 'counts' | 'stacks'>): string {
  const parts = PLAN_ACTIONS.filter(
    (action) => action !== 'noop' && action !== 'read' && counts[action] > 0,
  ).map((action) => `${number(counts[action])} to ${VERBS[action]}`)
  if (counts.import > 0) parts.push(`${number(counts.import)} to import`)
  if (counts.move > 0) parts.push(`${number(counts.move)} to move`)
  const deferred = stacks.filter(({ state }) => state === 'deferred').length
  if (deferred > 0) parts.push(`${deferred} ${deferred === 1 ? 'stack' : 'stacks'} deferred`)
  if (parts.length > 0) return parts.join(', ')
  const outputs = stacks.some((stack) => stack.outputs.length > 0)
  return outputs ? 'only outputs change' : 'nothing changes'
}

function danger({ stacks }: ShownPlan): string[] {
  const found = stacks.flatMap(({ stack, changes }) =>
    changes.filter(endangersData).map((change) => ({ stack, change })),
  )
  if (found.length === 0) return []
  const lines = found.slice(0, LISTED).map(({ stack, change }) => {
    const why = whyOf(change)
    return `> - **${VERBS[change.action]}** ${codeSpan(change.address)} in ${markdownText(stack)}${why === '' ? '' : `: ${markdownText(why)}`}`
  })
  const more = found.length - lines.length
  return [
    '> [!CAUTION]',
    `> **Data may be lost.** ${number(found.length)} ${found.length === 1 ? 'change ends' : 'changes end'} what holds data, or what protects it:`,
    '>',
    ...lines,
    ...(more > 0 ? [`> - and ${number(more)} more`] : []),
    '',
  ]
}

function failedChecks({ stacks }: ShownPlan): string[] {
  const failed = stacks.flatMap(({ checks }) => checks).filter(({ status }) => status !== 'pass')
  if (failed.length === 0) return []
  const lines = failed.slice(0, LISTED).map(({ address, status }) => `> - ${codeSpan(address)}: ${status}`)
  const more = failed.length - lines.length
  return [
    '> [!WARNING]',
    '> **Checks that do not pass:**',
    '>',
    ...lines,
    ...(more > 0 ? [`> - and ${number(more)} more`] : []),
    '',
  ]
}

const COLUMNS = ['create', 'update', 'replace', 'delete', 'forget', 'import', 'move'] as const

function stackTable({ stacks, counts }: ShownPlan): string[] {
  const columns = COLUMNS.filter((column) => counts[column] > 0)
  if (columns.length === 0) return []
  const row = (name: string, of: PlanCounts, note = ''): string =>
    `| ${[name, ...columns.map((column) => (of[column] === 0 ? '' : number(of[column]))), note].join(' | ')} |`
  const shown = stacks.slice(0, LISTED)
  const left = stacks.length - shown.length
  return [
    `| stack | ${columns.join(' | ')} | |`,
    `| --- |${columns.map(() => ' --: |').join('')} --- |`,
    ...shown.map((stack) => row(markdownText(stack.stack), stack.counts, noteOf(stack))),
    ...(left > 0 ? [`| and ${number(left)} more |${' |'.repeat(columns.length + 1)}`] : []),
    ...(stacks.length > 1 ? [row('**all**', counts)] : []),
    '',
  ]
}

function noteOf({ state, changes, drift, outputs }: StackPlan): string {
  // What reads another stack is not planned at all, so it has no changes.
  const why =
    changes.length > 0
      ? 'an image of a function is not built yet'
      : 'reads what another stack has only after apply'
  return [
    ...(state === 'deferred' ? [`deferred: ${why}`] : []),
    ...(drift.length > 0 ? [`${number(drift.length)} drifted`] : []),
    ...(outputs.length > 0 ? [`${number(outputs.length)} outputs`] : []),
  ].join('; ')
}

/** Every change, folded stack by stack, until the room is used up. */
function details({ stacks }: ShownPlan, room: number, { run, values }: PlanReportOptions): string[] {
  const lines: string[] = []
  let left = room - 300 // for the sentence about what was left out, and the end of a fold
  let omitted = 0
  for (const { stack, changes, drift } of stacks) {
    for (const [kind, one, title, list] of [
      ['change', 'change', 'changes', changes],
      ['drift', 'drifted outside of Sluice', 'drifted outside of Sluice', drift],
    ] as const) {
      if (list.length === 0) continue
      const fold = [
        `<details><summary>${markdownText(stack)}: ${number(list.length)} ${list.length === 1 ? one : title}</summary>`,
        '',
        '| | resource | why | attributes |',
        '| --- | --- | --- | --- |',
      ]
      const end = ['', '</details>', '']
      const cost = length(fold) + length(end)
      if (cost > left) {
        omitted += list.length
        continue
      }
      left -= cost
      lines.push(...fold)
      for (const change of ordered(list)) {
        const row = rowOf(change, (attribute) =>
          values?.of(stack, kind satisfies ChangeKind, change, attribute),
        )
        if (row.length + 1 > left || omitted > 0) omitted++
        else {
          left -= row.length + 1
          lines.push(row)
        }
      }
      lines.push(...end)
    }
  }
  if (omitted === 0) return lines
  const where = run === undefined ? 'plan.json' : `[the run](${encodeURI(run)})`
  return [
    ...lines,
    `**${number(omitted)} more do not fit here**; the counts above are whole, and ${where} has all of them.`,
    '',
  ]
}

/** Loudest first, then by address. */
function ordered(changes: readonly PlanChange[]): PlanChange[] {
  return changes.toSorted((a, b) => PLAN_ACTIONS.indexOf(a.action) - PLAN_ACTIONS.indexOf(b.action))
}

/** Names of attributes that fit a cell. */
const NAMES = 12

function rowOf(change: PlanChange, shownOf: (attribute: string) => string | undefined): string {
  const { action, address, attributes, unknown } = change
  const later = new Set(unknown)
  const names = action === 'create' ? attributes.filter((name) => shownOf(name) !== undefined) : attributes
  const shown = names.slice(0, NAMES).map((name) => {
    const value = shownOf(name)
    if (value !== undefined) return `${codeSpan(name)}: ${codeSpan(value)}`
    return codeSpan(name) + (later.has(name) ? ' (known after apply)' : '')
  })
  const more = names.length - shown.length
  const list = [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join(', ')
  return `| ${MARKS[action]} ${VERBS[action]} | ${codeSpan(address)} | ${markdownText(whyOf(change))} | ${list} |`
}

function footer({ engine, fingerprint }: ShownPlan, { run, commit, values }: PlanReportOptions): string {
  const parts = [
    `fingerprint \`${shortDigest(fingerprint)}\``,
    ...(engine === undefined ? [] : [`${engine.name} ${markdownText(engine.version)}`]),
    ...(commit === undefined ? [] : [`commit \`${commit.slice(0, 12).replace(/[^0-9a-f]/g, '')}\``]),
    ...(run === undefined ? [] : [`[run](${encodeURI(run)})`]),
  ]
  const told =
    values === undefined
      ? 'Names only: values stay in the saved plan.'
      : 'Values were asked for; sensitive ones are hidden.'
  return `<sub>${parts.join(' · ')}. ${told}</sub>`
}

function number(value: number): string {
  return value.toLocaleString('en-US')
}

function length(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + line.length + 1, 0)
}
