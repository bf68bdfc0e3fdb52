import { join } from 'node:path'
import type { Named } from '../../domain/named.ts'
import { secretValues } from '../../domain/system/connections.ts'
import type { Redactor } from '../../runtime/redact.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { Surroundings } from './engine.ts'
import { resolveSecrets } from './jobs/secrets.ts'
import {
  composeVariables,
  connectionVariables,
  inheritedVariables,
  type Variables,
} from './services/environment.ts'

export interface Connected {
  readonly connects: readonly string[]
  readonly env: Named<string>
  readonly secrets: Named<string>
}

export interface ConnectedOptions {
  readonly runtime: Runtime
  /** Absolute path of `.sluice/<env>/cloud`. */
  readonly folder: string
  readonly surroundings: Surroundings
  /** Learns every secret value, so that none reaches a log. */
  readonly redactor: Redactor
}

/**
 * The variables of a process that an engine starts: what it connects, its own, its secrets as they are.
 *
 * @throws SluiceError usage where a secret has no value or a connection no address.
 */
export async function connectedVariables(
  { runtime, folder, surroundings, redactor }: ConnectedOptions,
  { connects, env, secrets: wanted }: Connected,
): Promise<Variables> {
  const endpoints = surroundings.endpoints()
  const shared: Variables = Object.assign({}, ...endpoints.map((endpoint) => endpoint.shared))
  const connections = connectionVariables(connects, endpoints, surroundings.servicePorts())
  const found = await resolveSecrets(runtime, join(folder, 'secrets.json'), wanted)
  const secrets = Object.fromEntries(Object.entries(found).map(([name, one]) => [name, one.reveal()]))
  for (const value of [...secretValues({ ...shared, ...connections }), ...Object.values(secrets)]) {
    redactor.register(value)
  }
  return composeVariables({
    inherited: inheritedVariables(runtime.env),
    image: {},
    shared,
    connections,
    own: env,
    secrets,
    models: [],
    port: null,
  })
}
