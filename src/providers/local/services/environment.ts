import { usageError } from '../../../domain/error.ts'
import { modelPin, type ServedModel } from '../../../domain/models/model.ts'
import { connectionVariable, modelVariable } from '../../../domain/system/connections.ts'
import type { EngineEndpoint } from '../engine.ts'

export type Variables = Readonly<Record<string, string>>

/** What a process of the system may see of the machine's own environment. Nothing else is inherited. */
const INHERITED = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR'] as const

export function inheritedVariables(env: Readonly<Record<string, string | undefined>>): Variables {
  const kept: Record<string, string> = {}
  for (const name of INHERITED) {
    const value = env[name]
    if (value !== undefined) kept[name] = value
  }
  return kept
}

/** Where a process gets its variables from; a later source wins over an earlier one. */
export interface Sources {
  readonly inherited: Variables
  /** ENV of the image. */
  readonly image: Variables
  /** Endpoints of the system: AWS_ENDPOINT_URL_S3, ... */
  readonly shared: Variables
  /** What `connects:` names. */
  readonly connections: Variables
  /** `env:` of sluice.yml. */
  readonly own: Variables
  /** Resolved values. */
  readonly secrets: Variables
  readonly models: readonly ServedModel[]
  /** Where it shall listen; null: it takes no requests. */
  readonly port: number | null
}

export function composeVariables(sources: Sources): Variables {
  const pins = sources.models.map((model) => [modelVariable(model.name), modelPin(model)])
  return {
    ...sources.inherited,
    ...sources.image,
    ...sources.shared,
    ...sources.connections,
    // An image made for a container listens on every address; here nothing but this machine may reach it.
    ...(sources.port === null ? {} : { HOST: '127.0.0.1' }),
    ...sources.own,
    ...sources.secrets,
    ...Object.fromEntries(pins),
    ...(sources.port === null ? {} : { PORT: String(sources.port) }),
  }
}

/**
 * The variables of everything that `connects:` names: engines say theirs, services are reached at their proxies.
 *
 * @throws SluiceError usage where a name is known to neither.
 */
export function connectionVariables(
  connects: readonly string[],
  endpoints: readonly EngineEndpoint[],
  servicePorts: Readonly<Record<string, number>>,
): Variables {
  const engines: Record<string, Variables> = Object.assign({}, ...endpoints.map((one) => one.connections))
  const found: Record<string, string> = {}
  for (const name of connects) {
    const port = servicePorts[name]
    const variables =
      engines[name] ??
      (port === undefined
        ? undefined
        : { [connectionVariable('services', name, 'URL')]: `http://127.0.0.1:${port}` })
    if (variables === undefined) {
      throw usageError({
        what: `connects: ${name} has no address on cloud local`,
        rule: `known here: ${[...Object.keys(engines), ...Object.keys(servicePorts)].sort().join(', ') || 'nothing'}`,
      })
    }
    Object.assign(found, variables)
  }
  return found
}
