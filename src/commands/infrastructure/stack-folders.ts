import { join } from 'node:path'
import { stacksFileSchema } from '../../domain/stacks.ts'
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
 */
export async function stackFolders(files: Files, state: string): Promise<readonly StackFolder[]> {
  const directory = join(state, 'stacks')
  const bytes = await files.read(join(directory, 'stacks.json'))
  if (bytes === undefined) return []
  const { stacks } = stacksFileSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')))
  return stacks.map(({ name, dependsOn }) => ({ name, dependsOn, folder: join(directory, name) }))
}
