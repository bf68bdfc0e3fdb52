import { canInspect, hashMapper, isComplexElement, listMapper, Tokenization } from 'cdktf'
import { bug } from '../../src/domain/error.ts'
import type { BindingFields, Struct } from './binding-fields.ts'
import type { Mapper } from './binding-table.ts'

/** What a resource was given, by property. */
export type Values = Record<string, unknown>

/** The way from what a resource was given to Terraform's JSON, with the quirks of the generated classes. */
export class Configuration {
  readonly #fields: BindingFields

  constructor(fields: BindingFields) {
    this.#fields = fields
  }

  /** By Terraform's names. */
  attributes(given: Values): Record<string, unknown> {
    return Object.fromEntries(
      this.#fields.all.flatMap(({ attribute, property, mapper }) => {
        if (mapper === undefined) return []
        const value = given[property]
        const kept = mapper.kind === 'object' ? this.#kept(this.#fields.struct(mapper.place), value) : value
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
        mapper.kind === 'object'
          ? this.#kept(this.#fields.struct(mapper.place), given[property])
          : given[property]
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
        return this.#object(this.#fields.struct(mapper.place), value)
      case 'objects':
        return listMapper(
          (one) => this.#object(this.#fields.struct(mapper.place), one),
          mapper.isBlock,
        )(value)
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
}
