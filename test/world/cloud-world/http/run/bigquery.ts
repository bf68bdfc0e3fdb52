import { ok, refusal } from './answer.ts'
import type { Api } from './door.ts'

export interface ExportedCost {
  readonly day: string
  readonly amount: number
  readonly labels: Readonly<Record<string, string>>
}

export interface BigQuery {
  readonly api: Api
  /** Rows of the export, by table. */
  readonly tables: Map<string, ExportedCost[]>
  /** Bodies of the queries. */
  readonly asked: Record<string, unknown>[]
  /** It has not answered when its time-out is over. */
  slow: boolean
}

/**
 * jobs.query of one statement: sums of an export by the label of the stack. It knows no SQL: it reads the table's name and the
 * named parameters. https://cloud.google.com/bigquery/docs/reference/rest/v2/jobs/query
 */
export function bigQuery(): BigQuery {
  const tables: BigQuery['tables'] = new Map()
  const asked: BigQuery['asked'] = []
  const api: Api = ({ method, url, text }) => {
    if (method !== 'POST' || !/^\/bigquery\/v2\/projects\/[^/]+\/queries$/.test(url.pathname))
      return undefined
    const body = JSON.parse(text) as Record<string, unknown>
    asked.push(body)
    const [, table = ''] = /FROM `([^`]+)`/.exec(String(body['query'])) ?? []
    const rows = tables.get(table)
    if (rows === undefined) return refusal('NOT_FOUND', `Not found: Table ${table}`)
    const reference = { jobReference: { projectId: 'films-1', jobId: 'job_1' } }
    return ok(
      door.slow
        ? { ...reference, jobComplete: false }
        : { ...reference, jobComplete: true, rows: sums(rows, named(body)) },
    )
  }
  const door: BigQuery = { api, tables, asked, slow: false }
  return door
}

interface Parameter {
  readonly name: string
  readonly parameterValue: { readonly value: string }
}

const named = (body: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(
    (body['queryParameters'] as readonly Parameter[]).map(({ name, parameterValue }) => [
      name,
      parameterValue.value,
    ]),
  )

function sums(rows: readonly ExportedCost[], given: Record<string, string>): object[] {
  const { since = '', before = '', system, environment } = given
  const found = rows.filter(
    ({ day, labels }) =>
      day >= since &&
      day < before &&
      labels['sluice-system'] === system &&
      labels['sluice-environment'] === environment,
  )
  const stacks = new Set(found.map(({ labels }) => labels['sluice-stack'] ?? ''))
  return [...stacks].map((stack) => {
    const own = found.filter(({ labels }) => (labels['sluice-stack'] ?? '') === stack)
    const last = own.map(({ day }) => day).toSorted()
    const amount = own.reduce((sum, one) => sum + one.amount, 0)
    return { f: [stack, 'EUR', String(amount), last.at(-1)].map((v) => ({ v })) }
  })
}
