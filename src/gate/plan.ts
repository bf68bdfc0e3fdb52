import type { Evaluation, ModelColumns } from '../domain/models/evaluation.ts'
import type { GatePolicy } from '../domain/models/policy.ts'
import { metricOf } from './metrics/catalog.ts'
import type { Metric } from './metrics/metric.ts'
import type { ColumnRequest } from './rows/columns.ts'

/** Dictionary that labels and predictions share, so that equal texts have equal codes. */
const LABELS = 'labels'

/** Roles that a model's single column never plays. */
const OWN_COLUMN = new Set(['latency_ms', 'cost'])

/** The column that plays a role for a model; undefined where the evidence names none. */
export function columnOf(columns: ModelColumns | undefined, role: string): string | undefined {
  if (columns === undefined) return undefined
  if (typeof columns === 'string') return OWN_COLUMN.has(role) ? undefined : columns
  const column = columns[role]
  return typeof column === 'string' ? column : undefined
}

/** The column that holds the query of each row: `rows.query`, else the cluster. */
export function queryColumn(rows: NonNullable<Evaluation['rows']>): string | undefined {
  const query = rows['query']
  return typeof query === 'string' ? query : rows.cluster
}

/** The column with a hash of each test row, which training rows are looked up by: `rows.hash`, else the id. */
export function hashColumn(rows: NonNullable<Evaluation['rows']>): string {
  const hash = rows['hash']
  return typeof hash === 'string' ? hash : rows.id
}

/** Names of all metrics that a policy asks for, the primary one first. */
export function askedMetrics(policy: GatePolicy): string[] {
  const budgets = Object.entries(policy.budgets).filter(([, limit]) => limit !== undefined)
  return [
    ...new Set([
      policy.primary.metric,
      ...policy.guards.map(({ metric }) => metric),
      ...Object.keys(policy.floors),
      ...Object.keys(policy.ceilings),
      ...budgets.map(([name]) => name),
    ]),
  ]
}

/** All known metrics among those that the policy asks for and those that the evidence states. */
export function knownMetrics(evidence: Evaluation, policy: GatePolicy): Metric[] {
  const stated = [evidence.metrics?.challenger, evidence.metrics?.champion].flatMap((m) =>
    Object.keys(m ?? {}),
  )
  return [...new Set([...askedMetrics(policy), ...stated])]
    .map((name) => metricOf(name, policy.metrics))
    .filter((metric) => typeof metric !== 'string')
}

/** Which of a metric's columns the evidence does not name, as words; empty where the rows can give the metric. */
export function missingRoles(metric: Metric, evidence: Evaluation): string[] {
  const rows = evidence.rows
  if (rows === undefined) return ['rows']
  if (metric.family === 'stated') return ['a column']
  return metric.needs.flatMap(({ of, role }) => {
    if (of === 'label') return rows.label === undefined ? ['label'] : []
    if (of === 'query') return queryColumn(rows) === undefined ? ['query'] : []
    const models = evidence.champion === null ? [rows.challenger] : [rows.champion, rows.challenger]
    return models.every((columns) => columnOf(columns, role) !== undefined) ? [] : [role]
  })
}

/** What has to be read of the rows to decide: nothing else is kept in memory. */
export function rowRequests(evidence: Evaluation, policy: GatePolicy): ColumnRequest[] {
  const { rows } = evidence
  if (rows === undefined) return []
  const requests: ColumnRequest[] = [{ column: rows.id, use: 'key', dictionary: rows.id }]
  const ask = (column: string | undefined, use: ColumnRequest['use'], dictionary = column): void => {
    if (column === undefined || dictionary === undefined) return
    if (!requests.some((r) => r.column === column && r.use === use))
      requests.push({ column, use, dictionary })
  }
  for (const metric of knownMetrics(evidence, policy)) {
    if (missingRoles(metric, evidence).length > 0) continue
    for (const { of, role, use } of metric.needs) {
      if (of === 'label') ask(rows.label, use, LABELS)
      else if (of === 'query') ask(queryColumn(rows), use)
      else {
        ask(columnOf(rows.challenger, role), use, LABELS)
        if (evidence.champion !== null) ask(columnOf(rows.champion, role), use, LABELS)
      }
    }
  }
  ask(rows.weight, 'number')
  ask(rows.cluster, 'category')
  for (const slice of rows.slices ?? []) if (policy.slices.includes(slice)) ask(slice, 'category')
  if (typeof rows['hash'] === 'string' || evidence.trainRowHashes !== undefined) ask(hashColumn(rows), 'key')
  return requests
}
