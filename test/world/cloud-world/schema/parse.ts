import type { Attribute, Block, Body, CtyType, Nesting, Schema } from './schema.ts'

/** The two files of a binding: what runs, and what is declared. */
export interface BindingText {
  readonly js: string
  readonly dts: string
}

interface Kind {
  /** `simple`, `map`, `list`, `set`, `struct`. */
  readonly type: string
  /** `string`, `stringList`, or a class: `EcsServiceAlarmsList`. */
  readonly storage: string
}

/**
 * The schema that a cdktf binding was generated from, read back from its text.
 *
 * The generator leaves type and nesting in the tables of `...ToHclTerraform`, `// name - computed: b, optional: b, required: b`
 * before what has attributes of its own and what is only computed, `?` in the declarations of what may be left out, and
 * "name block" in those of what is a block and not an attribute
 * (https://github.com/hashicorp/terraform-cdk/tree/main/packages/%40cdktf/provider-generator/lib/get/generator). What it does
 * not leave is said in ../README.md: sensitivity, defaults, what the cloud fills in, and which changes replace.
 */
export function parseBinding({ js, dts }: BindingText, type: string): Schema {
  const classes = classesOf(js)
  const tables = tablesOf(js)
  const declarations = declarationsOf(dts)
  const root = [...classes.keys()].find((name) => /extends cdktf\.Terraform/.test(header(classes, name)))
  if (root === undefined) throw new Error(`${type}: its binding has no resource class`)
  return { type, body: bodyOf({ classes, tables, declarations }, root, tables.get(root) ?? new Map()) }
}

interface Binding {
  readonly classes: ReadonlyMap<string, string>
  readonly tables: ReadonlyMap<string, ReadonlyMap<string, Kind>>
  /** By `EcsServiceConfig` or `EcsServiceAlarms`. */
  readonly declarations: ReadonlyMap<string, Declaration>
}

interface Declaration {
  readonly blocks: ReadonlySet<string>
  readonly required: ReadonlySet<string>
}

const FLAGS =
  /\/\/ (\w+) - computed: (true|false), optional: (true|false), required: (true|false)\n(?=([^\n]*)\n([^\n]*))/g

function bodyOf(binding: Binding, className: string, table: ReadonlyMap<string, Kind>): Body {
  const declared = className.replace(/OutputReference$/, '')
  const { declarations } = binding
  const declaration = declarations.get(`${declared}Config`) ?? declarations.get(declared)
  const body: { attributes: Attribute[]; blocks: Block[] } = { attributes: [], blocks: [] }
  const add = (flags: Flags, complex: Complex | undefined, plain: CtyType): void => {
    if (complex === undefined) body.attributes.push({ ...flags, ...plainOf(flags.name, plain) })
    else addComplex(binding, body, flags, complex, declaration?.blocks.has(flags.name) === true)
  }
  const seen = new Set<string>()
  for (const match of (binding.classes.get(className) ?? '').matchAll(FLAGS)) {
    const [, name = '', computed, optional, required, first = '', second = ''] = match
    seen.add(name)
    const flags = {
      name,
      computed: computed === 'true',
      optional: optional === 'true',
      required: required === 'true',
    }
    const made = /new (?!cdktf)(\w+)\(this, "\w+"(?:, (true|false))?\)/.exec(first)
    const kind = table.get(name)
    const complex =
      made === null ? undefined : { className: made[1] ?? '', wrapsSet: made[2] === 'true', kind }
    add(flags, complex, kind === undefined ? readType(`${first}\n${second}`) : writtenType(kind))
  }
  // What is only written has no comment: plain attributes, and everything of a provider.
  for (const [name, kind] of table) {
    if (seen.has(name)) continue
    const required = declaration?.required.has(name) === true
    const known = binding.tables.has(elementOf(kind.storage))
    const complex = known ? { className: kind.storage, wrapsSet: kind.type === 'set', kind } : undefined
    add({ name, required, optional: !required, computed: false }, complex, writtenType(kind))
  }
  return body
}

interface Flags {
  readonly name: string
  readonly required: boolean
  readonly optional: boolean
  readonly computed: boolean
}

interface Complex {
  /** `EcsServiceAlarmsOutputReference`, `EcsServiceLoadBalancerList`. */
  readonly className: string
  readonly wrapsSet: boolean
  readonly kind: Kind | undefined
}

function addComplex(
  binding: Binding,
  into: { attributes: Attribute[]; blocks: Block[] },
  flags: Flags,
  { className, wrapsSet, kind }: Complex,
  isBlock: boolean,
): void {
  const nesting = nestingOf(className, wrapsSet, kind)
  const element = elementOf(className)
  const body = bodyOf(binding, `${element}OutputReference`, binding.tables.get(element) ?? new Map())
  if (isBlock) {
    const one = nesting !== 'single' && !/(List|Map)$/.test(className)
    into.blocks.push({
      name: flags.name,
      nesting,
      minItems: flags.required && nesting !== 'single' ? 1 : 0,
      maxItems: one ? 1 : 0,
      body,
    })
  } else if (kind === undefined) {
    into.attributes.push({ ...flags, ...plainOf(flags.name, computedType(nesting, body)) })
  } else into.attributes.push({ ...flags, kind: 'nested', nesting, attributes: asAttributes(body) })
}

const plainOf = (name: string, type: CtyType) =>
  ({ kind: 'plain', type, sensitive: isSensitive(name), writeOnly: name.endsWith('_wo') }) as const

