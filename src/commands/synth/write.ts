import { join } from 'node:path'
import { isStackName } from '../../domain/stacks/stack-order.ts'
import type { StacksFile } from '../../domain/stacks/stacks.ts'
import type { Stack } from '../../domain/stacks/synthesizer.ts'
import type { System } from '../../domain/system/system.ts'
import type { Files } from '../../runtime/runtime.ts'
import { stacksBefore, stacksText } from './before.ts'
import { writeFolder } from './folder.ts'
import type { OwnStack } from './own.ts'
import { holdsOf } from './propose.ts'

/** stacks.json of these stacks. */
export function stacksFile(system: System, stacks: readonly Stack[]): StacksFile {
  return {
    schema: 'sluice.stacks/v1',
    system: system.name,
    environment: system.environment.name,
    stacks: stacks.map(({ name, dependsOn, json }) => ({
      name,
      dependsOn: [...dependsOn],
      resources: resourceCount(json),
      holds: holdsOf(json),
    })),
  }
}

/** stacks.json of a team's own stacks. */
export function ownStacksFile(system: System, stacks: readonly OwnStack[]): StacksFile {
  return {
    schema: 'sluice.stacks/v1',
    system: system.name,
    environment: system.environment.name,
    stacks: stacks.map(({ name, dependsOn, resources }) => ({ name, dependsOn: [...dependsOn], resources })),
  }
}

function resourceCount(json: Stack['json']): number {
  const types = Object.values((json['resource'] ?? {}) as Record<string, object>)
  return types.reduce((sum, resources) => sum + Object.keys(resources).length, 0)
}

/**
 * One folder a stack with cdk.tf.json and its assets, and stacks.json last. Folders of stacks that are gone go too, as far
 * as the stacks.json before names them; what Terraform keeps beside cdk.tf.json stays.
 */
export async function writeStacks(
  files: Files,
  root: string,
  folder: string,
  file: StacksFile,
  stacks: readonly Stack[],
): Promise<void> {
  // All are read before anything is written: a missing file leaves the folder as it was.
  const assets = await Promise.all(
    stacks.flatMap((stack) =>
      stack.assets.map(async (asset) => {
        // Not every system has any, and zip is much code.
        const { assetBytes } = await import('./assets.ts')
        return { path: join(folder, stack.name, asset.path), bytes: await assetBytes(files, root, asset) }
      }),
    ),
  )
  await removeStale(files, folder, file)
  const configurations = stacks.map(({ name, json }) => ({
    path: join(folder, name, 'cdk.tf.json'),
    bytes: `${JSON.stringify(sorted(json), undefined, 2)}\n`,
  }))
  await Promise.all(
    [...configurations, ...assets].map(({ path, bytes }) => files.write(path, bytes, { derived: true })),
  )
  await files.write(join(folder, 'stacks.json'), stacksText(file), { derived: true })
}

/** The same for a team's own stacks, which are taken over file by file. */
export async function writeOwnStacks(
  files: Files,
  folder: string,
  file: StacksFile,
  stacks: readonly OwnStack[],
): Promise<void> {
  await removeStale(files, folder, file)
  for (const stack of stacks) await writeFolder(files, join(folder, stack.name), stack.folder)
  await files.write(join(folder, 'stacks.json'), stacksText(file), { derived: true })
}

async function removeStale(files: Files, folder: string, file: StacksFile): Promise<void> {
  const before = await stacksBefore(files, folder, file)
  const kept = new Set(file.stacks.map(({ name }) => name))
  for (const { name } of before?.stacks ?? []) {
    if (isStackName(name) && !kept.has(name)) await files.remove(join(folder, name))
  }
}

/** Keys in order, so that a difference between two versions is a difference of the system. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]))
}
