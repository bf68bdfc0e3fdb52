import { usageError } from '../domain/error.ts'
import { TRACKING_VARIABLE } from '../domain/models/tracking.ts'
import { nearestName } from '../domain/nearest.ts'
import { Secret } from '../domain/secret.ts'
import type { Targets } from '../domain/stacks/targets.ts'
import type { System } from '../domain/system/system.ts'
import type { ModelRegistry } from '../providers/ports/models.ts'
import type { ProviderContext } from '../providers/provider.ts'
import { openMlflow } from './registry.ts'
import type { MlflowAddress } from './rest.ts'

/**
 * The registries of a system's models, each an MLflow server: at the URL in sluice.yml, or at the address of the service that
 * runs it. A machine that reaches it another way (inside of the network, through a tunnel) says so by MLFLOW_TRACKING_URI.
 *
 * Who we are there is said by MLFLOW_TRACKING_TOKEN, or by MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD
 * (https://mlflow.org/docs/latest/ml/auth/).
 */
export function openSystemRegistry(
  { runtime, system }: Pick<ProviderContext, 'runtime' | 'system'>,
  targets: () => Promise<Targets>,
): ModelRegistry {
  const opened = new Map<string, ModelRegistry>()
  const login = loginOf(runtime.env)
  const registryOf = async (model: string): Promise<ModelRegistry> => {
    const url = trackingUrl(system, model, await targets(), runtime.env[TRACKING_VARIABLE])
    const known = opened.get(url)
    if (known !== undefined) return known
    const { http, clock, random, signals } = runtime
    const registry = openMlflow({ url, ...login }, { http, clock, random, signal: signals.cancelled })
    opened.set(url, registry)
    return registry
  }
  return {
    register: async (model) => (await registryOf(model.name)).register(model),
    get: async (name, which) => (await registryOf(name)).get(name, which),
    setAlias: async (name, ...move) => (await registryOf(name)).setAlias(name, ...move),
    annotate: async (name, ...notes) => (await registryOf(name)).annotate(name, ...notes),
    list: async (name) => (await registryOf(name)).list(name),
  }
}

/**
 * Where the registry of a model answers to this machine.
 *
 * @param override MLFLOW_TRACKING_URI of this machine.
 * @throws SluiceError usage, which names the model and its registry, where no way leads there
 */
export function trackingUrl(
  { models, services, environment }: Pick<System, 'models' | 'services' | 'environment'>,
  model: string,
  targets: Pick<Targets, 'services'>,
  override: string | undefined,
): string {
  const registry = models[model]?.registry
  if (registry === undefined) {
    const near = nearestName(model, Object.keys(models))
    throw usageError({
      what: `sluice.yml has no model ${model}`,
      rule: `models: ${Object.keys(models).join(', ') || 'none'}`,
      ...(near === undefined ? {} : { remedy: `did you mean ${near}?` }),
    })
  }
  if (override !== undefined && override !== '')
    return requireUrl(override, `${TRACKING_VARIABLE} of this machine`)
  if (/^https?:/.test(registry)) return requireUrl(registry, `models.${model}.registry`)
  const target = targets.services[registry]
  const url = target !== undefined && 'url' in target ? target.url : undefined
  if (typeof url === 'string') return requireUrl(url, `the address of service ${registry}`)
  const why =
    services[registry] !== undefined && target === undefined
      ? 'is not applied yet'
      : 'has no address outside of the network'
  throw usageError({
    what: `model ${model} of environment ${environment.name}: its registry, service ${registry}, ${why}`,
    rule: 'train, evaluate and rollout ask the registry of a model from the machine that Sluice runs on',
    remedy:
      `give services.${registry} a domain and "public: true", name a URL in models.${model}.registry, ` +
      `or set ${TRACKING_VARIABLE} where this machine reaches it another way`,
  })
}

function requireUrl(text: string, whose: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '') {
    return text.replace(/\/+$/, '')
  }
  throw usageError({
    // Without the text: it may hold a password.
    what: `${whose} is no address of an MLflow server`,
    rule: 'http(s)://host[:port][/prefix], without a user and a password',
    remedy: 'write user and password as MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD',
  })
}

type Environment = Readonly<Record<string, string | undefined>>

function loginOf(env: Environment): Pick<MlflowAddress, 'token' | 'basic'> {
  const { MLFLOW_TRACKING_TOKEN: token, MLFLOW_TRACKING_USERNAME: username } = env
  const password = env['MLFLOW_TRACKING_PASSWORD']
  // As MLflow's own client has it: a name goes before a token.
  if (username && password) return { basic: { username, password: new Secret(password) } }
  return token ? { token: new Secret(token) } : {}
}
