import { shortDigest } from '../../domain/digest.ts'
import type { ModelVersion } from '../../domain/models/model.ts'
import type { StepGraph } from '../../domain/pipeline/graph.ts'
import { formatDuration } from '../../domain/quantity.ts'
import type { StepResult } from './run-steps.ts'

export interface TrainSummary {
  readonly pipeline: string
  readonly graph: StepGraph
  readonly results: readonly StepResult[]
  readonly model: ModelVersion | undefined
}

const COLOURS: Readonly<Record<StepResult['state'], string>> = {
  ran: 'fill:#1a7f37,color:#ffffff',
  skipped: 'fill:#d0d7de,color:#1f2328',
  failed: 'fill:#cf222e,color:#ffffff',
  stopped: 'fill:#bf8700,color:#ffffff',
  'not-reached': 'fill:#ffffff,color:#656d76,stroke-dasharray:4',
}

/** Markdown for the job summary: the graph of the run, coloured by result, a table, and the model. */
export function trainSummary({ pipeline, graph, results, model }: TrainSummary): string {
  const rows = results.map(
    ({ step, state, reason, durationMs }) =>
      `| ${cell(step)} | ${state} | ${durationMs === null ? '' : formatDuration(durationMs)} | ${cell(reason)} |`,
  )
  const lines = [
    `### Pipeline ${cell(pipeline)}`,
    '',
    ...mermaid(graph, results),
    '',
    '| step | result | time | why |',
    '| --- | --- | --- | --- |',
    ...rows,
  ]
  if (model !== undefined) {
    lines.push(
      '',
      `Model **${cell(model.name)}** version **${cell(model.version)}** (${shortDigest(model.digest)})`,
    )
  }
  return `${lines.join('\n')}\n`
}

function mermaid(graph: StepGraph, results: readonly StepResult[]): string[] {
  const ids = new Map(results.map(({ step }, i) => [step, `s${i}`]))
  const nodes = results.map(({ step, state, durationMs }) => {
    const time = durationMs === null ? '' : ` ${formatDuration(durationMs)}`
    return `  ${ids.get(step)}["${label(step)}<br/>${state}${time}"]:::${state.replace('-', '')}`
  })
  const edges = results.flatMap(({ step }) =>
    (graph[step]?.needs ?? []).map((need) => `  ${ids.get(need)} --> ${ids.get(step)}`),
  )
  const used = [...new Set(results.map(({ state }) => state))]
  const classes = used.map((state) => `  classDef ${state.replace('-', '')} ${COLOURS[state]}`)
  return ['```mermaid', 'flowchart LR', ...nodes, ...edges, ...classes, '```']
}

/** Names of steps hold letters, digits, `.`, `_` and `-` only; this keeps the graph whole whatever comes. */
function label(text: string): string {
  return text.replace(/[^\w .-]/g, '')
}

/** Text in a table: on one line, without markup. */
function cell(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/[<>&]/g, (c) => `&#${c.charCodeAt(0)};`)
    .replace(/[|\\`*_[\]~@!]/g, '\\$&')
}
