import type { Problem } from '../domain/error.ts'
import type { System } from '../domain/system/system.ts'
import type { ModelChoice } from './model-choice.ts'

/**
 * The registry of a model may be a service of the same system: nothing is registered, let alone judged, before it runs. So until
 * a model has its first verdict, the services that load it wait, and with them what connects to those; the others go first
 * (CONTRACTS: "First deployment").
 *
 * @returns names of the services that wait; none where every model is judged or served already.
 */
export function waitingServices(
  { services }: Pick<System, 'services'>,
  models: Readonly<Record<string, ModelChoice>>,
): ReadonlySet<string> {
  const waiting = new Set<string>()
  for (const { name, model } of Object.values(services)) {
    if (model !== undefined && models[model]?.kind === 'unjudged') waiting.add(name)
  }
  for (let before = -1; before !== waiting.size; ) {
    before = waiting.size
    for (const { name, connects } of Object.values(services)) {
      if (connects.some((other) => waiting.has(other))) waiting.add(name)
    }
  }
  return waiting
}

/** Why models without a verdict stop the whole release: nothing that could start would bring their verdict nearer. */
export function unjudgedProblems(
  system: Pick<System, 'services' | 'models'>,
  models: Readonly<Record<string, ModelChoice>>,
): readonly Problem[] {
  const waiting = waitingServices(system, models)
  return Object.entries(models).flatMap(([name, choice]) => {
    if (choice.kind !== 'unjudged') return []
    const registry = system.models[name]?.registry ?? ''
    const goesFirst = system.services[registry] !== undefined && !waiting.has(registry)
    return goesFirst ? [] : [choice.problem]
  })
}

/** Whether the registry of this model is a service of the system that no release has started yet: there is nobody to ask. */
export function registryToCome(
  { services, models }: Pick<System, 'services' | 'models'>,
  model: string,
  live: { readonly services: Readonly<Record<string, unknown>> } | undefined,
): boolean {
  const registry = models[model]?.registry ?? ''
  return services[registry] !== undefined && live?.services[registry] === undefined
}
