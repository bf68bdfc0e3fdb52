import { bug } from '../../src/domain/error.ts'
import { type Field, fieldsOf } from './binding-table.ts'

/**
 * What a provider's binding is in a bundle: a table of its attributes in place of the classes that the generator wrote for
 * them, which are forty times as long. `scripts/bindings` makes the tables; a test gives both the same values.
 */
export interface BindingTable {
  /** Name, version and constraint of the provider. */
  readonly provider: readonly [name: string, version: string, constraint: string]
  /** `aws_ecs_cluster`. */
  readonly type: string
  readonly fields: string
  /** Nested objects, which fields name by their place. */
  readonly structs: readonly string[]
}

/** Where a reference stands: alone, the first of a list of one, or an element of a list. */
export type Shape = 'object' | 'block' | 'element'

export interface Struct {
  readonly shape: Shape
  /** Whether a token may stand for the whole object. */
  readonly resolvable: boolean
  readonly fields: readonly Field[]
}

const SHAPES: Readonly<Record<string, Shape>> = { o: 'object', b: 'block', e: 'element' }

/** The attributes of a binding, read out of its table when its first resource is made: a compiler knows hundreds and uses few. */
export class BindingFields {
  readonly #table: BindingTable
  readonly #structs = new Map<number, Struct>()
  #all: readonly Field[] | undefined

  constructor(table: BindingTable) {
    this.#table = table
  }

  get all(): readonly Field[] {
    this.#all ??= fieldsOf(this.#table.fields)
    return this.#all
  }

  /** Whether nobody has asked for them yet. */
  get areUnread(): boolean {
    return this.#all === undefined
  }

  /** The nested object at this place of the table. */
  struct(place: number): Struct {
    let struct = this.#structs.get(place)
    if (struct === undefined) {
      const text = this.#table.structs[place] ?? ''
      const shape = SHAPES[text[0] ?? '']
      if (shape === undefined) throw bug(`no object ${place} in the table of ${this.#table.type}`)
      struct = { shape, resolvable: text[1] === '~', fields: fieldsOf(text.slice(2)) }
      this.#structs.set(place, struct)
    }
    return struct
  }
}
