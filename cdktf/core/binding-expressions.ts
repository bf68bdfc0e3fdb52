import { ComplexList, ComplexObject, Fn, StringMap, StringMapList, type TerraformResource } from 'cdktf'
import { bug } from '../../src/domain/error.ts'
import type { BindingFields } from './binding-fields.ts'
import type { Getter } from './binding-table.ts'

/** One that reads attributes: a resource, or a reference to an object in one. */
export type Reader = Pick<
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

type ReferenceArguments = ConstructorParameters<typeof ComplexObject>

/** The way from an attribute to the expression that the engine knows it by. */
export class Expressions {
  readonly #fields: BindingFields
  /** The classes of nested objects, by their place. */
  readonly #references = new Map<number, new (...args: ReferenceArguments) => ComplexObject>()

  constructor(fields: BindingFields) {
    this.#fields = fields
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
    return this.#fields.struct(place).shape === 'block' ? 0 : undefined
  }

  #reference(place: number, args: ReferenceArguments): ComplexObject {
    let Reference = this.#references.get(place)
    if (Reference === undefined) {
      Reference = class extends ComplexObject {}
      this.#references.set(place, Reference)
      for (const { attribute, property, getter } of this.#fields.struct(place).fields) {
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
}
