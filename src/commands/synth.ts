import { join, relative, resolve } from 'node:path'
import { bug } from '../domain/error.ts'
import type { StacksFile } from '../domain/stacks/stacks.ts'
import type { Move } from '../domain/stacks/synthesizer.ts'
import type { Rename } from '../domain/system/rename.ts'
import { message } from '../runtime/events.ts'
import type { Command, Report, World } from './command.ts'
import { type OpenEnvironment, openEnvironment } from './environment.ts'
import { nothingToDo } from './nothing-to-do.ts'
import { movesTable, proposalText, stacksTable } from './synth/summary.ts'

export interface SynthOptions {
  /** Folder that gets one folder a stack, as the user wrote it; absent: `.sluice/<env>/stacks`. */
  readonly out?: string
}

/** What is to be written, before anything is. */
interface Synthesized {
  readonly file: StacksFile
  /** What changes its address because its name changed. */
  readonly moved: readonly Move[]
  /** Names that look changed, and that nothing says so of. */
  readonly proposals: readonly Rename[]
  write(): Promise<void>
}

/** Writes the Terraform configuration of every stack. Cloud `local` has none. */
export const synth: Command<SynthOptions> = async (world, { out }) => {
  const { runtime, request } = world
  const opened = await openEnvironment(world)
  const { system, state } = opened
  if (system.environment.cloud === 'local') {
    return nothingToDo(world, 'synth', { directory: '' }, { stacks: [] })
  }
  const directory = out === undefined ? join(state, 'stacks') : resolve(runtime.cwd, out)
  const made =
    system.infra === undefined
      ? await compiled(world, opened, directory)
      : await taken(world, opened, system.infra, directory)
  if (made === undefined) return notRun(opened)
  if (!request.dryRun) await made.write()
  return report(world, opened, made, directory)
}

/** What Sluice's own compiler makes of sluice.yml. */
async function compiled(world: World, opened: OpenEnvironment, directory: string): Promise<Synthesized> {
  const { system, root, state } = opened
  const { files } = world.runtime
  if (world.openSynthesizer === undefined) throw bug('synth was started without a compiler')
  const [{ readImagesFile }, { stacksFile, writeStacks }, synthesizer] = await Promise.all([
    import('./build/images-file.ts'),
    import('./synth/write.ts'),
    world.openSynthesizer(),
  ])
  const { images } = await readImagesFile(files, state)
  const references = Object.fromEntries(
    Object.entries(images).map(([key, { reference }]) => [key, reference]),
  )
  const stacks = await synthesizer.synthesize({ system, images: references })
  const file = stacksFile(system, stacks)
  const { renamesSince } = await import('./synth/since.ts')
  return {
    file,
    moved: stacks.flatMap(({ moved = [] }) => moved),
    proposals: await renamesSince(files, directory, system, file, stacks),
    write: () => writeStacks(files, root, directory, file, stacks),
  }
}

/** What the team brings in place of it; undefined where a dry run would have to run the team's command. */
async function taken(
  { runtime, request }: World,
  { system, root }: OpenEnvironment,
  infra: NonNullable<OpenEnvironment['system']['infra']>,
  directory: string,
): Promise<Synthesized | undefined> {
  if (infra.kind === 'cdktf' && request.dryRun) return undefined
  const [{ ownStacks }, { ownStacksFile, writeOwnStacks }] = await Promise.all([
    import('./synth/own.ts'),
    import('./synth/write.ts'),
  ])
  const stacks = await ownStacks(runtime, root, system, infra)
  const file = ownStacksFile(system, stacks)
  return {
    file,
    moved: [],
    proposals: [],
    write: () => writeOwnStacks(runtime.files, directory, file, stacks),
  }
}

function notRun({ system: { infra } }: OpenEnvironment): Report {
  const command = infra?.kind === 'cdktf' ? `${infra.command.join(' ')} in ${infra.directory}` : ''
  const text = `would run ${command}, and take over the stacks that it makes`
  return {
    command: 'synth',
    outcome: 'done',
    message: text,
    outputs: { directory: '' },
    data: { stacks: [] },
    summary: `${text}\n`,
  }
}

function report(world: World, { system }: OpenEnvironment, made: Synthesized, directory: string): Report {
  const { runtime, request } = world
  const { file, moved, proposals } = made
  for (const text of proposals.map(proposalText)) runtime.log.emit(message('warning', text))
  const count = file.stacks.reduce((sum, { resources }) => sum + resources, 0)
  const where = relative(runtime.cwd, directory) || '.'
  const wrote = request.dryRun ? 'would write' : 'wrote'
  return {
    command: 'synth',
    outcome: 'done',
    message: `${wrote} ${count} resources in ${file.stacks.length} stacks to ${where}`,
    outputs: { directory: request.dryRun ? '' : directory },
    data: {
      stacks: file.stacks,
      ...(moved.length === 0 ? {} : { moved }),
      ...(proposals.length === 0 ? {} : { proposals }),
    },
    summary: [
      stacksTable(system.environment.name, file),
      ...movesTable(moved),
      ...proposals.map(proposalText),
    ].join('\n'),
  }
}
