import { bug } from '../../src/domain/error.ts'

/** How a value becomes configuration. `place` is the nested object's in its table. */
export type Mapper = {
  /** Terraform's null where nothing was given: an attribute written as a block. */
  readonly orNull: boolean
} & (
  | { readonly kind: 'plain' | 'list' | 'map' }
  | { readonly kind: 'object'; readonly place: number }
  | { readonly kind: 'objects'; readonly place: number; readonly isBlock: boolean }
)

/** What an attribute is read as. */
export type Getter =
  | { readonly kind: 'given' }
  | { readonly kind: Exclude<keyof typeof GETTERS, 'given'> }
  | { readonly kind: 'object'; readonly place: number }
  | { readonly kind: 'objects'; readonly place: number; readonly isSet: boolean }

export interface Field {
  /** Terraform's name, `desired_count`. */
  readonly attribute: string
  /** The bindings' name, `desiredCount`. */
  readonly property: string
  /** None: it can only be read. */
  readonly mapper?: Mapper
  readonly getter: Getter
}

/** Letter of a getter in a table. */
export const GETTERS = {
  string: 'S',
  number: 'N',
  boolean: 'B',
  list: 'L',
  set: 'T',
  numbers: 'D',
  'strings by name': 'M',
  'numbers by name': 'O',
  'string map': 'C',
  'string maps': 'W',
  /** Configuration that is handed back as it was given: a provider's. */
  given: 'R',
} as const

const BY_LETTER = new Map(
  Object.entries(GETTERS).map(([kind, letter]) => [letter as string, kind as keyof typeof GETTERS]),
)

/**
 * Fields as a text, separated by blanks: `name`, `=property!` where it is not the name in camel case, then one of these for how
 * it is written, after a `?` where nothing becomes null: `.` plain, `*` list, `%` map, `{3` object 3, `[3` blocks of it, `(3`
 * a list of it; none: it is only read. Then how it is read: a letter of {@link GETTERS}, `{3` object 3, `[3` a list of it, `<3`
 * a set of it.
 */
export function fieldsText(fields: readonly Field[]): string {
  return fields.map(fieldText).join(' ')
}

function fieldText({ attribute, property, mapper, getter }: Field): string {
  const alias = property === camelCase(attribute) ? '' : `=${property}!`
  return `${attribute}${alias}${mapper === undefined ? '' : mapperText(mapper)}${getterText(getter)}`
}

function mapperText(mapper: Mapper): string {
  return `${mapper.orNull ? '?' : ''}${mapperKind(mapper)}`
}

function mapperKind(mapper: Mapper): string {
  switch (mapper.kind) {
    case 'plain':
      return '.'
    case 'list':
      return '*'
    case 'map':
      return '%'
    case 'object':
      return `{${mapper.place}`
    case 'objects':
      return `${mapper.isBlock ? '[' : '('}${mapper.place}`
    default:
      return mapper satisfies never
  }
}

function getterText(getter: Getter): string {
  switch (getter.kind) {
    case 'object':
      return `{${getter.place}`
    case 'objects':
      return `${getter.isSet ? '<' : '['}${getter.place}`
    default:
      return GETTERS[getter.kind]
  }
}

/** Attributes have small letters only; a property ends where a sign or the letter of a getter behind a `!` begins. */
const FIELD = /^([a-z0-9_]+)(?:=(\w+)!)?(\??)([.*%]|[{[(]\d+)?(?:([A-Z])|([{[<])(\d+))$/

/** Reads what {@link fieldsText} wrote. */
export function fieldsOf(text: string): Field[] {
  return text === '' ? [] : text.split(' ').map(fieldOf)
}

function fieldOf(text: string): Field {
  const [, attribute, property, orNull, mapper, letter, list, place] = FIELD.exec(text) ?? []
  if (attribute === undefined) throw bug(`${text} is no field of a table`)
  return {
    attribute,
    property: property ?? camelCase(attribute),
    ...(mapper !== undefined && { mapper: mapperOf(mapper, orNull === '?') }),
    getter: getterOf(letter, list, Number(place)),
  }
}

function mapperOf(text: string, orNull: boolean): Mapper {
  const place = Number(text.slice(1))
  switch (text[0]) {
    case '.':
      return { kind: 'plain', orNull }
    case '*':
      return { kind: 'list', orNull }
    case '%':
      return { kind: 'map', orNull }
    case '{':
      return { kind: 'object', place, orNull }
    default:
      return { kind: 'objects', place, isBlock: text[0] === '[', orNull }
  }
}

function getterOf(letter: string | undefined, list: string | undefined, place: number): Getter {
  if (letter !== undefined) {
    const kind = BY_LETTER.get(letter)
    if (kind === undefined) throw bug(`${letter} is no way to read an attribute`)
    return { kind }
  }
  return list === '{' ? { kind: 'object', place } : { kind: 'objects', place, isSet: list === '<' }
}

/** `desired_count` -> `desiredCount` */
export function camelCase(name: string): string {
  return name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}
