import type { BindingTable } from '../../cdktf/core/binding-fields.ts'
import { fieldsText } from '../../cdktf/core/binding-table.ts'
import type { ReadBinding, ReadStruct } from './read.ts'

const SHAPES = { object: 'o', block: 'b', element: 'e' } as const

/** The module that stands for a binding in a bundle: its table, and the class that `runtime` makes of it. */
export function tableModule(binding: ReadBinding, runtime: string): string {
  const { name, kind, source } = binding
  const table = tableOf(binding)
  const more = source === undefined ? '' : `, ${JSON.stringify(source)}`
  return [
    `import { ${kind} } from ${JSON.stringify(runtime)}`,
    `export const ${name} = /* @__PURE__ */ ${kind}(${JSON.stringify(table)}${more})`,
  ].join('\n')
}

/** The table of a binding, as cdktf/core/binding.ts takes it. */
export function tableOf({ provider, type, fields, structs }: ReadBinding): BindingTable {
  return { provider, type, fields: fieldsText(fields), structs: structs.map(structText) }
}

function structText({ shape, resolvable, fields }: ReadStruct): string {
  return `${SHAPES[shape]}${resolvable ? '~' : '-'}${fieldsText(fields)}`
}
