import { createDocument } from '@mixmark-io/domino'
import type { MetricResult, SliceResult, Verdict } from '../../domain/models/verdict.ts'
import type { ScoreCurves } from '../../gate/curves.ts'
import { boundOf, judgeInterval } from '../../gate/judge.ts'
import { shown, signedNumber } from '../../gate/reasons.ts'
import { htmlText } from '../foreign-text.ts'
import { meaning, nextStep, orderedReasons, primaryIsOpen } from './markdown.ts'
import { type FigureDocument, Figures } from './plots.ts'
import { STYLE } from './style.ts'

/** Nothing is loaded and nothing runs: the page is text, style and SVG. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"

const REASONS = 200

/** The verdict as one self-contained page, light and dark, for a screen and a phone. */
export function htmlReport(verdict: Verdict, curves: readonly ScoreCurves[] = []): string {
  const figures = new Figures(createDocument() as FigureDocument)
  const title = `${verdict.verdict}: ${verdict.model.name}`
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${htmlText(title)}</title><style>${STYLE}</style></head><body><main>`,
    header(verdict),
    card('Why', reasons(verdict)),
    pair(differences(verdict, figures), `${power(verdict, figures)}${slices(verdict, figures)}`),
    card('Metrics', metricsTable(verdict)),
    verdict.slices.length === 0 ? '' : card('Slices', slicesTable(verdict.slices)),
    scores(curves, figures),
    card('Record', record(verdict)),
    '</main></body></html>',
    '',
  ].join('\n')
}

/** Two columns where there is room for them. */
function pair(left: string, right: string): string {
  const stacks = [left, right]
    .filter((cards) => cards !== '')
    .map((cards) => `<div class="stack">${cards}</div>`)
  return stacks.length === 0 ? '' : `<div class="pair">${stacks.join('')}</div>`
}

function card(title: string, body: string): string {
  return body === '' ? '' : `<section class="card"><h2>${title}</h2>${body}</section>`
}

function header(verdict: Verdict): string {
  const { model, champion, dataset } = verdict
  const version = model.version === null ? '' : ` ${htmlText(model.version)}`
  const against =
    champion === null
      ? 'no champion yet'
      : `against champion ${htmlText(champion.version ?? champion.digest.slice(0, 19))}`
  const rows = dataset.rows === null ? 'without rows' : `on ${dataset.rows.toLocaleString('en-US')} rows`
  return `<header class="card verdict ${verdict.verdict}">
<p class="quiet">${htmlText(model.name)}${version} ${against}, ${rows}</p>
<h1><strong>${verdict.verdict[0]?.toUpperCase()}${verdict.verdict.slice(1)}</strong></h1>
<p>${meaning(verdict)}</p><p><b>Next:</b> ${nextStep(verdict)}</p></header>`
}

function reasons(verdict: Verdict): string {
  const ordered = orderedReasons(verdict.reasons)
  const items = ordered
    .slice(0, REASONS)
    .map(({ says, text }) => `<li class="${says}">${htmlText(text)}</li>`)
  const more = ordered.length > REASONS ? `<li>and ${ordered.length - REASONS} more in verdict.json</li>` : ''
  return `<ul class="reasons">${items.join('')}${more}</ul>`
}

/** The bound of a metric that a rule compares; null for the others. */
function boundFor(name: string, { policy }: Verdict): number | null {
  const rule = [policy.primary, ...policy.guards].find(({ metric }) => metric === name)
  return rule === undefined ? null : boundOf(rule)
}

function differences(verdict: Verdict, figures: Figures): string {
  const drawn = verdict.metrics.flatMap((metric) => {
    const bound = boundFor(metric.name, verdict)
    const says = metric.interval === null ? 'inconclusive' : judgeInterval(metric.interval, bound ?? 0)
    const svg = figures.difference(metric, bound, says)
    if (svg === '') return []
    const role = metric.name === verdict.policy.primary.metric ? ' (decides)' : ''
    const text = `${htmlText(metric.name)}${role}: ${signedNumber(metric.difference ?? 0)}`
    return [`<h3>${text}</h3><figure>${svg}</figure>`]
  })
  return drawn.length === 0
    ? ''
    : card(
        'Difference of each metric',
        `<p class="quiet">Challenger minus champion, signed so that right is better, with its interval.</p>${drawn.join('')}`,
      )
}

function power(verdict: Verdict, figures: Figures): string {
  if (verdict.power === null) return ''
  const primary = verdict.metrics.find(({ name }) => name === verdict.policy.primary.metric)
  const svg = figures.power(verdict.power, primary?.difference ?? null)
  if (svg === '') return ''
  const { detectable, needed } = verdict.power
  const more =
    needed !== null && primaryIsOpen(verdict)
      ? ` About ${needed.toLocaleString('en-US')} rows would settle it.`
      : ''
  return card(
    'Power',
    `<p class="quiet">How likely this gate promotes, by the true difference: solid with these rows, dashed with twice, dotted with four times as many.</p>
<figure>${svg}</figure><p class="quiet">Found with 80 %: ${shown(detectable ?? Number.NaN)} from the bound.${more}</p>`,
  )
}

function slices(verdict: Verdict, figures: Figures): string {
  const { policy } = verdict
  const margin = policy['slice-margin'] ?? policy.primary.margin ?? 0
  const svg = figures.slices(verdict.slices, -margin)
  return svg === ''
    ? ''
    : card(
        'Slices',
        `<p class="quiet">Each must not be worse than the margin, with Holm's correction.</p><figure>${svg}</figure>`,
      )
}

