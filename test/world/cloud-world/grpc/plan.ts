import { tagsOf } from '../models/computed.ts'
import { replaces } from '../models/replaced.ts'
import type { Settings } from '../models/resources.ts'
import type { Attribute, Body, CtyType, Schema } from '../schema/schema.ts'
import { typeOfBody } from '../schema/schema.ts'
import { type Attributes, equal, isList, isObject, UNKNOWN, Unknown, type Value } from '../value.ts'

export interface PlannedChange {
  readonly planned: Attributes
  /** Attributes whose change replaces the resource. */
  readonly replacing: readonly string[]
}

/** What only the cloud knows again after an update. */
const MOVED_BY_UPDATES: Readonly<Record<string, readonly string[]>> = {
  aws_launch_template: ['latest_version'],
  aws_lambda_function: ['last_modified', 'code_sha256'],
}

/**
 * The planned state of a resource. `proposed` is what the engine makes of configuration and prior state.
 *
 * A creation promises what the cloud fills in; a change keeps it; where nothing differs, the plan is the prior state.
 */
export function planChange(
  schema: Schema,
  settings: Settings,
  prior: Attributes | null,
  proposed: Attributes,
): PlannedChange {
  const tagged = withStandard(schema, settings, proposed)
  if (prior === null) return { planned: promise(schema.body, tagged), replacing: [] }
  const body = typeOfBody(schema.body)
  const types = (body as readonly ['object', Readonly<Record<string, CtyType>>])[1]
  const changed = Object.keys(types).filter(
    (name) => !same(types[name] ?? 'dynamic', prior[name] ?? null, tagged[name] ?? null),
  )
  if (changed.length === 0) return { planned: prior, replacing: [] }
  const moved = Object.fromEntries((MOVED_BY_UPDATES[schema.type] ?? []).map((name) => [name, UNKNOWN]))
  return {
    planned: { ...promiseInside(schema.body, tagged), ...moved },
    replacing: changed.filter((name) => replaces(schema.type, name)),
  }
}

/** Where tags are known, so is what they are together with those of the provider. */
function withStandard(
  schema: Schema,
  { standard, region, project }: Settings,
  proposed: Attributes,
): Attributes {
  const has = (name: string): boolean => schema.body.attributes.some((attribute) => attribute.name === name)
  const own = proposed['tags'] ?? proposed['labels'] ?? null
  const all = own instanceof Unknown ? UNKNOWN : tagsOf(proposed, standard)
  return {
    ...withoutWriteOnly(schema.body, proposed),
    ...(has('tags_all') ? { tags_all: all } : {}),
    ...(has('effective_labels') ? { effective_labels: all, terraform_labels: all } : {}),
    ...(has('region') && proposed['region'] === null && schema.type.startsWith('aws_') ? { region } : {}),
    ...(has('project') && proposed['project'] === null ? { project } : {}),
  }
}

const withoutWriteOnly = ({ attributes }: Body, value: Attributes): Attributes => ({
  ...value,
  ...Object.fromEntries(
    attributes.flatMap((attribute) =>
      attribute.kind === 'plain' && attribute.writeOnly ? [[attribute.name, null]] : [],
    ),
  ),
})

/** Everything that the cloud fills in and nobody has given is unknown. */
function promise(body: Body, value: Attributes): Attributes {
  const inside = promiseInside(body, value)
  const promised = body.attributes.filter(({ name, computed }) => computed && (inside[name] ?? null) === null)
  return { ...inside, ...Object.fromEntries(promised.map(({ name }) => [name, UNKNOWN])) }
}

/** The same inside of blocks alone, which may be new in an old resource. */
function promiseInside(body: Body, value: Attributes): Attributes {
  const within = (inner: Body, now: Value): Value => {
    if (isList(now)) return now.map((item) => (isObject(item) ? promise(inner, item) : item))
    return isObject(now) ? promise(inner, now) : now
  }
  const nested = body.attributes.filter(
    (attribute): attribute is Attribute & { kind: 'nested' } => attribute.kind === 'nested',
  )
  return {
    ...value,
    ...Object.fromEntries(
      nested.map(({ name, attributes }) => [name, within({ attributes, blocks: [] }, value[name] ?? null)]),
    ),
    ...Object.fromEntries(
      body.blocks.map(({ name, body: inner }) => [name, within(inner, value[name] ?? null)]),
    ),
  }
}

/** Equal, whatever the order inside of sets. */
function same(type: CtyType, a: Value, b: Value): boolean {
  if (a instanceof Unknown || b instanceof Unknown || typeof type === 'string') return equal(a, b)
  const [kind, inner] = type
  if (kind === 'object') {
    if (!isObject(a) || !isObject(b)) return equal(a, b)
    return Object.entries(inner).every(([name, own]) => same(own, a[name] ?? null, b[name] ?? null))
  }
  if (isList(a) && isList(b)) {
    if (a.length !== b.length) return false
    if (kind !== 'set') return a.every((item, index) => same(inner, item, b[index] ?? null))
    const left = [...b]
    return a.every((item) => {
      const index = left.findIndex((other) => same(inner, item, other))
      if (index >= 0) left.splice(index, 1)
      return index >= 0
    })
  }
  return equal(a, b)
}
