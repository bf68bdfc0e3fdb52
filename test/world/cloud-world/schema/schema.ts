/** A type as cty writes it in JSON: `"string"`, `["set","string"]`, `["object",{"id":"string"}]`. */
export type CtyType =
  | 'string'
  | 'number'
  | 'bool'
  | 'dynamic'
  | readonly ['list' | 'set' | 'map', CtyType]
  | readonly ['object', Readonly<Record<string, CtyType>>]

export type Nesting = 'single' | 'list' | 'set' | 'map'

interface Flags {
  readonly name: string
  readonly required: boolean
  readonly optional: boolean
  readonly computed: boolean
}

/** An attribute of a plain type, or one with attributes of its own (`nested_type` of protocol 6). */
export type Attribute =
  | (Flags & {
      readonly kind: 'plain'
      readonly type: CtyType
      readonly sensitive: boolean
      readonly writeOnly: boolean
    })
  | (Flags & {
      readonly kind: 'nested'
      readonly nesting: Nesting
      readonly attributes: readonly Attribute[]
    })

export interface Block {
  readonly name: string
  readonly nesting: Nesting
  readonly minItems: number
  /** 0: any number. */
  readonly maxItems: number
  readonly body: Body
}

export interface Body {
  readonly attributes: readonly Attribute[]
  readonly blocks: readonly Block[]
}

/** One resource, data source or provider configuration. */
export interface Schema {
  /** Terraform's type; `provider` for the configuration of the provider. */
  readonly type: string
  readonly body: Body
}

/** The type of a value that this body describes. */
export function typeOfBody({ attributes, blocks }: Body): CtyType {
  return [
    'object',
    Object.fromEntries([
      ...attributes.map((attribute) => [attribute.name, typeOfAttribute(attribute)] as const),
      ...blocks.map(({ name, nesting, body }) => [name, nested(nesting, typeOfBody(body))] as const),
    ]),
  ]
}

export function typeOfAttribute(attribute: Attribute): CtyType {
  if (attribute.kind === 'plain') return attribute.type
  return nested(attribute.nesting, typeOfBody({ attributes: attribute.attributes, blocks: [] }))
}

const nested = (nesting: Nesting, type: CtyType): CtyType => (nesting === 'single' ? type : [nesting, type])
