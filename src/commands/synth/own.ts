import { basename, join } from 'node:path'
import { externalError, usageError } from '../../domain/error.ts'
import { isStackName } from '../../domain/stacks/stack-order.ts'
import type { Infra, System } from '../../domain/system/system.ts'
import type { Argv, Files, Runtime } from '../../runtime/runtime.ts'
import { cdktfManifest } from './cdktf-manifest.ts'
import { type Folder, readFolder } from './folder.ts'
import { emits, resourcesIn } from './terraform-files.ts'

/** A stack of the team's own: a folder of Terraform configuration that is taken over as it is. */
export interface OwnStack {
  readonly name: string
  readonly dependsOn: readonly string[]
  readonly folder: Folder
  readonly resources: number
}

/** Longer than any synthesis; a command that asks a question would wait for ever. */
const TIMEOUT = 600_000
const PASSED = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR'] as const

/**
 * The stacks of `infra:`, in the order in which they are applied.
 *
 * @throws SluiceError usage where a folder is missing, is no configuration, or none of its stacks has the output `sluice`;
 * external where the team's command failed.
 */
export async function ownStacks(
  runtime: Runtime,
  root: string,
  system: System,
  infra: Infra,
): Promise<OwnStack[]> {
  const folder = join(root, infra.directory)
  if ((await runtime.files.stat(folder))?.kind !== 'directory') {
    throw usageError({
      what: `there is no folder ${infra.directory}`,
      rule: 'infra names a folder of the repository, relative to sluice.yml',
      remedy: 'correct the path, or add what it names',
    })
  }
  const stacks = await stacksOf(runtime, folder, system, infra)
  if (!stacks.some((stack) => emits(stack.folder, 'sluice'))) {
    throw usageError({
      what: `no stack of ${infra.directory} has the output sluice`,
      rule: 'the other verbs find services, jobs and buckets by it (schema/targets.schema.json)',
      remedy:
        'output "sluice" { value = { schema = "sluice.targets/v1", system = ..., environment = ..., ledger = ... } }',
    })
  }
  return stacks
}

async function stacksOf(runtime: Runtime, folder: string, system: System, infra: Infra): Promise<OwnStack[]> {
  const { files } = runtime
  switch (infra.kind) {
    case 'hcl': {
      const base = basename(infra.directory).toLowerCase()
      return [await stackOf(files, isStackName(base) ? base : 'infra', [], folder, infra.directory)]
    }
    case 'cdktf': {
      const out = await outputFolder(files, folder)
      // What an earlier run left is not taken for the result of this one.
      await files.remove(join(out, 'manifest.json'))
      await synthesize(runtime, folder, system, infra)
      const stacks = await cdktfManifest(files, join(out, 'manifest.json'), infra.directory)
      return Promise.all(
        stacks.map(({ name, dependsOn, directory }) =>
          stackOf(files, name, dependsOn, join(out, directory), `${infra.directory}: stack ${name}`),
        ),
      )
    }
    default:
      return infra satisfies never
  }
}

async function stackOf(
  files: Files,
  name: string,
  dependsOn: readonly string[],
  path: string,
  shown: string,
): Promise<OwnStack> {
  const folder = await readFolder(files, path, shown)
  const resources = resourcesIn(folder)
  if (resources === undefined) {
    throw usageError({
      what: `${shown} holds no file *.tf or *.tf.json`,
      rule: 'infra is Terraform configuration, or a CDKTF app that makes it',
      remedy: 'name the folder that holds the configuration itself',
    })
  }
  return { name, dependsOn, folder, resources }
}

/** Where the app writes: `output` of its cdktf.json, or cdktf.out. */
async function outputFolder(files: Files, folder: string): Promise<string> {
  const bytes = await files.read(join(folder, 'cdktf.json'))
  if (bytes === undefined) return join(folder, 'cdktf.out')
  try {
    const { output } = JSON.parse(Buffer.from(bytes).toString('utf8')) as { output?: unknown }
    return join(folder, typeof output === 'string' ? output : 'cdktf.out')
  } catch (cause) {
    throw usageError({ what: `${join(folder, 'cdktf.json')} is not JSON`, remedy: 'correct it' }, cause)
  }
}

async function synthesize(
  { exec, env, signals }: Runtime,
  cwd: string,
  system: System,
  { command, directory }: Extract<Infra, { kind: 'cdktf' }>,
): Promise<void> {
  const [program = '', ...args] = command
  const argv: Argv = [program, ...args]
  const passed = Object.fromEntries(PASSED.map((name) => [name, env[name]]))
  const result = await exec.run(argv, {
    cwd,
    // What is synthesized depends on the environment, and on nothing else of the caller.
    env: { ...passed, SLUICE_SYSTEM: system.name, SLUICE_ENVIRONMENT: system.environment.name },
    timeout: TIMEOUT,
    signal: signals.cancelled,
  })
  if (result.code === 0) return
  const end = result.code === null ? `was ended by ${result.signal}` : `ended with ${result.code}`
  const last = `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-20).join('\n')
  throw externalError('user', {
    what: `${command.join(' ')} in ${directory} ${end}:\n${last}`,
    remedy: `run it there yourself, with SLUICE_ENVIRONMENT=${system.environment.name}`,
  })
}
