import { join } from 'node:path'
import { type Digest, digestOf } from '../../domain/digest.ts'
import { SluiceError } from '../../domain/error.ts'
import type { Bound } from '../../domain/plans/approval.ts'
import type { Files, Runtime } from '../../runtime/runtime.ts'
import { engineArgv } from '../../tools/engine/argv.ts'
import { BACKEND_FILE, backendIdentity, WORKSPACE_FILE } from '../../tools/engine/backend.ts'
import { engineFailure } from '../../tools/engine/failure.ts'
import { type LockHolder, lockHolder } from '../../tools/engine/lock.ts'
import { type StateIdentity, stateIdentity } from '../../tools/engine/state-identity.ts'
import { type EngineProcess, textOf } from './engine-process.ts'
import type { StackFolder } from './stack-folders.ts'

/** What `init` has opened, looked at through the engine: it knows every backend. */
export interface EngineStates {
  /** Where the state lies, and by which providers; nothing is asked over the network. */
  identify(
    stack: StackFolder,
    owner: Pick<Bound['backend'], 'account' | 'region'>,
  ): Promise<Pick<Bound, 'backend' | 'providers'>>
  version(stack: StackFolder): Promise<StateIdentity>
  /** Addresses of what the state holds. */
  addresses(stack: StackFolder): Promise<readonly string[]>
  /** Who holds the lock; undefined where nobody does. */
  holder(stack: StackFolder): Promise<LockHolder | undefined>
  /** Takes away the lock with this id and no other. */
  unlock(stack: StackFolder, id: string): Promise<void>
}

export function engineStates(runtime: Runtime, process: EngineProcess): EngineStates {
  const { engine, print, ask } = process
  const { program } = engine
  const { files } = runtime
  const version: EngineStates['version'] = async (stack) =>
    stateIdentity(await print('reading of the state', stack, engineArgv.pull(program), textOf))
  return {
    version,
    identify: async (stack, owner) => ({
      backend: backendIdentity(
        await textAt(files, join(stack.folder, BACKEND_FILE)),
        await textAt(files, join(stack.folder, WORKSPACE_FILE)),
        owner,
      ),
      providers: await providerLock(files, stack),
    }),
    addresses: async (stack) => {
      try {
        const listed = await print('list of the state', stack, engineArgv.addresses(program), textOf)
        return listed.split('\n').filter((line) => line !== '')
      } catch (error) {
        // So the engine says it where nothing was ever applied.
        if (error instanceof SluiceError && error.message.includes('No state file was found')) return []
        throw error
      }
    },
    holder: async (stack) => lockHolder((await ask(stack, engineArgv.probe(program))).diagnostics),
    unlock: async (stack, id) => {
      const end = await ask(stack, engineArgv.unlock(program, id))
      if (end.code !== 0) throw engineFailure(`unlock of stack ${stack.name}`, end, runtime.clock.now())
    },
  }
}

async function providerLock(files: Files, stack: StackFolder): Promise<Digest | null> {
  const bytes = await files.read(join(stack.folder, '.terraform.lock.hcl'))
  return bytes === undefined ? null : digestOf(bytes)
}

async function textAt(files: Files, path: string): Promise<string | undefined> {
  const bytes = await files.read(path)
  return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8')
}
