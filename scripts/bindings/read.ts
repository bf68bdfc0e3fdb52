import type { Field } from '../../cdktf/core/binding-table.ts'
import { type Block, blocksOf, membersOf } from './blocks.ts'
import { joinFields, type Place, referencesOf, type Written, writtenOf } from './fields.ts'

/** A binding as its generator meant it, read out of what it wrote. */
export interface ReadBinding {
  /** Name of the class. */
  readonly name: string
  readonly provider: readonly [name: string, version: string, constraint: string]
  readonly kind: 'resource' | 'data' | 'provider'
  readonly type: string
  /** Of a provider, where the engine gets it. */
  readonly source?: string
  readonly fields: readonly Field[]
  readonly structs: readonly ReadStruct[]
}

export interface ReadStruct {
  readonly shape: 'object' | 'block' | 'element'
  /** Whether a token may stand for the whole object. */
  readonly resolvable: boolean
  readonly fields: readonly Field[]
}

/**
 * Reads a binding's source. The generator writes few kinds of lines; one that is not known here is an error, so that a new
 * version of it never loses anything in silence.
 *
 * @throws Error naming what is not understood
 */
export function readBinding(source: string): ReadBinding {
  const blocks = blocksOf(source)
  const objects = blocks.filter(({ head }) => head.endsWith('extends cdktf.ComplexObject'))
  const lists = blocks.filter(({ head }) => head.endsWith('extends cdktf.ComplexList'))
  const wholes = blocks.filter(({ head }) =>
    /extends cdktf\.Terraform(Resource|DataSource|Provider)$/.test(head),
  )
  const functions = blocks.filter(({ head }) => /^function \w+ToTerraform\(struct\)$/.test(head))
  // The functions' names begin small, the classes' do not. A provider's objects have no class: they are only given.
  const names = functions.map(({ head }) => head.slice('function '.length, -'ToTerraform(struct)'.length))
  const place: Place = (name) => {
    const at = names.findIndex((one) => one.toLowerCase() === name.toLowerCase())
    if (at < 0) throw new Error(`no object ${name}`)
    return at
  }
  for (const list of lists) checkList(list)
  const [whole] = wholes
  const understood = objects.length + lists.length + wholes.length + functions.length
  if (whole === undefined || wholes.length > 1 || understood !== blocks.length) {
    throw new Error(`${blocks.map(({ head }) => head).join('\n')}\nare not one resource and its objects`)
  }
  const structs = functions.map(({ body }, at): ReadStruct => {
    const written = writtenOf(attributesOf(body, FUNCTION), place)
    const named = objects.filter((object) => place(structName(object)) === at)
    if (named.length > 1) throw new Error(`two objects ${names[at]}`)
    return named[0] === undefined ? onlyGiven(written) : structOf(named[0], written, place)
  })
  return { ...wholeOf(whole, place), structs }
}

function structName({ head }: Block): string {
  const name = /^class (\w+)OutputReference extends/.exec(head)?.[1]
  if (name === undefined) throw new Error(`not understood: ${head}`)
  return name
}

const FUNCTION: readonly [string, string] = [
  'if (!cdktf.canInspect(struct) || cdktf.Tokenization.isResolvable(struct)) { return struct; } if (cdktf.isComplexElement(struct)) { throw new Error("A complex element was used as configuration, this is not supported: https://cdk.tf/complex-object-as-configuration"); } return {',
  '};',
]

/** The lines of attributes in a function that begins and ends with these words. */
function attributesOf(body: readonly string[], [begin, end]: readonly [string, string]): string[] {
  const text = body.map((line) => line.trim())
  if (text.join(' ') === `${begin}${end}`) return []
  const first = text.findIndex((_, at) => text.slice(0, at + 1).join(' ') === begin)
  if (first < 0 || text.at(-1) !== end) throw new Error(`not understood: ${text.join(' ')}`)
  return text.slice(first + 1, -1)
}

const LIST = (name: string): readonly string[] => [
  'constructor(terraformResource, terraformAttribute, wrapsSet) { super(terraformResource, terraformAttribute, wrapsSet); this.terraformResource = terraformResource; this.terraformAttribute = terraformAttribute; this.wrapsSet = wrapsSet; }',
  `get(index) { return new ${name}OutputReference(this.terraformResource, this.terraformAttribute, index, this.wrapsSet); }`,
]

function checkList({ head, body }: Block): void {
  const name = /^class (\w+)List extends/.exec(head)?.[1] ?? ''
  expectText(membersOf(body).join(' '), LIST(name).join(' '))
}

function onlyGiven(written: readonly Written[]): ReadStruct {
  const fields = written.map(
    ({ attribute, property, mapper }): Field => ({ attribute, property, mapper, getter: { kind: 'given' } }),
  )
  return { shape: 'object', resolvable: false, fields }
}

const CONSTRUCTOR =
  /^constructor\(terraformResource, terraformAttribute(?:, complexObjectIndex, complexObjectIsFromSet)?\) \{ super\(terraformResource, terraformAttribute, (false|false, 0|complexObjectIsFromSet, complexObjectIndex)\); this\.isEmptyObject = false;(.*) \}$/
const SHAPES: Readonly<Record<string, ReadStruct['shape']>> = {
  false: 'object',
  'false, 0': 'block',
  'complexObjectIsFromSet, complexObjectIndex': 'element',
}

