import type { Attribute, Body, Schema } from '../schema/schema.ts'

/** Schema of the protocol: `message Schema` of tfplugin6. */
export function schemaMessage({ body }: Schema): object {
  return { version: 0, block: blockMessage(body) }
}

function blockMessage({ attributes, blocks }: Body): object {
  return {
    version: 0,
    attributes: attributes.map(attributeMessage),
    block_types: blocks.map(({ name, nesting, minItems, maxItems, body }) => ({
      type_name: name,
      nesting: nesting.toUpperCase(),
      min_items: minItems,
      max_items: maxItems,
      block: blockMessage(body),
    })),
  }
}

function attributeMessage(attribute: Attribute): object {
  const { name, required, optional, computed } = attribute
  const flags = { name, required, optional, computed }
  if (attribute.kind === 'plain') {
    const { type, sensitive, writeOnly } = attribute
    return { ...flags, type: Buffer.from(JSON.stringify(type)), sensitive, write_only: writeOnly }
  }
  const { nesting, attributes } = attribute
  return {
    ...flags,
    nested_type: { nesting: nesting.toUpperCase(), attributes: attributes.map(attributeMessage) },
  }
}
