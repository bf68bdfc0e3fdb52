import { realpath } from 'node:fs/promises'
import { dirname, relative, resolve, sep } from 'node:path'
import { loadSystem } from '../../config/load.ts'
import { canonicalJson } from '../../domain/canonical.ts'
import { usageError } from '../../domain/error.ts'
import type { Image, System } from '../../domain/system/system.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { readDefinition } from '../../tools/context/context.ts'
import { gitEnvironment } from '../../tools/context/git-contents.ts'
import { reach } from '../../tools/context/selection.ts'
import type { Report, World } from '../command.ts'
import type { OpenEnvironment } from '../environment.ts'

/**
 * `build --affected BASE`: the images that the commits between BASE and HEAD touch, for the matrix of a workflow. Builds
 * nothing and asks no registry: a base image that moved is no part of a diff.
 */
export async function affectedImages(
  world: World,
  environment: OpenEnvironment,
  base: string,
): Promise<Report> {
  const { runtime, request } = world
  const { system, root } = environment
  const file = resolve(runtime.cwd, request.file)
  const diff = await diffOf(runtime, root, base)
  const inRepository = relativeTo(diff.top, await realpath(file))
  const before = diff.paths.has(inRepository)
    ? await systemAt(runtime, diff, inRepository, file, request.environment)
    : system
  const names: string[] = []
  for (const image of Object.values(system.images)) {
    const redefined = canonicalJson(image) !== canonicalJson(before?.images[image.name] ?? null)
    if (redefined || (await isTouched(image, root, diff))) names.push(image.name)
  }
  const matrix = { include: names.map((image) => ({ image })) }
  return {
    command: 'build',
    outcome: 'done',
    message:
      names.length === 0
        ? `no image is affected by the ${diff.paths.size} files that changed since ${base}`
        : `${names.length} of ${Object.keys(system.images).length} images are affected: ${names.join(', ')}`,
    outputs: { affected: JSON.stringify(matrix) },
    data: { affected: matrix },
    summary: ['| Affected image |', '| --- |', ...names.map((name) => `| ${name} |`), ''].join('\n'),
  }
}

interface Diff {
  /** Absolute path of the repository. */
  readonly top: string
  /** The commit that BASE and HEAD have in common. */
  readonly from: string
  /** Relative to `top`, with `/`; both names of what was moved. */
  readonly paths: ReadonlySet<string>
}

async function isTouched(image: Image, root: string, { top, paths }: Diff): Promise<boolean> {
  if (image.kind === 'mirror') return false
  const { root: context, path, sources, ignore } = await readDefinition({ image, root })
  const own = new Set(
    [path, `${path}.dockerignore`, resolve(context, '.dockerignore')].map((one) => relativeTo(top, one)),
  )
  const prefix = relativeTo(top, context)
  return [...paths].some((changed) => {
    if (own.has(changed)) return true
    const inside =
      prefix === ''
        ? changed
        : changed.startsWith(`${prefix}/`)
          ? changed.slice(prefix.length + 1)
          : undefined
    return inside !== undefined && !ignore.ignores(inside) && reach(sources, inside) !== 'no'
  })
}

async function diffOf(runtime: Runtime, root: string, base: string): Promise<Diff> {
  const git = gitIn(runtime, root)
  const top = (await git('rev-parse', '--show-toplevel'))?.trim()
  if (top === undefined) {
    throw usageError({
      what: `${root} is in no git repository`,
      rule: 'a diff is between two commits of one',
    })
  }
  const from = (await git('merge-base', '--end-of-options', base, 'HEAD'))?.trim()
  const changed =
    from && (await git('diff', '--name-only', '-z', '--no-renames', '--no-ext-diff', from, 'HEAD', '--'))
  if (!from || changed === undefined) {
    throw usageError({
      what: `git knows no common commit of ${base} and HEAD`,
      rule: 'both commits and what lies between them have to be there',
      remedy:
        'check out with the whole history (actions/checkout: fetch-depth: 0), or name a commit that is there',
    })
  }
  return { top, from, paths: new Set(changed.split('\0').filter((path) => path !== '')) }
}

/** The system as sluice.yml described it then; undefined where it was another file, or one we cannot read. */
async function systemAt(
  runtime: Runtime,
  { top, from }: Diff,
  inRepository: string,
  file: string,
  environment: string,
): Promise<System | undefined> {
  const text = await gitIn(runtime, top)('show', '--end-of-options', `${from}:${inRepository}`)
  if (text === undefined) return undefined
  const files = {
    ...runtime.files,
    read: async (path: string) => (path === file ? Buffer.from(text) : runtime.files.read(path)),
  }
  try {
    return (await loadSystem(files, file, environment, dirname(file))).system
  } catch {
    return undefined
  }
}

function gitIn(
  { exec, env }: Pick<Runtime, 'exec' | 'env'>,
  folder: string,
): (...args: string[]) => Promise<string | undefined> {
  return async (...args) => {
    if ((await exec.find('git')) === undefined) return undefined
    const result = await exec.run(['git', '-C', folder, ...args], { cwd: folder, env: gitEnvironment(env) })
    return result.code === 0 && !result.truncated ? result.stdout : undefined
  }
}

function relativeTo(top: string, path: string): string {
  return relative(top, path).split(sep).join('/')
}
