import type { StacksFile } from '../../domain/stacks/stacks.ts'
import type { Stack } from '../../domain/stacks/synthesizer.ts'
import type { Rename } from '../../domain/system/rename.ts'
import type { System } from '../../domain/system/system.ts'
import type { Files } from '../../runtime/runtime.ts'
import { stacksBefore, writtenBefore } from './before.ts'
import { proposedRenames } from './propose.ts'

/** Names that look changed since the stacks in this folder were written, but for those that sluice.yml says. */
export async function renamesSince(
  files: Files,
  folder: string,
  system: System,
  file: StacksFile,
  stacks: readonly Stack[],
): Promise<Rename[]> {
  const before = await stacksBefore(files, folder, file)
  const held = before?.stacks.flatMap(({ holds = [] }) => holds) ?? []
  const now = new Set(file.stacks.flatMap(({ holds = [] }) => holds))
  // The stacks themselves are read only where a name is gone.
  if (before === undefined || held.every((name) => now.has(name))) return []
  const holds = new Map(file.stacks.map((stack) => [stack.name, stack.holds ?? []]))
  const proposals = proposedRenames(
    await writtenBefore(files, folder, before),
    stacks.map(({ name, json }) => ({ name, json, holds: holds.get(name) ?? [] })),
  )
  const said = (rename: Rename): boolean =>
    (system.renames ?? []).some(
      ({ kind, from, to }) => kind === rename.kind && from === rename.from && to === rename.to,
    )
  return proposals.filter((rename) => !said(rename))
}
