import { CloudError } from '../faults.ts'
import { readData } from '../models/data.ts'
import { create, read, remove, type Settings, update } from '../models/resources.ts'
import type { Bindings } from '../schema/load.ts'
import type { Body, Schema } from '../schema/schema.ts'
import { type Attributes, isList, isObject, textOf, type Value } from '../value.ts'
import type { CloudWorld } from '../world.ts'
import { planChange } from './plan.ts'
import { schemaMessage } from './schema-message.ts'
import { type DynamicValue, readObject, writeValue } from './wire.ts'

/** A request as the protocol names its fields; only those that are read. */
export interface Request {
  readonly type_name: string
  readonly config?: DynamicValue
  readonly current_state?: DynamicValue
  readonly prior_state?: DynamicValue
  readonly proposed_new_state?: DynamicValue
  readonly planned_state?: DynamicValue
  readonly raw_state?: { readonly json?: Uint8Array }
  readonly id?: string
}

export type Handler = (request: Request) => object | Promise<object>

/** The methods of `service Provider` in tfplugin6.proto. One server has one configuration, as one plan has. */
export function handlers(
  world: CloudWorld,
  bindings: Bindings,
  types: (() => { readonly resources: readonly string[]; readonly data: readonly string[] }) | undefined,
): Readonly<Record<string, Handler>> {
  const { provider } = bindings
  let settings: Settings = { provider, region: 'us-east-1', project: world.project, standard: {} }
  const schemaOf = (type: string): Schema => {
    const schema = bindings.resource(type)
    if (schema === undefined) throw new CloudError('Unsupported', `${provider} has no ${type}`)
    return schema
  }
  const resources = (): readonly string[] => types?.().resources ?? bindings.types()
  const messages = (names: readonly string[], find: (name: string) => Schema | undefined): object =>
    Object.fromEntries(
      names.flatMap((name) => {
        const schema = find(name)
        return schema === undefined ? [] : [[name, schemaMessage(schema)]]
      }),
    )
  return {
    GetMetadata: () => ({
      resources: resources().map((type_name) => ({ type_name })),
      data_sources: (types?.().data ?? []).map((type_name) => ({ type_name })),
    }),
    GetProviderSchema: () => ({
      provider: schemaMessage(bindings.configuration()),
      resource_schemas: messages(resources(), (name) => bindings.resource(name)),
      data_source_schemas: messages(types?.().data ?? [], (name) => bindings.data(name)),
      server_capabilities: { get_provider_schema_optional: true },
    }),
    GetResourceIdentitySchemas: () => ({}),
    GetFunctions: () => ({}),
    ValidateProviderConfig: () => ({}),
    ValidateResourceConfig: () => ({}),
    ValidateDataResourceConfig: () => ({}),
    // Providers end the requests that they wait for: https://developer.hashicorp.com/terraform/plugin/framework/internals/rpcs#stopprovider-rpc
    StopProvider: () => {
      world.faults.giveUp()
      return {}
    },
    ConfigureProvider: ({ config }) => {
      settings = configure(world, provider, readObject(config) ?? {})
      return {}
    },
    // States are of this version of the schema: there was none before.
    UpgradeResourceState: ({ raw_state }) => ({
      upgraded_state: { json: raw_state?.json ?? Buffer.from('null') },
    }),
    ReadResource: ({ type_name, current_state }) => {
      const state = readObject(current_state)
      const found = state === null ? undefined : read(world, type_name, state)
      return {
        new_state: writeValue(
          found === undefined ? null : shown(schemaOf(type_name), state, found.attributes),
        ),
      }
    },
    PlanResourceChange: ({ type_name, prior_state, proposed_new_state }) => {
      const proposed = readObject(proposed_new_state)
      if (proposed === null) return { planned_state: writeValue(null) }
      const { planned, replacing } = planChange(
        schemaOf(type_name),
        settings,
        readObject(prior_state),
        proposed,
      )
      return {
        planned_state: writeValue(planned),
        requires_replace: replacing.map((name) => ({ steps: [{ attribute_name: name }] })),
      }
    },
    ApplyResourceChange: ({ type_name, prior_state, planned_state }) =>
      applyChange(world, settings, schemaOf(type_name), readObject(prior_state), readObject(planned_state)),
    ImportResourceState: ({ type_name, id }) => {
      const found = world.store.find(type_name, (attributes) => attributes['id'] === id)
      if (found === undefined) throw new CloudError('NotFound', `there is no ${type_name} ${id}`)
      return { imported_resources: [{ type_name, state: writeValue(found.attributes) }] }
    },
    ReadDataSource: ({ type_name, config }) => {
      const schema = bindings.data(type_name)
      if (schema === undefined)
        throw new CloudError('Unsupported', `${provider} has no data source ${type_name}`)
      const asked = readObject(config) ?? {}
      return {
        state: writeValue({
          ...empty(schema.body),
          ...asked,
          ...within(schema.body, readData(world, settings, type_name, asked)),
        }),
      }
    },
  }
}

async function applyChange(
  world: CloudWorld,
  settings: Settings,
  schema: Schema,
  prior: Attributes | null,
  planned: Attributes | null,
): Promise<object> {
  const { type } = schema
  if (planned === null) {
    await world.faults.pass(`delete ${type}`, () => prior !== null && remove(world, type, prior))
    return { new_state: writeValue(null) }
  }
  const resource =
    prior === null
      ? await world.faults.pass(`create ${type}`, () => create(world, settings, schema, planned))
      : await world.faults.pass(`update ${type}`, () => update(world, settings, schema, prior, planned))
  return { new_state: writeValue(resource.attributes) }
}

/** Deployments and operators may add what this schema does not know; Terraform sees its own attributes. */
function shown(schema: Schema, state: Attributes | null, attributes: Attributes): Attributes {
  return { ...(state ?? {}), ...within(schema.body, attributes) }
}

function within({ attributes, blocks }: Body, value: Attributes): Attributes {
  const names = new Set([...attributes, ...blocks].map(({ name }) => name))
  return Object.fromEntries(Object.entries(value).filter(([name]) => names.has(name)))
}

/** What a data source has not been asked and does not answer. */
const empty = ({ attributes, blocks }: Body): Attributes =>
  Object.fromEntries([
    ...attributes.map(({ name }) => [name, null] as const),
    ...blocks.map(
      ({ name, nesting }) => [name, nesting === 'single' ? null : nesting === 'map' ? {} : []] as const,
    ),
  ])

function configure(world: CloudWorld, provider: string, config: Attributes): Settings {
  const allowed = config['allowed_account_ids']
  if (isList(allowed) && !allowed.includes(world.account)) {
    throw new CloudError('AccountIDNotAllowed', `AWS account ID not allowed: ${world.account}`)
  }
  const block = isList(config['default_tags']) ? config['default_tags'][0] : undefined
  const tags: Value | undefined = isObject(block) ? block['tags'] : config['default_labels']
  return {
    provider,
    region: textOf(config['region']) ?? 'us-east-1',
    project: textOf(config['project']) ?? world.project,
    standard: isObject(tags) ? tags : {},
  }
}
