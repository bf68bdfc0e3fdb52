import type { Field, GETTERS, Getter, Mapper } from '../../cdktf/core/binding-table.ts'

/** The place of a nested object by its name. */
export type Place = (name: string) => number

/** A field that can be given. */
export interface Written {
  readonly attribute: string
  readonly property: string
  readonly mapper: Mapper
  /** Behind the field stands an object that keeps its value. */
  readonly isKept: boolean
}

const ATTRIBUTE = /^(\w+): (.*),$/
const VALUE = '(?:struct\\.|this\\._)(\\w+?)(\\.internalValue)?'
const MAPPERS: readonly (readonly [RegExp, (name: string, place: Place, flag: string) => MapperKind])[] = [
  [/^cdktf\.(string|number|boolean|any)ToTerraform$/, () => ({ kind: 'plain' })],
  [/^cdktf\.listMapper\(cdktf\.(\w+)ToTerraform, false\)$/, () => ({ kind: 'list' })],
  [/^cdktf\.hashMapper\(cdktf\.(\w+)ToTerraform\)$/, () => ({ kind: 'map' })],
  [/^(\w+)ToTerraform$/, (name, place) => ({ kind: 'object', place: place(name) })],
  [
    /^cdktf\.listMapper\((\w+)ToTerraform, (true|false)\)$/,
    (name, place, flag) => ({ kind: 'objects', place: place(name), isBlock: flag === 'true' }),
  ],
]
type MapperKind = Mapper extends infer M ? (M extends unknown ? Omit<M, 'orNull'> : never) : never

/** The lines of an object of attributes, `name: cdktf.stringToTerraform(struct.name),` */
export function writtenOf(lines: readonly string[], place: Place): Written[] {
  return lines.map((line) => {
    const [, attribute, expression] = ATTRIBUTE.exec(line.trim()) ?? []
    if (attribute === undefined || expression === undefined) throw new Error(`not understood: ${line}`)
    const [, nullable, plain = expression] =
      /^struct\.(\w+) === undefined \? null : (.*)$/.exec(expression) ?? []
    const [, mapper = '', property = '', isKept] = new RegExp(`^(.*)\\(${VALUE}\\)$`).exec(plain) ?? []
    for (const [pattern, read] of MAPPERS) {
      const match = pattern.exec(mapper)
      if (match === null || property === '' || (nullable ?? property) !== property) continue
      const kind = read(match[1] ?? '', place, match[2] ?? '')
      return {
        attribute,
        property,
        mapper: { ...kind, orNull: nullable !== undefined } as Mapper,
        isKept: isKept !== undefined,
      }
    }
    throw new Error(`not understood: ${line}`)
  })
}

/** An object that a class makes for a property: `this._rule = new LbRuleList(this, "rule", true);` */
export interface Reference {
  readonly attribute: string
  readonly getter: Getter
}

const REFERENCE = /^this\._(\w+) = new ([\w.]+)\(this, "(\w+)"(?:, (true|false))?\);$/

/** The references among the statements of a constructor, by property. */
export function referencesOf(statements: readonly string[], place: Place): Map<string, Reference> {
  return new Map(
    statements.map((statement) => {
      const [, property, name = '', attribute, isSet] = REFERENCE.exec(statement) ?? []
      if (property === undefined || attribute === undefined) throw new Error(`not understood: ${statement}`)
      return [property, { attribute, getter: referenceGetter(name, isSet, place) }]
    }),
  )
}

function referenceGetter(name: string, isSet: string | undefined, place: Place): Getter {
  if (name === 'cdktf.StringMap' && isSet === undefined) return { kind: 'string map' }
  if (name === 'cdktf.StringMapList' && isSet === 'false') return { kind: 'string maps' }
  const [, object] = /^(\w+)OutputReference$/.exec(name) ?? []
  if (object !== undefined && isSet === undefined) return { kind: 'object', place: place(object) }
  const [, objects] = /^(\w+)List$/.exec(name) ?? []
  if (objects === undefined || isSet === undefined) throw new Error(`not understood: new ${name}`)
  return { kind: 'objects', place: place(objects), isSet: isSet === 'true' }
}

const ACCESSOR = /^get (\w+)\(\) \{ return (.*); \}$/
const READS: readonly (readonly [RegExp, keyof typeof GETTERS])[] = [
  [/^this\.getStringAttribute\('(\w+)'\)$/, 'string'],
  [/^this\.getNumberAttribute\('(\w+)'\)$/, 'number'],
  [/^this\.getBooleanAttribute\('(\w+)'\)$/, 'boolean'],
  [/^this\.getListAttribute\('(\w+)'\)$/, 'list'],
  [/^cdktf\.Fn\.tolist\(this\.getListAttribute\('(\w+)'\)\)$/, 'set'],
  [/^this\.getNumberListAttribute\('(\w+)'\)$/, 'numbers'],
  [/^this\.getStringMapAttribute\('(\w+)'\)$/, 'strings by name'],
  [/^this\.getNumberMapAttribute\('(\w+)'\)$/, 'numbers by name'],
]

/**
 * The fields of a class: those that can be given, in their order, then those that can only be read.
 *
 * @param accessors its members that are neither constructor nor synthesis
 */
export function joinFields(
  written: readonly Written[],
  accessors: readonly string[],
  references: ReadonlyMap<string, Reference>,
): Field[] {
  const read = new Map<string, Reference>()
  for (const accessor of accessors) {
    const [, property = '', value = ''] = ACCESSOR.exec(accessor) ?? []
    const reference = readAs(property, value, references)
    if (reference !== undefined) read.set(property, reference)
    else if (!isChange(accessor)) throw new Error(`not understood: ${accessor}`)
  }
  const given = written.map(({ attribute, property, mapper }): Field => {
    const reference = read.get(property)
    if (reference === undefined || ![attribute, ''].includes(reference.attribute)) {
      throw new Error(`${property} is not read as ${attribute}`)
    }
    return { attribute, property, mapper, getter: reference.getter }
  })
  const names = new Set(written.map(({ property }) => property))
  const computed = [...read].filter(([property]) => !names.has(property))
  return [
    ...given,
    ...computed.map(([property, { attribute, getter }]): Field => ({ attribute, property, getter })),
  ]
}

function readAs(
  property: string,
  value: string,
  references: ReadonlyMap<string, Reference>,
): Reference | undefined {
  for (const [pattern, kind] of READS) {
    const attribute = pattern.exec(value)?.[1]
    if (attribute !== undefined) return { attribute, getter: { kind } }
  }
  if (value !== `this._${property}`) return undefined
  return references.get(property) ?? { attribute: '', getter: { kind: 'given' } }
}

/** What changes a field later, or says what was given: nothing that a table must know. */
function isChange(member: string): boolean {
  return [
    /^set \w+\(value\) \{ this\._\w+ = value; \}$/,
    /^reset\w+\(\) \{ this\._\w+(\.internalValue)? = undefined; \}$/,
    /^put\w+\(value\) \{ this\._\w+\.internalValue = value; \}$/,
    /^get \w+Input\(\) \{ return this\._\w+(\.internalValue)?; \}$/,
  ].some((pattern) => pattern.test(member))
}
