import { join } from 'node:path'
import { isStackName } from '../../domain/stacks/stack-order.ts'
import type { StacksFile } from '../../domain/stacks/stacks.ts'
import type { Files } from '../../runtime/runtime.ts'
import type { Written } from './propose.ts'

/** The bytes of stacks.json. */
export const stacksText = (file: StacksFile): string => `${JSON.stringify(file, undefined, 2)}\n`

/**
 * stacks.json of a folder; undefined where there is none, or none of ours: then nothing is known about what lies there. Most
 * often it is the same as `now`, which needs no schema to be seen.
 */
export async function stacksBefore(
  files: Files,
  folder: string,
  now: StacksFile,
): Promise<StacksFile | undefined> {
  const bytes = await files.read(join(folder, 'stacks.json'))
  if (bytes === undefined) return undefined
  if (Buffer.from(bytes).toString('utf8') === stacksText(now)) return now
  const { stacksFileSchema } = await import('../../domain/stacks/stacks.ts')
  try {
    return stacksFileSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')))
  } catch {
    return undefined
  }
}

/** The stacks that were written last, as far as they can be read. */
export async function writtenBefore(files: Files, folder: string, file: StacksFile): Promise<Written[]> {
  const all = await Promise.all(
    file.stacks.map(async ({ name, holds = [] }): Promise<Written[]> => {
      const bytes = isStackName(name) ? await files.read(join(folder, name, 'cdk.tf.json')) : undefined
      if (bytes === undefined) return []
      try {
        return [{ name, holds, json: JSON.parse(Buffer.from(bytes).toString('utf8')) as Written['json'] }]
      } catch {
        return []
      }
    }),
  )
  return all.flat()
}