/** Inside an attribute everything is one. */
const asAttributes = ({ attributes, blocks }: Body): Attribute[] => [
  ...attributes,
  ...blocks.map(({ name, nesting, body, minItems }) => ({
    name,
    kind: 'nested' as const,
    nesting,
    attributes: asAttributes(body),
    required: minItems > 0,
    optional: minItems === 0,
    computed: false,
  })),
]

function computedType(nesting: Nesting, body: Body): CtyType {
  const object: CtyType = [
    'object',
    Object.fromEntries(
      asAttributes(body).map((attribute) => [
        attribute.name,
        attribute.kind === 'plain'
          ? attribute.type
          : computedType(attribute.nesting, { attributes: attribute.attributes, blocks: [] }),
      ]),
    ),
  ]
  return nesting === 'single' ? object : [nesting, object]
}

function nestingOf(className: string, wrapsSet: boolean, kind: Kind | undefined): Nesting {
  if (/Map$/.test(className)) return 'map'
  if (kind?.type === 'struct') return 'single'
  if (kind?.type === 'set' || wrapsSet) return 'set'
  // A single object of the framework has neither a table nor a list; only what is read alone is like that.
  if (kind === undefined && /OutputReference$/.test(className)) return 'single'
  return 'list'
}

const elementOf = (className: string): string => className.replace(/(List|Map|OutputReference)$/, '')

function writtenType({ type, storage }: Kind): CtyType {
  const scalar: Record<string, CtyType> = {
    string: 'string',
    number: 'number',
    boolean: 'bool',
    any: 'dynamic',
  }
  const direct = scalar[storage]
  if (direct !== undefined) return direct
  const collection = /^(string|number|boolean|any)(List|Map)(List|Map)?$/.exec(storage)
  const item = scalar[collection?.[1] ?? ''] ?? 'dynamic'
  const inner: CtyType =
    collection?.[3] === undefined ? item : [collection[2] === 'Map' ? 'map' : 'list', item]
  if (type === 'map' || storage.endsWith('Map')) return ['map', inner]
  return [type === 'set' ? 'set' : 'list', inner]
}

/** From the getter of what is only computed. */
function readType(text: string): CtyType {
  const read =
    /get(String|Number|Boolean|List|NumberList|StringMap|NumberMap|BooleanMap|AnyMap)Attribute\(/.exec(text)
  const set = text.includes('Fn.tolist') ? 'set' : 'list'
  switch (read?.[1]) {
    case 'String':
      return 'string'
    case 'Number':
      return 'number'
    case 'Boolean':
      return 'bool'
    case 'List':
      return [set, 'string']
    case 'NumberList':
      return [set, 'number']
    case 'StringMap':
      return ['map', 'string']
    case 'NumberMap':
      return ['map', 'number']
    case 'BooleanMap':
      return ['map', 'bool']
    default:
      return /StringMap/.test(text) ? ['map', 'string'] : 'dynamic'
  }
}

function classesOf(js: string): Map<string, string> {
  const starts = [...js.matchAll(/^class (\w+) extends /gm)]
  return new Map(
    starts.map((start, index) => [
      start[1] ?? '',
      js.slice(start.index, starts[index + 1]?.index ?? js.length),
    ]),
  )
}

const header = (classes: ReadonlyMap<string, string>, name: string): string =>
  (classes.get(name) ?? '').slice(0, 200).split('\n')[0] ?? ''

/** The tables of `ecsServiceAlarmsToHclTerraform` under `EcsServiceAlarms`, and of the resource under its class. */
function tablesOf(js: string): Map<string, Map<string, Kind>> {
  const tables = new Map<string, Map<string, Kind>>()
  const ENTRY =
    /^ {8,12}(\w+): \{\n\s+value: [^\n]*\n\s+isBlock: (?:true|false),\n\s+type: "(\w+)",\n\s+storageClassType: "(\w+)"/gm
  const read = (text: string): Map<string, Kind> =>
    new Map(
      [...text.matchAll(ENTRY)].map(([, name = '', type = '', storage = '']) => [name, { type, storage }]),
    )
  for (const match of js.matchAll(/^function (\w+)ToHclTerraform\(struct\) \{\n([\s\S]*?)^\}/gm)) {
    const name = match[1] ?? ''
    tables.set(`${name.charAt(0).toUpperCase()}${name.slice(1)}`, read(match[2] ?? ''))
  }
  for (const [name, text] of classesOf(js)) {
    const own = /synthesizeHclAttributes\(\) \{\n([\s\S]*?)^ {4}\}/m.exec(text)
    if (own !== null) tables.set(name, read(own[1] ?? ''))
  }
  return tables
}

function declarationsOf(dts: string): Map<string, Declaration> {
  const PROPERTY = /#(\w+) \S+\}(?:(?!\*\/)[\s\S])*\*\/\n\s+readonly \w+(\??):/g
  return new Map(
    [...dts.matchAll(/^export interface (\w+)[^{]*\{\n([\s\S]*?)^\}/gm)].map(([, name = '', text = '']) => {
      const properties = [...text.matchAll(PROPERTY)]
      return [
        name,
        {
          blocks: new Set([...text.matchAll(/^\s+\* (\w+) block$/gm)].map((block) => block[1] ?? '')),
          required: new Set(
            properties.filter(([, , optional]) => optional === '').map(([, own = '']) => own),
          ),
        },
      ]
    }),
  )
}

/** The bindings do not say; these are the names under which providers keep secrets. */
function isSensitive(name: string): boolean {
  return /(^|_)(password|secret_string|secret_data|secret_binary|private_key|auth_token|secret_key|secret_access_key|client_secret)(_wo)?$/.test(
    name,
  )
}
