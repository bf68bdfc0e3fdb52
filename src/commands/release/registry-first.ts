import { registryToCome } from '../../release/first-wave.ts'
import { openLedger } from '../../release/ledger.ts'
import type { World } from '../command.ts'
import { openEnvironment } from '../environment.ts'

/**
 * Whether training has to wait for a first rollout: the registry of one of these models is a service of the system that no
 * release has started yet. On this machine a registry of our own answers before any service.
 */
export async function registryFirst(world: World, models: readonly string[]): Promise<boolean> {
  const environment = await openEnvironment(world)
  try {
    const { system } = environment
    if (system.environment.cloud === 'local' || models.length === 0) return false
    if (!models.some((model) => registryToCome(system, model, undefined))) return false
    const { objects, targets } = await environment.provider()
    const live = await openLedger(objects, (await targets()).ledger, world.runtime).live()
    return models.some((model) => registryToCome(system, model, live?.value.release))
  } finally {
    await environment.close()
  }
}
