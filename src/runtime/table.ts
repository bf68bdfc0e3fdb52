import { cells } from './cells.ts'

export interface Table {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

const GAP = 2
/** No column is squeezed below this many cells of the terminal. */
const NARROWEST = 6

/**
 * A table as lines of at most `width` terminal cells: the widest columns give way first. A cell without spaces is cut in
 * the middle (both ends of a reference matter), others at the end. The first line is the header.
 */
export function tableLines(table: Table, width: number): string[] {
  const all = [table.columns, ...table.rows].map((row) => table.columns.map((_, i) => oneLine(row[i] ?? '')))
  const widths = columnWidths(
    table.columns.map((_, i) => Math.max(...all.map((row) => cells(row[i] ?? '')))),
    width,
  )
  return all.map((row) =>
    row
      .map((cell, i) => padded(shortened(cell, widths[i] ?? 0), widths[i] ?? 0))
      .join(' '.repeat(GAP))
      .trimEnd(),
  )
}

/** Takes one cell at a time from the widest column until the row fits or every column is at its narrowest. */
function columnWidths(natural: readonly number[], width: number): number[] {
  const widths = [...natural]
  const total = (): number => widths.reduce((sum, w) => sum + w, GAP * (widths.length - 1))
  while (total() > width) {
    const widest = widths.indexOf(Math.max(...widths))
    const now = widths[widest] ?? 0
    if (now <= NARROWEST) break
    widths[widest] = now - 1
  }
  return widths
}

export function shortened(text: string, width: number): string {
  if (cells(text) <= width) return text
  if (width < 1) return ''
  const characters = [...text]
  const tail = text.includes(' ') ? 0 : Math.floor((width - 1) / 2)
  const end = take(characters.toReversed(), tail).reverse().join('')
  return `${take(characters, width - 1 - tail).join('')}…${end}`
}

/** As many characters as fit in `width` cells. */
function take(characters: readonly string[], width: number): string[] {
  let used = 0
  const taken: string[] = []
  for (const character of characters) {
    used += cells(character)
    if (used > width) break
    taken.push(character)
  }
  return taken
}

function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - cells(text)))
}

function oneLine(text: string): string {
  // All white space in one run: tried from each space of a cell anew, a long one would take hours.
  return text.replace(/\s+/g, (space) => (space.includes('\n') ? ' ' : space))
}
