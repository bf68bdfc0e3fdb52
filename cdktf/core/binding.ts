import {
  ComplexList,
  ComplexObject,
  canInspect,
  Fn,
  hashMapper,
  isComplexElement,
  listMapper,
  StringMap,
  StringMapList,
  TerraformDataSource,
  TerraformProvider,
  TerraformResource,
  type TerraformResourceConfig,
  Tokenization,
} from 'cdktf'
import type { Construct } from 'constructs'
import { bug } from '../../src/domain/error.ts'
import { type Field, fieldsOf, type Getter, type Mapper } from './binding-table.ts'

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

/** One that reads attributes: a resource, or a reference to an object in one. */
type Reader = Pick<
  TerraformResource,
  | 'getStringAttribute'
  | 'getNumberAttribute'
  | 'getBooleanAttribute'
  | 'getListAttribute'
  | 'getNumberListAttribute'
  | 'getStringMapAttribute'
  | 'getNumberMapAttribute'
  | 'interpolationForAttribute'
>

type Values = Record<string, unknown>

/** What a resource was given, by property. */
const GIVEN = Symbol('given')

interface Bound {
  [GIVEN]: Values
}

/** Where a reference stands: alone, the first of a list of one, or an element of a list. */
type Shape = 'object' | 'block' | 'element'

interface Struct {
  readonly shape: Shape
  /** Whether a token may stand for the whole object. */
  readonly resolvable: boolean
  readonly fields: readonly Field[]
}

const SHAPES: Readonly<Record<string, Shape>> = { o: 'object', b: 'block', e: 'element' }

/** A table whose text is read when its first resource is made. */
class Binding {
  readonly #table: BindingTable
  readonly #structs = new Map<number, Struct>()
  readonly #references = new Map<number, new (...args: ReferenceArguments) => ComplexObject>()
  #fields: readonly Field[] | undefined

  constructor(table: BindingTable) {
    this.#table = table
  }

  get fields(): readonly Field[] {
    this.#fields ??= fieldsOf(this.#table.fields)
    return this.#fields
  }

  /** Whether this is the first time, so that the class gets its properties. */
  get isUnread(): boolean {
    return this.#fields === undefined
  }

  get generated() {
    const [providerName, providerVersion, providerVersionConstraint] = this.#table.provider
    return {
      terraformResourceType: this.#table.type,
      terraformGeneratorMetadata: { providerName, providerVersion, providerVersionConstraint },
    }
  }

  #struct(place: number): Struct {
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

  attributes(given: Values): Record<string, unknown> {
    return Object.fromEntries(
      this.fields.flatMap(({ attribute, property, mapper }) => {
        if (mapper === undefined) return []
        const value = given[property]
        const kept = mapper.kind === 'object' ? this.#kept(this.#struct(mapper.place), value) : value
        return [[attribute, this.#map(mapper, kept)]]
      }),
    )
  }

  /** The known part of what an object was given: nothing where nothing of it is known, unless it was empty on purpose. */
  #kept(struct: Struct, value: unknown): unknown {
    if (value === undefined) return undefined
    if (struct.resolvable && Tokenization.isResolvable(value)) return value
    const given = value as Values
    let some = Object.keys(given).length === 0
    const kept: Values = {}
    for (const { property, mapper } of struct.fields) {
      if (mapper === undefined) continue
      const one =
        mapper.kind === 'object' ? this.#kept(this.#struct(mapper.place), given[property]) : given[property]
      if (one === undefined) continue
      some = true
      kept[property] = one
    }
    return some ? kept : undefined
  }

  #map(mapper: Mapper, value: unknown): unknown {
    if (mapper.orNull && value === undefined) return null
    switch (mapper.kind) {
      case 'plain':
        return value
      case 'list':
        return listMapper((one) => one, false)(value)
      case 'map':
        return hashMapper((one) => one)(value)
      case 'object':
        return this.#object(this.#struct(mapper.place), value)
      case 'objects':
        return listMapper((one) => this.#object(this.#struct(mapper.place), one), mapper.isBlock)(value)
      default:
        return mapper satisfies never
    }
  }

  #object({ fields }: Struct, value: unknown): unknown {
    if (!canInspect(value) || Tokenization.isResolvable(value)) return value
    if (isComplexElement(value)) {
      throw bug('a reference to a whole object of another resource was given as configuration')
    }
    const given = value as Values
    return Object.fromEntries(
      fields.flatMap(({ attribute, property, mapper }) =>
        mapper === undefined ? [] : [[attribute, this.#map(mapper, given[property])]],
      ),
    )
  }

  /** The attribute as an expression: what it is once the engine knows it. */
  read(reader: Reader, attribute: string, getter: Exclude<Getter, { kind: 'given' }>): unknown {
    switch (getter.kind) {
      case 'string':
        return reader.getStringAttribute(attribute)
      case 'number':
        return reader.getNumberAttribute(attribute)
      case 'boolean':
        return reader.getBooleanAttribute(attribute)
      case 'list':
        return reader.getListAttribute(attribute)
      case 'set':
        return Fn.tolist(reader.getListAttribute(attribute))
      case 'numbers':
        return reader.getNumberListAttribute(attribute)
      case 'strings by name':
        return reader.getStringMapAttribute(attribute)
      case 'numbers by name':
        return reader.getNumberMapAttribute(attribute)
      case 'string map':
        return new StringMap(reader, attribute)
      case 'string maps':
        return new StringMapList(reader, attribute, false)
      case 'object':
        return this.#reference(getter.place, [reader, attribute, false, this.#index(getter.place)])
      case 'objects':
        return this.#list(reader, attribute, getter)
      default:
        return getter satisfies never
    }
  }

  #index(place: number): number | undefined {
    return this.#struct(place).shape === 'block' ? 0 : undefined
  }

  #reference(place: number, args: ReferenceArguments): ComplexObject {
    let Reference = this.#references.get(place)
    if (Reference === undefined) {
      Reference = class extends ComplexObject {}
      this.#references.set(place, Reference)
      for (const { attribute, property, getter } of this.#struct(place).fields) {
        if (getter.kind === 'given') throw bug(`${attribute} of an object is no attribute`)
        const read = (reader: Reader): unknown => this.read(reader, attribute, getter)
        Object.defineProperty(Reference.prototype, property, {
          get(this: Reader) {
            return read(this)
          },
        })
      }
    }
    return new Reference(...args)
  }

