import type { Evaluation, ModelColumns } from '../domain/models/evaluation.ts'
import { columnOf, queryColumn } from './plan.ts'
import type { CategoryColumn, Rows } from './rows/columns.ts'

export type Codes = Uint8Array | Uint32Array

/** What one model said, by role. */
export interface Outcomes {
  readonly codes: (role: string) => Codes | undefined
  readonly numbers: (role: string) => Float64Array | undefined
}

/** Groups of rows, numbered from 0. */
export interface Grouping {
  readonly of: Uint32Array
  readonly count: number
}

/** The rows as the metrics see them: columns by meaning instead of by name. */
export interface Sample {
  readonly n: number
  readonly label: Codes | undefined
  readonly labelNumber: Float64Array | undefined
  /** Texts of the codes that labels and predictions share. */
  readonly classes: readonly string[]
  /** Code of the positive class; -1 where no row has it. */
  readonly positive: number
  readonly champion: Outcomes | null
  readonly challenger: Outcomes
  readonly weight: Float64Array | null
  readonly cluster: Grouping | null
  readonly query: Grouping | null
}

/** How the positive class is written where the evidence does not say. */
const POSITIVES = ['1', '1.0', 'true', 'True', 'TRUE']

export function sampleOf(evidence: Evaluation, rows: Rows): Sample {
  const named = evidence.rows
  if (named === undefined) throw new TypeError('evidence without rows has no sample')
  const label = named.label === undefined ? undefined : rows.categories.get(named.label)
  const classes = label?.values ?? categoryOfModel(rows, named.challenger)?.values ?? ['']
  const query = queryColumn(named)
  return {
    n: rows.count,
    label: label?.codes,
    labelNumber: named.label === undefined ? undefined : rows.numbers.get(named.label),
    classes,
    positive: positiveCode(classes, named.positive),
    champion: evidence.champion === null ? null : outcomes(rows, named.champion),
    challenger: outcomes(rows, named.challenger),
    weight: named.weight === undefined ? null : (rows.numbers.get(named.weight) ?? null),
    cluster: grouping(named.cluster === undefined ? undefined : rows.categories.get(named.cluster)),
    query: grouping(query === undefined ? undefined : rows.categories.get(query)),
  }
}

function positiveCode(classes: readonly string[], positive: string | number | undefined): number {
  if (positive !== undefined) return classes.indexOf(String(positive))
  return Math.max(-1, ...POSITIVES.map((text) => classes.indexOf(text)))
}

function categoryOfModel(rows: Rows, columns: ModelColumns): CategoryColumn | undefined {
  const column = columnOf(columns, 'predicted')
  return column === undefined ? undefined : rows.categories.get(column)
}

function outcomes(rows: Rows, columns: ModelColumns | undefined): Outcomes {
  const find = <T>(map: ReadonlyMap<string, T>, role: string): T | undefined => {
    const column = columnOf(columns, role)
    return column === undefined ? undefined : map.get(column)
  }
  return {
    codes: (role) => find(rows.categories, role)?.codes,
    numbers: (role) => find(rows.numbers, role),
  }
}

function grouping(column: CategoryColumn | undefined): Grouping | null {
  if (column === undefined) return null
  const renumbered = new Int32Array(column.values.length).fill(-1)
  const of = new Uint32Array(column.codes.length)
  let count = 0
  for (let i = 0; i < of.length; i++) {
    const code = column.codes[i] ?? 0
    if ((renumbered[code] ?? -1) < 0) renumbered[code] = count++
    of[i] = renumbered[code] ?? 0
  }
  return { of, count }
}

/** The sample of some of its rows. */
export function selectRows(sample: Sample, rows: Uint32Array): Sample {
  const picked = new Map<Codes | Float64Array, Codes | Float64Array>()
  const pick = <T extends Codes | Float64Array>(from: T): T => {
    const known = picked.get(from)
    if (known !== undefined) return known as T
    const to = (
      from instanceof Uint8Array
        ? new Uint8Array(rows.length)
        : from instanceof Uint32Array
          ? new Uint32Array(rows.length)
          : new Float64Array(rows.length)
    ) as T
    for (let j = 0; j < rows.length; j++) to[j] = from[rows[j] ?? 0] ?? 0
    picked.set(from, to)
    return to
  }
  const maybe = <T extends Codes | Float64Array>(from: T | undefined): T | undefined =>
    from === undefined ? undefined : pick(from)
  const model = (from: Outcomes): Outcomes => ({
    codes: (role) => maybe(from.codes(role)),
    numbers: (role) => maybe(from.numbers(role)),
  })
  const group = (from: Grouping | null): Grouping | null =>
    from === null
      ? null
      : grouping({ codes: pick(from.of), values: { length: from.count } as readonly string[] })
  return {
    ...sample,
    n: rows.length,
    label: maybe(sample.label),
    labelNumber: maybe(sample.labelNumber),
    champion: sample.champion === null ? null : model(sample.champion),
    challenger: model(sample.challenger),
    weight: sample.weight === null ? null : pick(sample.weight),
    cluster: group(sample.cluster),
    query: group(sample.query),
  }
}
