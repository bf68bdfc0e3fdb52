import { join } from 'node:path'
import { SluiceError } from '../../domain/error.ts'
import { type StacksFile, stacksFileSchema } from '../../domain/stacks/stacks.ts'
import type { Files } from '../../runtime/runtime.ts'

/** A Terraform configuration on disk, with a state of its own. */
export interface StackFolder {
  readonly name: string
  /** Absolute path. */
  readonly folder: string
  /** Stacks that are applied before it. */
  readonly dependsOn: readonly string[]
}

/**
 * The stacks that `synth` left in `.sluice/<env>/stacks`, in the order in which they are applied; none where it never ran.
 *
 * @throws SluiceError stale, where their list is another one than synth writes.
 */
export async function stackFolders(files: Files, state: string): Promise<readonly StackFolder[]> {
  const directory = join(state, 'stacks')
  const bytes = await files.read(join(directory, 'stacks.json'))
  if (bytes === undefined) return []
  const { stacks } = listOf(Buffer.from(bytes).toString('utf8'))
  return stacks.map(({ name, dependsOn }) => ({ name, dependsOn, folder: join(directory, name) }))
}

/** It may have been handed over by another job. */
function listOf(text: string): StacksFile {
  try {
    return stacksFileSchema.parse(JSON.parse(text))
  } catch (cause) {
    const problem = {
      what: 'stacks.json is not one that synth writes',
      rule: 'the stacks are taken as they were written',
      remedy: 'run plan again',
    }
    throw new SluiceError('stale', 'user', problem, { cause })
  }
}