function scores(curves: readonly ScoreCurves[], figures: Figures): string {
  if (curves.length === 0) return ''
  const legend = `<p class="legend">${curves.map(({ model }) => `<span class="of-${model}">${model}</span>`).join('')}</p>`
  const drawn: readonly [string, string][] = [
    ['ROC', figures.roc(curves)],
    ['Precision and recall', figures.precisionRecall(curves)],
    ['Calibration', figures.calibration(curves)],
  ]
  return `<div class="three">${drawn.map(([title, svg]) => card(title, `${legend}<figure>${svg}</figure>`)).join('')}</div>`
}

function metricsTable({ metrics }: Verdict): string {
  if (metrics.length === 0) return ''
  return table(
    ['metric', '#champion', '#challenger', '#difference', 'interval', '#rows', 'method'],
    metrics.map((metric) => [metric.name, ...numbers(metric), metric.method ?? '']),
  )
}

function slicesTable(found: readonly SliceResult[]): string {
  return table(
    ['slice', '#champion', '#challenger', '#difference', 'interval', '#rows', 'says'],
    found.map((slice) => [`${slice.column} = ${slice.value}`, ...numbers(slice), slice.says]),
  )
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

/** Columns whose title starts with # hold numbers. */
function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const kind = (index: number): string => (columns[index]?.startsWith('#') ? ' class="number"' : '')
  const head = columns.map((column, i) => `<th${kind(i)}>${htmlText(column.replace('#', ''))}</th>`).join('')
  const body = rows
    .map((cells) => `<tr>${cells.map((cell, i) => `<td${kind(i)}>${htmlText(cell)}</td>`).join('')}</tr>`)
    .join('')
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`
}

function record(verdict: Verdict): string {
  const unchecked = verdict['unchecked']
  const facts: readonly [string, string | null][] = [
    ['model', verdict.model.digest],
    ['champion', verdict.champion?.digest ?? null],
    ['evidence', verdict.evidence],
    ['data set', verdict.dataset.digest],
    ['image', verdict.image],
    ['code', verdict.code],
    ['seed', verdict.seed === null ? null : String(verdict.seed)],
    ['look', `${verdict.look} of ${verdict.policy.looks}`],
    ['not checked', Array.isArray(unchecked) && unchecked.length > 0 ? unchecked.join(', ') : null],
  ]
  const items = facts.map(
    ([name, value]) => `<dt>${name}</dt><dd>${value === null ? '–' : htmlText(value)}</dd>`,
  )
  return `<dl>${items.join('')}</dl>`
}
