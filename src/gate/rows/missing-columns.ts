import { usageError } from '../../domain/error.ts'
import { nearestName } from '../../domain/nearest.ts'
import type { ColumnRequest } from './columns.ts'

/** @throws SluiceError usage with one problem for each column that the evidence names and the file lacks. */
export function missingColumns(
  file: string,
  missing: readonly ColumnRequest[],
  names: readonly string[],
): void {
  const [first, ...others] = [...new Set(missing.map(({ column }) => column))].map((column) => {
    const near = nearestName(column, names)
    return {
      what: `${file} has no column ${JSON.stringify(column)}`,
      rule: `its columns are ${names
        .slice(0, 20)
        .map((name) => JSON.stringify(name))
        .join(', ')}`,
      ...(near === undefined ? {} : { remedy: `did you mean ${JSON.stringify(near)}?` }),
    }
  })
  if (first !== undefined) throw usageError([first, ...others])
}