  #list(reader: Reader, attribute: string, { place, isSet }: Getter & { kind: 'objects' }): ComplexList {
    const get = (index: number): ComplexObject => this.#reference(place, [reader, attribute, isSet, index])
    return new (class extends ComplexList {
      get(index: number): ComplexObject {
        return get(index)
      }
    })(reader, attribute, isSet)
  }

  /** Gives a class a property an attribute: read as an expression, written as configuration. */
  dress(prototype: object): void {
    for (const { attribute, property, mapper, getter } of this.fields) {
      const read = (one: Reader & Bound): unknown =>
        getter.kind === 'given' ? one[GIVEN][property] : this.read(one, attribute, getter)
      const write = (one: Bound, value: unknown): void => {
        one[GIVEN][property] = value
      }
      Object.defineProperty(prototype, property, {
        get(this: Reader & Bound) {
          return read(this)
        },
        ...(mapper !== undefined && {
          set(this: Bound, value: unknown) {
            write(this, value)
          },
        }),
      })
      if (mapper?.kind !== 'object' && mapper?.kind !== 'objects') continue
      Object.defineProperty(prototype, `put${property.charAt(0).toUpperCase()}${property.slice(1)}`, {
        value(this: Bound, value: unknown) {
          write(this, value)
        },
      })
    }
  }
}

type ReferenceArguments = ConstructorParameters<typeof ComplexObject>

function settings(binding: Binding, config: Values): TerraformResourceConfig {
  const { provider, dependsOn, count, lifecycle, provisioners, connection, forEach } = config
  return {
    ...({ provider, dependsOn, count, lifecycle, provisioners, connection, forEach } as object),
    ...binding.generated,
  }
}

/** The class of a resource. */
export function resource(table: BindingTable) {
  const binding = new Binding(table)
  return class Resource extends TerraformResource implements Bound {
    readonly [GIVEN]: Values

    constructor(scope: Construct, id: string, config: Values = {}) {
      if (binding.isUnread) binding.dress(Resource.prototype)
      super(scope, id, settings(binding, config))
      this[GIVEN] = { ...config }
    }

    protected override synthesizeAttributes(): Record<string, unknown> {
      return binding.attributes(this[GIVEN])
    }
  }
}

/** The class of what is only looked up. */
export function data(table: BindingTable) {
  const binding = new Binding(table)
  return class Data extends TerraformDataSource implements Bound {
    readonly [GIVEN]: Values

    constructor(scope: Construct, id: string, config: Values = {}) {
      if (binding.isUnread) binding.dress(Data.prototype)
      super(scope, id, settings(binding, config))
      this[GIVEN] = { ...config }
    }

    protected override synthesizeAttributes(): Record<string, unknown> {
      return binding.attributes(this[GIVEN])
    }
  }
}

/** The class of a provider, which the engine gets from `source`. */
export function provider(table: BindingTable, source: string) {
  const binding = new Binding(table)
  return class Provider extends TerraformProvider implements Bound {
    readonly [GIVEN]: Values

    constructor(scope: Construct, id: string, config: Values = {}) {
      if (binding.isUnread) binding.dress(Provider.prototype)
      super(scope, id, { ...binding.generated, terraformProviderSource: source })
      this[GIVEN] = { ...config }
    }

    protected override synthesizeAttributes(): Record<string, unknown> {
      return binding.attributes(this[GIVEN])
    }
  }
}
