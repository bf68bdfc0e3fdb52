import type { MetricResult, Reason, SliceResult, Verdict } from '../../domain/models/verdict.ts'
import { shown, signedNumber } from '../../gate/reasons.ts'
import { markdownText } from '../foreign-text.ts'

const HEADLINE = {
  promote: 'Promote',
  reject: 'Reject',
  inconclusive: 'Inconclusive',
} as const

/** The verdict for a job summary or a pull request: the answer first, then why, then the numbers. */
export function markdownReport(verdict: Verdict): string {
  const { model, champion, dataset } = verdict
  const name = `model ${markdownText(model.name)}${model.version === null ? '' : ` version ${markdownText(model.version)}`}`
  const against =
    champion === null
      ? 'There is no champion yet'
      : `Compared with the champion${champion.version === null ? '' : `, version ${markdownText(champion.version)}`}`
  const rows = dataset.rows === null ? '' : ` on ${dataset.rows.toLocaleString('en-US')} rows`
  return [
    `### ${HEADLINE[verdict.verdict]}: ${name}`,
    '',
    meaning(verdict),
    '',
    `${against}${rows}.`,
    '',
    ...list(verdict),
    ...metricsTable(verdict),
    ...slicesTable(verdict.slices),
    ...power(verdict),
    '',
    `**Next:** ${nextStep(verdict)}`,
    '',
    ...fineprint(verdict),
    '',
  ].join('\n')
}

export function meaning({ verdict }: Pick<Verdict, 'verdict'>): string {
  switch (verdict) {
    case 'promote':
      return 'Every rule is met: the new model may replace the champion.'
    case 'reject':
      return 'The evidence shows a breach: the new model must not replace the champion.'
    case 'inconclusive':
      return 'The evidence does not settle it. A person decides, or more rows do; nothing moves by itself.'
    default:
      return verdict satisfies never
  }
}

/** Whether the primary comparison itself is what more rows would settle. */
export function primaryIsOpen({ reasons }: Pick<Verdict, 'reasons'>): boolean {
  return reasons.some(({ rule, says }) => rule === 'primary' && says === 'inconclusive')
}

export function nextStep(of: Pick<Verdict, 'verdict' | 'power' | 'reasons'>): string {
  const { verdict, power } = of
  switch (verdict) {
    case 'promote':
      return 'roll it out; the alias champion moves once the release is live.'
    case 'reject':
      return 'keep the champion; mend what the reasons name, train again and evaluate again.'
    case 'inconclusive':
      return power?.needed == null || !primaryIsOpen(of)
        ? 'evaluate on more rows of what the reasons name, or let a person approve it.'
        : `evaluate on about ${power.needed.toLocaleString('en-US')} rows, or let a person approve it.`
    default:
      return verdict satisfies never
  }
}

const MARKS = { promote: '✅', reject: '❌', inconclusive: '❔' } as const
const ORDER = { reject: 0, inconclusive: 1, promote: 2 } as const

/** As many reasons as a person reads; the others are counted. */
const REASONS = 30

/** Reasons, the ones that decide first. */
export function orderedReasons(reasons: readonly Reason[]): Reason[] {
  return reasons.toSorted((a, b) => ORDER[a.says] - ORDER[b.says])
}

function list({ reasons }: Verdict): string[] {
  const ordered = orderedReasons(reasons)
  const lines = ordered.slice(0, REASONS).map(({ says, text }) => `- ${MARKS[says]} ${markdownText(text)}`)
  const more = ordered.length - lines.length
  return [...lines, ...(more > 0 ? [`- and ${more} more in verdict.json`] : []), '']
}

function metricsTable({ metrics, policy }: Verdict): string[] {
  if (metrics.length === 0) return []
  return [
    '| metric | champion | challenger | difference (better is positive) | interval | rows | method |',
    '| --- | ---: | ---: | ---: | --- | ---: | --- |',
    ...metrics.map((metric) => {
      const role = metric.name === policy.primary.metric ? ' (decides)' : ''
      return row([
        `${markdownText(metric.name)}${role}`,
        ...numbers(metric),
        markdownText(metric.method ?? ''),
      ])
    }),
    '',
  ]
}

function slicesTable(slices: readonly SliceResult[]): string[] {
  if (slices.length === 0) return []
  return [
    '| slice | champion | challenger | difference | interval (Holm) | rows | |',
    '| --- | ---: | ---: | ---: | --- | ---: | --- |',
    ...slices
      .slice(0, 50)
      .map((slice) =>
        row([markdownText(`${slice.column} = ${slice.value}`), ...numbers(slice), MARKS[slice.says]]),
      ),
    ...(slices.length > 50
      ? [row([`${slices.length - 50} more in verdict.json`, '', '', '', '', '', ''])]
      : []),
    '',
  ]
}

function numbers({ champion, challenger, difference, interval, n }: MetricResult): string[] {
  const value = (number: number | null): string => (number === null ? '–' : shown(number))
  return [
    value(champion),
    value(challenger),
    difference === null ? '–' : signedNumber(difference),
    interval === null ? '–' : `${signedNumber(interval[0])} to ${signedNumber(interval[1])}`,
    n === null ? '–' : n.toLocaleString('en-US'),
  ]
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

function power({ power: found, policy }: Verdict): string[] {
  if (found?.detectable == null) return []
  const equal = found['equal']
  const chance = typeof equal === 'number' ? `${(equal * 100).toFixed(0)} %` : 'unknown'
  const rule =
    policy.primary.rule === 'noninferior'
      ? `An equal model would have been promoted with a probability of ${chance}.`
      : `An equal model would have been promoted with a probability of ${chance}, as the policy allows.`
  return [`Smallest difference that these rows find with 80 % power: ${shown(found.detectable)}. ${rule}`]
}

function fineprint(verdict: Verdict): string[] {
  const unchecked = verdict['unchecked']
  const open =
    Array.isArray(unchecked) && unchecked.length > 0 ? [`not checked: ${unchecked.join(', ')}`] : []
  const facts = [
    `model \`${verdict.model.digest}\``,
    ...(verdict.champion === null ? [] : [`champion \`${verdict.champion.digest}\``]),
    `evidence \`${verdict.evidence}\``,
    `data set ${markdownText(verdict.dataset.digest)}`,
    ...(verdict.image === null ? [] : [`image ${markdownText(verdict.image)}`]),
    ...(verdict.code === null ? [] : [`code ${markdownText(verdict.code)}`]),
    `seed ${verdict.seed ?? 'not recorded'}`,
    `look ${verdict.look} of ${verdict.policy.looks}`,
    ...open,
  ]
  return ['<details><summary>Record</summary>', '', ...facts.map((fact) => `- ${fact}`), '', '</details>']
}
