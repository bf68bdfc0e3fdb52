import type { CellFault } from './columns.ts'
import type { RowStore, Writer } from './store.ts'

/** Stores one typed value (of JSON or Parquet) in its column, or notes what is wrong with it. */
export function putCell(store: RowStore, writer: Writer, row: number, value: unknown): void {
  switch (writer.use) {
    case 'number': {
      const fault = numberFault(value)
      if (fault !== undefined) store.fault(writer.column, fault, row)
      writer.to.set(row, fault === undefined ? Number(value) : Number.NaN)
      return
    }
    case 'category': {
      if (typeof value === 'number' && !Number.isFinite(value)) {
        store.fault(writer.column, Number.isNaN(value) ? 'not-a-number' : 'infinite', row)
        writer.to.set(row, 0)
      } else writer.to.set(row, writer.to.dictionary.codeOf(textOf(value)))
      return
    }
    case 'key':
      writer.to.setText(row, textOf(value))
      return
    default:
      writer satisfies never
  }
}

function numberFault(value: unknown): CellFault | undefined {
  if (value === undefined) return 'empty'
  if (value === null) return 'null'
  if (typeof value === 'boolean') return 'boolean'
  if (typeof value === 'bigint') return undefined
  if (typeof value !== 'number') return 'text'
  if (Number.isNaN(value)) return 'not-a-number'
  return Number.isFinite(value) ? undefined : 'infinite'
}

/** The text that stands for a value: equal numbers have equal texts whatever their type was. */
function textOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'string') return value
  if (value instanceof Date) return value.toISOString()
  if (typeof value === 'object') return JSON.stringify(value)
  return String(value)
}
