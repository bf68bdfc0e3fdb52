import { usageError } from '../../domain/error.ts'
import type { ByteSource, ColumnRequest, Rows } from './columns.ts'
import { readCsv } from './csv.ts'

export const ROW_FORMATS = ['.csv', '.tsv', '.jsonl', '.ndjson', '.parquet'] as const

/**
 * Rows from a file's bytes; the format is that of its name. `expected` is how many there should be, if that is known.
 *
 * @throws SluiceError usage: an unknown format, or a file that is not what its name says.
 */
export async function readRows(
  name: string,
  source: ByteSource,
  requests: readonly ColumnRequest[],
  expected = 0,
): Promise<Rows> {
  const extension = ROW_FORMATS.find((known) => name.toLowerCase().endsWith(known))
  switch (extension) {
    case '.csv':
      return readCsv(source, requests, { name, rows: expected })
    case '.tsv':
      return readCsv(source, requests, { name, delimiter: '\t', rows: expected })
    case '.jsonl':
    case '.ndjson':
      return (await import('./jsonl.ts')).readJsonLines(source, requests, name)
    case '.parquet':
      return (await import('./parquet.ts')).readParquet(source, requests, name)
    case undefined:
      throw usageError({
        what: `rows file ${name} is of no known format`,
        rule: `the name ends in ${ROW_FORMATS.join(', ')}`,
        remedy: 'rename it, or write the rows as CSV',
      })
    default:
      return extension satisfies never
  }
}
