import { join } from 'node:path'
import type { SynthesizedStack } from '../../plan/synthesis-diff.ts'
import type { Files } from '../../runtime/runtime.ts'
import { stackFolders } from './stack-folders.ts'

/** The Terraform JSON that `synth` left for an environment; a team's own folder may have none. */
export async function synthesizedStacks(files: Files, state: string): Promise<readonly SynthesizedStack[]> {
  const stacks: SynthesizedStack[] = []
  for (const { name, folder } of await stackFolders(files, state)) {
    const bytes = await files.read(join(folder, 'cdk.tf.json'))
    if (bytes === undefined) continue
    const document = JSON.parse(Buffer.from(bytes).toString('utf8')) as Record<string, unknown>
    stacks.push({ name, document })
  }
  return stacks
}
