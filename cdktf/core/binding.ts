import {
  TerraformDataSource,
  TerraformProvider,
  TerraformResource,
  type TerraformResourceConfig,
} from 'cdktf'
import type { Construct } from 'constructs'
import { Configuration, type Values } from './binding-configuration.ts'
import { Expressions, type Reader } from './binding-expressions.ts'
import { BindingFields, type BindingTable } from './binding-fields.ts'
import type { Field } from './binding-table.ts'

/** What a resource was given: under a symbol, as no property of a resource may be in its way. */
const GIVEN = Symbol('given')

interface Bound {
  [GIVEN]: Values
}

/** What the classes of a binding share: those of cdktf, which they extend, differ. */
class Binding {
  readonly #table: BindingTable
  readonly #fields: BindingFields
  readonly #configuration: Configuration
  readonly #expressions: Expressions

  constructor(table: BindingTable) {
    this.#table = table
    this.#fields = new BindingFields(table)
    this.#configuration = new Configuration(this.#fields)
    this.#expressions = new Expressions(this.#fields)
  }

  get generated() {
    const [providerName, providerVersion, providerVersionConstraint] = this.#table.provider
    return {
      terraformResourceType: this.#table.type,
      terraformGeneratorMetadata: { providerName, providerVersion, providerVersionConstraint },
    }
  }

  settings({ provider, dependsOn, count, lifecycle, provisioners, connection, forEach }: Values) {
    const common = { provider, dependsOn, count, lifecycle, provisioners, connection, forEach } as object
    return { ...common, ...this.generated } as TerraformResourceConfig
  }

  /** Makes a new object of a class what the binding says. */
  bind(one: object, { prototype }: { readonly prototype: object }, config: Values): void {
    if (this.#fields.areUnread) this.#dress(prototype)
    Object.defineProperty(one, GIVEN, { value: { ...config } })
  }

  /** Gives a class its configuration, and a property an attribute: read as an expression, written as configuration. */
  #dress(prototype: object): void {
    const attributes = (given: Values): Values => this.#configuration.attributes(given)
    Object.defineProperty(prototype, 'synthesizeAttributes', {
      value(this: Bound) {
        return attributes(this[GIVEN])
      },
    })
    for (const field of this.#fields.all) this.#dressIn(prototype, field)
  }

  #dressIn(prototype: object, { attribute, property, mapper, getter }: Field): void {
    const read = (one: Reader & Bound): unknown =>
      getter.kind === 'given' ? one[GIVEN][property] : this.#expressions.read(one, attribute, getter)
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
    if (mapper?.kind !== 'object' && mapper?.kind !== 'objects') return
    Object.defineProperty(prototype, `put${property.charAt(0).toUpperCase()}${property.slice(1)}`, {
      value(this: Bound, value: unknown) {
        write(this, value)
      },
    })
  }
}

/** The class of a resource. */
export function resource(table: BindingTable) {
  const binding = new Binding(table)
  return class Resource extends TerraformResource {
    constructor(scope: Construct, id: string, config: Values = {}) {
      super(scope, id, binding.settings(config))
      binding.bind(this, Resource, config)
    }
  }
}

/** The class of what is only looked up. */
export function data(table: BindingTable) {
  const binding = new Binding(table)
  return class Data extends TerraformDataSource {
    constructor(scope: Construct, id: string, config: Values = {}) {
      super(scope, id, binding.settings(config))
      binding.bind(this, Data, config)
    }
  }
}

/** The class of a provider, which the engine gets from `source`. */
export function provider(table: BindingTable, source: string) {
  const binding = new Binding(table)
  return class Provider extends TerraformProvider {
    constructor(scope: Construct, id: string, config: Values = {}) {
      super(scope, id, { ...binding.generated, terraformProviderSource: source })
      binding.bind(this, Provider, config)
    }
  }
}
