import { dirname, resolve } from 'node:path'
import { loadSystem } from '../config/load.ts'
import type { System } from '../domain/system/system.ts'
import type { Provider } from '../providers/provider.ts'
import { credentialsOf } from '../tools/engine/credentials.ts'
import type { World } from './command.ts'
import { stateFolder } from './state-folder.ts'

/** One environment of one system, opened: what it is, where its files lie, and a way to its cloud. */
export interface OpenEnvironment {
  readonly system: System
  /** Absolute path of the folder that holds sluice.yml. */
  readonly root: string
  /** Absolute path of `.sluice/<env>`. */
  readonly state: string
  /** The cloud, opened when it is first asked for. */
  provider(): Promise<Provider>
  close(): Promise<void>
}

/** @throws SluiceError usage, with every problem of the file at once. Nothing has been started then. */
export async function openEnvironment(world: World): Promise<OpenEnvironment> {
  const { runtime, request } = world
  const file = resolve(runtime.cwd, request.file)
  const { system } = await loadSystem(runtime.files, file, request.environment, runtime.cwd)
  if (system.environment.cloud !== 'local') {
    for (const value of credentialsOf(runtime.env)) runtime.log.emit({ kind: 'mask', value })
  }
  const root = dirname(file)
  const state = stateFolder(world)
  let provider: Promise<Provider> | undefined
  return {
    system,
    root,
    state,
    provider: () => {
      provider ??= world.openProvider(system.environment.cloud, { runtime, system, root, state })
      return provider
    },
    close: async () => {
      await (await provider)?.close()
    },
  }
}
