import fc from 'fast-check'

type Schema = Readonly<Record<string, unknown>>

/** Values that are wrong nearly everywhere, and right where a schema is wide. */
const JUNK = fc.constantFrom<unknown>(
  null,
  true,
  false,
  0,
  -1,
  1,
  1.5,
  99,
  101,
  65_536,
  1e9,
  '',
  'x',
  'A b',
  '5m',
  '1GiB',
  '10%',
  '-x',
  'a..b',
  'a\nb',
  '/x',
  './x',
  'é',
  '🎬',
  [],
  [1],
  ['x'],
  {},
  { a: 1 },
)

/**
 * Values that a JSON Schema of ours mostly accepts. Each part is junk once in `rarity`, so that about half of the whole
 * configurations are wrong in one or a few places.
 */
export function arbitraryValue(schema: Schema, rarity: number): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: rarity, arbitrary: good(schema, rarity) }, { weight: 1, arbitrary: JUNK })
}

function good(schema: Schema, rarity: number): fc.Arbitrary<unknown> {
  const options = schema['enum'] ?? (schema['const'] === undefined ? undefined : [schema['const']])
  if (Array.isArray(options)) return fc.constantFrom(...(options as unknown[]))
  switch (schema['type']) {
    case 'string':
      return text(schema)
    case 'integer':
    case 'number':
      return number(schema)
    case 'boolean':
      return fc.boolean()
    case 'array':
      return fc.array(arbitraryValue(schema['items'] as Schema, rarity), {
        minLength: Number(schema['minItems'] ?? 0),
        maxLength: 3,
      })
    case 'object':
      return object(schema, rarity)
    default:
      return JUNK
  }
}

function text(schema: Schema): fc.Arbitrary<string> {
  const examples = schema['examples']
  return Array.isArray(examples)
    ? fc.constantFrom(...(examples as string[]))
    : fc.constantFrom('monthly', 'x y', 'a', 'Ä')
}

function number(schema: Schema): fc.Arbitrary<number> {
  const low = Number(schema['minimum'] ?? schema['exclusiveMinimum'] ?? -5)
  const high = Math.min(Number(schema['maximum'] ?? schema['exclusiveMaximum'] ?? 1000), 1e6)
  const edges = [low, high].flatMap((edge) => (schema['type'] === 'integer' ? [edge] : [edge, edge + 1e-9]))
  return fc.oneof(
    {
      weight: 20,
      arbitrary:
        schema['type'] === 'integer' ? fc.integer({ min: low, max: high }) : fc.constant((low + high) / 2),
    },
    { weight: 1, arbitrary: fc.constantFrom(...edges) },
  )
}

function object(schema: Schema, rarity: number): fc.Arbitrary<unknown> {
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, Schema>)
  const required = (schema['required'] ?? []) as string[]
  if (properties.length === 0) return dictionary(schema, rarity)
  const members = properties.map(([key, value]) => [key, arbitraryValue(value, rarity)] as const)
  const whole = fc.record(Object.fromEntries(members), { requiredKeys: required, noNullPrototype: true })
  const strange = fc
    .tuple(whole, fc.constantFrom('extra', 'toString', 'stopTimeout'), JUNK)
    .map(([value, key, junk]) => ({ ...value, [key]: junk }))
  const lacking = fc.record(Object.fromEntries(members), { requiredKeys: [], noNullPrototype: true })
  return fc.oneof(
    { weight: rarity, arbitrary: whole },
    { weight: 1, arbitrary: strange },
    { weight: 1, arbitrary: lacking },
  )
}

function dictionary(schema: Schema, rarity: number): fc.Arbitrary<unknown> {
  const names = (schema['propertyNames'] ?? {}) as Schema
  const key = fc.oneof(
    { weight: rarity, arbitrary: text(names) },
    { weight: 1, arbitrary: fc.constantFrom('', 'A b', 'a..b', '7', 'toString', 'é') },
  )
  return fc.dictionary(key, arbitraryValue((schema['additionalProperties'] ?? {}) as Schema, rarity), {
    maxKeys: 2,
    noNullPrototype: true,
  })
}
