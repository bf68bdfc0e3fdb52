import { join, relative, resolve } from 'node:path'
import { bug, usageError } from '../domain/error.ts'
import type { StacksFile } from '../domain/stacks.ts'
import type { Command } from './command.ts'
import { openEnvironment } from './environment.ts'
import { nothingToDo } from './nothing-to-do.ts'

export interface SynthOptions {
  /** Folder that gets one folder a stack, as the user wrote it; absent: `.sluice/<env>/stacks`. */
  readonly out?: string
}

/** Writes the Terraform JSON of every stack. Cloud `local` has none. */
export const synth: Command<SynthOptions> = async (world, { out }) => {
  const { runtime, request } = world
  const { system, root, state } = await openEnvironment(world)
  const { name, cloud } = system.environment
  if (cloud === 'local') return nothingToDo(world, 'synth', { directory: '' }, { stacks: [] })
  if (system.infra !== undefined) {
    throw usageError({
      what: `environment ${name} has infrastructure of its own in ${system.infra.directory}`,
      rule: 'synth compiles what sluice.yml says, in place of `infra`',
      remedy: 'run the tool of that folder, or take `infra` out of sluice.yml',
    })
  }
  if (world.openSynthesizer === undefined) throw bug('synth was started without a compiler')
  const [{ readImagesFile }, { stacksFile, writeStacks }, synthesizer] = await Promise.all([
    import('./build/images-file.ts'),
    import('./synth/write.ts'),
    world.openSynthesizer(),
  ])
  const { images } = await readImagesFile(runtime.files, state)
  const references = Object.fromEntries(
    Object.entries(images).map(([key, { reference }]) => [key, reference]),
  )
  const stacks = await synthesizer.synthesize({ system, images: references })
  const file = stacksFile(system, stacks)
  const directory = out === undefined ? join(state, 'stacks') : resolve(runtime.cwd, out)
  if (!request.dryRun) await writeStacks(runtime.files, root, directory, file, stacks)
  const count = file.stacks.reduce((sum, { resources }) => sum + resources, 0)
  const where = relative(runtime.cwd, directory) || '.'
  const wrote = request.dryRun ? 'would write' : 'wrote'
  return {
    command: 'synth',
    outcome: 'done',
    message: `${wrote} ${count} resources in ${stacks.length} stacks to ${where}`,
    outputs: { directory: request.dryRun ? '' : directory },
    data: { stacks: file.stacks },
    summary: table(name, file),
  }
}

function table(environment: string, file: StacksFile): string {
  const rows = file.stacks.map(
    ({ name, resources, dependsOn }) => `| ${name} | ${resources} | ${dependsOn.join(', ') || '-'} |`,
  )
  return [
    `### Stacks of ${environment}`,
    '',
    '| stack | resources | after |',
    '| --- | --: | --- |',
    ...rows,
    '',
  ].join('\n')
}
