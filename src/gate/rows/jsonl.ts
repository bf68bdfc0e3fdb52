import { usageError } from '../../domain/error.ts'
import { parseLooseJson } from '../loose-json.ts'
import { putCell } from './cell.ts'
import type { ByteSource, ColumnRequest, Rows } from './columns.ts'
import { missingColumns } from './missing-columns.ts'
import { RowStore } from './store.ts'

/** Names of columns that a message may list. */
const SEEN = 1000

/**
 * Rows from JSON lines: one object a line. Types count: "0.93" in a column of numbers is a fault, not a number.
 *
 * @throws SluiceError usage: a line that is no JSON object, a column that no row has, an empty file.
 */
export async function readJsonLines(
  source: ByteSource,
  requests: readonly ColumnRequest[],
  name: string,
): Promise<Rows> {
  const store = new RowStore(requests)
  const seen = new Set<string>()
  const found = new Set<string>()
  let row = 0
  const take = (line: string): void => {
    if (line.trim() === '') return
    const value = object(line, name, row)
    // Which keys occur is only asked for in words when one of ours never did.
    if (seen.size < SEEN) for (const key in value) seen.add(key)
    for (const writer of store.writers) {
      const cell = value[writer.column]
      if (cell !== undefined) found.add(writer.column)
      putCell(store, writer, row, cell)
    }
    row++
  }
  for await (const lines of batches(source)) for (const line of lines) take(line)
  if (row === 0) {
    throw usageError({
      what: `${name} is empty`,
      rule: 'a JSON lines file of rows has one object a line',
      remedy: 'let the evaluation step write its rows, then evaluate again',
    })
  }
  missingColumns(
    name,
    requests.filter(({ column }) => !found.has(column)),
    [...seen],
  )
  return store.finish(row)
}

function object(line: string, name: string, row: number): Record<string, unknown> {
  let value: unknown
  try {
    value = parseLooseJson(line)
  } catch (cause) {
    throw usageError(
      {
        what: `${name}: line ${row + 1} is not JSON: ${line.slice(0, 60)}`,
        rule: 'rows as JSON lines are one object a line',
        remedy: 'the file is torn or of another format: write it again as .jsonl, .csv or .parquet',
      },
      cause,
    )
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>
  throw usageError({
    what: `${name}: line ${row + 1} is not an object: ${line.slice(0, 60)}`,
    rule: 'rows as JSON lines are one object a line',
  })
}

/** The lines of each chunk together: one wait a line would cost more than reading it. */
async function* batches(source: ByteSource): AsyncIterable<readonly string[]> {
  const decoder = new TextDecoder('utf-8')
  let rest = ''
  for await (const chunk of source) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = parts.pop() ?? ''
    yield parts
  }
  rest += decoder.decode()
  if (rest !== '') yield [rest]
}
