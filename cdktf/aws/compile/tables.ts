import { KeyValueTable } from '../key-value-table.ts'
import type { Site } from './site.ts'

export function tables(site: Site): void {
  for (const [name, { attributes, key, indexes, protect }] of Object.entries(site.system.tables)) {
    const stack = site.stackOf(name)
    const table = new KeyValueTable(stack, `table-${name}`, {
      name: site.name('tables', name),
      attributes,
      key,
      indexes,
      protect,
    })
    stack.target('tables', name, table.name)
  }
}
