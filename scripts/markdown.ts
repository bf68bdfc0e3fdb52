import stringWidth from 'string-width'

/** A Markdown table with even columns, as the formatter of this repository wants it. A `|` in a cell is escaped. */
export function markdownTable(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [columns, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')))
  const widths = columns.map((_, i) => Math.max(3, ...all.map((row) => stringWidth(row[i] ?? ''))))
  const line = (cells: readonly string[], fill: string): string =>
    `| ${widths.map((w, i) => (cells[i] ?? '') + fill.repeat(w - stringWidth(cells[i] ?? ''))).join(' | ')} |\n`
  const [head = [], ...body] = all
  return [line(head, ' '), line([], '-'), ...body.map((row) => line(row, ' '))].join('')
}
