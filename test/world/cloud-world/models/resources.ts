import { CloudError } from '../faults.ts'
import type { Body, CtyType, Schema } from '../schema/schema.ts'
import { typeOfAttribute } from '../schema/schema.ts'
import type { Resource } from '../store.ts'
import { type Attributes, isList, isObject, textOf, textsIn, Unknown, type Value } from '../value.ts'
import type { CloudWorld } from '../world.ts'
import { COMPUTED, type Made } from './computed.ts'
import { hash, identityOf, say, uuid } from './identity.ts'

/** Where a provider works: from its configuration. */
export interface Settings {
  readonly provider: string
  readonly region: string
  readonly project: string
  /** Tags or labels of every resource. */
  readonly standard: Attributes
}

/** What a planned resource becomes. Refuses what the cloud would: a name that is taken, a network that is not there. */
export function create(world: CloudWorld, settings: Settings, schema: Schema, planned: Attributes): Resource {
  const { type } = schema
  refuseUnknownParts(world, planned)
  const made = make(world, settings, type, planned)
  const attributes = complete(schema.body, planned, made)
  const key = keyOf(type, attributes)
  if (world.store.get(type, key) !== undefined && identityOf(type, attributes).put !== true) {
    throw new CloudError(
      type === 'aws_s3_bucket' ? 'BucketAlreadyOwnedByYou' : 'ResourceAlreadyExists',
      `${type} ${key} exists already`,
    )
  }
  return world.store.put({ provider: settings.provider, type, key, attributes })
}

/** What the cloud says now; undefined where it is gone. */
export function read(world: CloudWorld, type: string, state: Attributes): Resource | undefined {
  return world.store.get(type, keyOf(type, state))
}

export function update(
  world: CloudWorld,
  settings: Settings,
  schema: Schema,
  prior: Attributes,
  planned: Attributes,
): Resource {
  const before = read(world, schema.type, prior)
  if (before === undefined)
    throw new CloudError(
      'ResourceNotFoundException',
      `${schema.type} ${keyOf(schema.type, prior)} is not there`,
    )
  refuseUnknownParts(world, planned)
  const made = {
    ...make(world, settings, schema.type, { ...before.attributes, ...known(planned) }),
    ...idOf(before),
  }
  return world.store.put({ ...before, attributes: complete(schema.body, planned, made) })
}

export function remove(world: CloudWorld, type: string, state: Attributes): void {
  world.store.remove(type, keyOf(type, state))
}

/** Two records of one type never have the same. */
export function keyOf(type: string, attributes: Attributes): string {
  const { key, id } = identityOf(type, attributes)
  return key === undefined || /\{hex/.test(key)
    ? (textOf(attributes['id']) ?? id)
    : say(key, (name) => attributes[name], '')
}

function make(
  world: CloudWorld,
  settings: Settings,
  type: string,
  planned: Attributes,
): Made & { readonly words: Attributes } {
  const { account } = world
  const project = textOf(planned['project']) ?? settings.project
  const region = textOf(planned['region']) ?? settings.region
  const seed = seedOf(world, type, planned)
  const name = textOf(planned['name']) ?? `${textOf(planned['name_prefix']) ?? 'terraform-'}${hash(seed, 26)}`
  const words: Attributes = {
    ...planned,
    ...named(planned, seed),
    name,
    region,
    account,
    project,
    group_name: textOf(planned['group_name']) ?? 'default',
    host: (textOf(planned['url']) ?? '').replace('https://', ''),
    function: (textOf(planned['function_name']) ?? '').replace(/^.*:function:/, ''),
    clusterName: (textOf(planned['cluster']) ?? 'default').replace(/^.*\//, ''),
    adopted:
      world.store.get('aws_vpc', textOf(planned['vpc_id']) ?? '')?.attributes['default_security_group_id'] ??
      '',
    revision:
      planned['revision'] instanceof Unknown || planned['revision'] === undefined
        ? revision(world, type, planned)
        : planned['revision'],
  }
  const identity = identityOf(type, planned)
  const word = (key: string): Value | undefined => words[key]
  // An ARN may name the id, or the id be the ARN.
  const byId = identity.id === '{arn}' ? '' : say(identity.id, word, seed)
  const arn = say(identity.arn ?? '', (key) => (key === 'id' ? byId : word(key)), seed)
  return {
    world,
    type,
    id: byId === '' ? arn : byId,
    arn,
    planned: { ...planned, ...pick(words, ['name', 'identifier', 'bucket']) },
    region,
    account,
    project,
    seed,
    words,
  }
}

const idOf = ({ attributes }: Resource) => ({
  id: textOf(attributes['id']) ?? '',
  arn: textOf(attributes['arn']) ?? '',
})

const pick = (from: Attributes, names: readonly string[]): Attributes =>
  Object.fromEntries(names.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]]])))

/** Families count for ever: a number is not given again when its task definition is gone. */
function revision(world: CloudWorld, type: string, planned: Attributes): number {
  if (!/task_definition|job_definition|secret_version/.test(type)) return 1
  return world.store.next(
    `${type} ${textOf(planned['family']) ?? textOf(planned['name']) ?? textOf(planned['secret'])}`,
  )
}