function structOf(block: Block, written: readonly Written[], place: Place): ReadStruct {
  const [maker = '', get = '', set = '', ...accessors] = membersOf(block.body)
  const [, form = '', made = ''] = CONSTRUCTOR.exec(maker) ?? []
  const shape = SHAPES[form]
  if (shape === undefined) throw new Error(`not understood: ${maker}`)
  const references = referencesOf(statements(made), place)
  const resolvable = set.includes('this.resolvableValue')
  const kept = written.map(({ property }) => {
    // `self` and the like are the generator's own names, in whose place stands `selfAttribute`.
    const name =
      new RegExp(`this\\._(\\w+)(?:\\.internalValue)? = value\\.${property};`).exec(set)?.[1] ?? property
    return { property, name, isKept: references.has(name) }
  })
  const wanted = internalText(kept, resolvable)
  expectText(sorted(get), sorted(wanted.get))
  expectText(sorted(set), sorted(wanted.set))
  return { shape, resolvable, fields: joinFields(written, accessors, references) }
}

/** The two halves of `internalValue` for these fields: what an object keeps of what it is given. */
function internalText(
  written: readonly { readonly property: string; readonly name: string; readonly isKept: boolean }[],
  resolvable: boolean,
): { get: string; set: string } {
  const when = (text: string): string => (resolvable ? text : '')
  const each = (line: (property: string, name: string, inner: '' | '.internalValue') => string): string =>
    written
      .map(({ property, name, isKept }) => line(property, name, isKept ? '.internalValue' : ''))
      .join(' ')
  const tests = each((property, name, inner) => {
    const value = `this._${name}${inner === '' ? '' : `?${inner}`}`
    return `if (${value} !== undefined) { hasAnyValues = true; internalValueResult.${property} = ${value}; }`
  })
  const cleared = each((_, name, inner) => `this._${name}${inner} = undefined;`)
  const taken = each((property, name, inner) => `this._${name}${inner} = value.${property};`)
  return {
    get: `get internalValue() { ${when('if (this.resolvableValue) { return this.resolvableValue; }')} let hasAnyValues = this.isEmptyObject; const internalValueResult = {}; ${tests} return hasAnyValues ? internalValueResult : undefined; }`,
    set: `set internalValue(value) { if (value === undefined) { this.isEmptyObject = false; ${when('this.resolvableValue = undefined;')} ${cleared} } ${when('else if (cdktf.Tokenization.isResolvable(value)) { this.isEmptyObject = false; this.resolvableValue = value; }')} else { this.isEmptyObject = Object.keys(value).length === 0; ${when('this.resolvableValue = undefined;')} ${taken} } }`,
  }
}

const RESOURCE =
  /^constructor\(scope, id, config(?: = \{\})?\) \{ super\(scope, id, \{ terraformResourceType: '(\w+)', terraformGeneratorMetadata: \{ providerName: '([\w-]+)', providerVersion: '([^']+)', providerVersionConstraint: '([^']+)' \}, (?:terraformProviderSource: '(\w+)'|provider: config\.provider, dependsOn: config\.dependsOn, count: config\.count, lifecycle: config\.lifecycle, provisioners: config\.provisioners, connection: config\.connection, forEach: config\.forEach) \}\);(.*) \}$/

const KINDS: Readonly<Record<string, ReadBinding['kind']>> = {
  TerraformResource: 'resource',
  TerraformDataSource: 'data',
  TerraformProvider: 'provider',
}

function wholeOf({ head, body }: Block, place: Place): Omit<ReadBinding, 'structs'> {
  const members = membersOf(body)
  const [maker = '', ...others] = members
  const [, type, name, version, constraint, source, made = ''] = RESOURCE.exec(maker) ?? []
  if (type === undefined || name === undefined || version === undefined || constraint === undefined) {
    throw new Error(`not understood: ${maker}`)
  }
  const synthesis = others.find((member) => member.startsWith('synthesizeAttributes() {'))
  const lines = synthesis === undefined ? [] : synthesisLines(body)
  const written = writtenOf(lines, place)
  const isTaken = (statement: string): boolean => / = config\.\w+;$/.test(statement)
  const references = referencesOf(
    statements(made).filter((one) => !isTaken(one)),
    place,
  )
  const taken = written.map(({ property, isKept }) => {
    if (isKept !== references.has(property)) throw new Error(`not understood: ${property}`)
    return `this._${property}${isKept ? '.internalValue' : ''} = config.${property};`
  })
  expectText(statements(made).filter(isTaken).sort().join('\n'), taken.sort().join('\n'))
  const accessors = others.filter((member) => member !== synthesis)
  return {
    name: /^class (\w+) /.exec(head)?.[1] ?? '',
    kind: KINDS[head.slice(head.lastIndexOf('.') + 1)] ?? 'resource',
    provider: [name, version, constraint],
    type,
    ...(source !== undefined && { source }),
    fields: joinFields(written, accessors, references),
  }
}

function synthesisLines(body: readonly string[]): string[] {
  const begin = body.indexOf('    synthesizeAttributes() {')
  const end = body.indexOf('    }', begin)
  return attributesOf(body.slice(begin + 1, end), ['return {', '};'])
}

function statements(text: string): string[] {
  return text
    .split(/(?<=;)/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

/** The generator's order of the same statements differs between a class and its function. */
function sorted(text: string): string {
  return text
    .split(/(?<=[;{}])/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .sort()
    .join('\n')
}

function expectText(found: string, wanted: string): void {
  if (found !== wanted) throw new Error(`not understood:\n${found}\nwanted:\n${wanted}`)
}