function named(planned: Attributes, seed: string): Attributes {
  const own = (name: string): string =>
    textOf(planned[name]) ?? `${textOf(planned[`${name}_prefix`]) ?? 'terraform-'}${hash(seed, 26)}`
  return {
    ...('bucket' in planned ? { bucket: own('bucket') } : {}),
    ...('identifier' in planned ? { identifier: own('identifier') } : {}),
    ...('statement_id' in planned ? { statement_id: own('statement_id') } : {}),
  }
}

/** The same resource has the same seed whatever is made at the same time; a second equal one has another. */
function seedOf(world: CloudWorld, type: string, planned: Attributes): string {
  const { tags: _, tags_all: __, ...rest } = known(planned)
  const base = `${type} ${JSON.stringify(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)))}`
  return `${base} ${world.store.next(base)}`
}

const known = (planned: Attributes): Attributes =>
  Object.fromEntries(Object.entries(planned).filter(([, value]) => !(value instanceof Unknown)))

/** Fills in what is unknown, and takes out what is never kept. */
function complete(body: Body, planned: Attributes, made: Made & { readonly words: Attributes }): Attributes {
  const given: Attributes = COMPUTED[made.type]?.(made) ?? {}
  return fill(
    body,
    planned,
    made,
    (name) =>
      given[name] ??
      (['name', 'bucket', 'identifier', 'statement_id', 'revision', 'group_name'].includes(name)
        ? made.words[name]
        : undefined),
  )
}

function fill(
  body: Body,
  value: Attributes,
  made: Made,
  given: (name: string) => Value | undefined,
): Attributes {
  const attributes = body.attributes.map((attribute) => {
    const { name } = attribute
    const now = value[name] ?? null
    if (attribute.kind === 'plain' && attribute.writeOnly) return [name, null] as const
    if (now instanceof Unknown)
      return [name, given(name) ?? invent(name, typeOfAttribute(attribute), made)] as const
    if (attribute.kind === 'plain') return [name, now] as const
    return [
      name,
      each(now, (item) =>
        fill({ attributes: attribute.attributes, blocks: [] }, item, made, () => undefined),
      ),
    ] as const
  })
  const blocks = body.blocks.map(({ name, body: inner }) => {
    const now = value[name] ?? null
    return [
      name,
      now instanceof Unknown ? [] : each(now, (item) => fill(inner, item, made, () => undefined)),
    ] as const
  })
  return Object.fromEntries([...attributes, ...blocks])
}

function each(value: Value, change: (item: Attributes) => Attributes): Value {
  if (isList(value)) return value.map((item) => (isObject(item) ? change(item) : item))
  return isObject(value) ? change(value) : value
}

/** A well-formed value for what no model says. */
function invent(name: string, type: CtyType, made: Made): Value {
  if (name === 'id') return made.id
  if (name === 'arn') return made.arn
  if (name === 'region') return made.region
  if (name === 'project') return made.project
  if (name === 'owner_id' || name === 'account_id') return made.account
  if (typeof type !== 'string') return type[0] === 'object' ? null : type[0] === 'map' ? {} : []
  switch (type) {
    case 'number':
      return 0
    case 'bool':
      return false
    case 'dynamic':
      return null
    case 'string':
      return inventText(name, made)
    default:
      return type satisfies never
  }
}

function inventText(name: string, made: Made): string {
  const seed = `${made.seed} ${name}`
  if (name.endsWith('_prefix')) return ''
  if (
    /(^|_)(created|create_time|created_at|created_date|create_date|updated|last_modified|update_time|start_date)$/.test(
      name,
    )
  )
    return made.world.time
  if (name === 'self_link') return `https://www.googleapis.com/${made.id}`
  if (name === 'uid' || name.endsWith('uuid')) return uuid(seed)
  if (name === 'target_domain_name') return `d-${hash(seed, 10)}.execute-api.${made.region}.amazonaws.com`
  if (name.endsWith('_arn'))
    return `arn:aws:${made.type.split('_')[1] ?? ''}:${made.region}:${made.account}:${name.slice(0, -4)}/${hash(seed, 12)}`
  if (/_id$|_fingerprint$|^etag$|^fingerprint$/.test(name)) return hash(seed, 12)
  return ''
}

/** Ids of a network that nothing has: `InvalidSubnetID.NotFound`. */
function refuseUnknownParts(world: CloudWorld, planned: Attributes): void {
  for (const text of textsIn(planned)) {
    const part = /^(vpc|subnet|sg|igw|rtb|eipalloc|nat|lt)-[0-9a-f]{17}$/.exec(text)
    if (part === null || exists(world, text)) continue
    throw new CloudError('InvalidID.NotFound', `The ID '${text}' does not exist`)
  }
}

const exists = (world: CloudWorld, id: string): boolean =>
  world.store
    .list()
    .some(
      ({ type, attributes }) =>
        attributes['id'] === id || (type === 'aws_vpc' && Object.values(attributes).includes(id)),
    )
