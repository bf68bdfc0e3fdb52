import { lstat, readFile } from 'node:fs/promises'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { usageError } from '../../domain/error.ts'
import type { BuiltImage } from '../../domain/system/system.ts'
import { evaluateStages, type StageResult } from '../dockerfile/evaluate.ts'
import { parseDockerfile } from '../dockerfile/parse.ts'
import { type Ignore, NOTHING_IGNORED, parseIgnore } from './ignore.ts'
import { contextSources, type Source, sourceOf } from './selection.ts'
import { type Walked, walk } from './walk.ts'
import { insideWorkspace, workspaceOf } from './workspace.ts'

/** Everything a build can see, before anything was read but the Dockerfile and .dockerignore. */
export interface BuildContext extends Walked {
  /** Absolute and real. */
  readonly root: string
  /** The Dockerfile's path for messages, and its bytes. */
  readonly file: string
  readonly dockerfile: Uint8Array
  /** Up to the target, which is the last. */
  readonly stages: readonly StageResult[]
}

export interface ContextOptions {
  readonly image: BuiltImage
  /** Absolute path of the folder of sluice.yml. */
  readonly root: string
  /** What of the context counts; default: what the Dockerfile takes. */
  readonly view?: (stages: readonly StageResult[]) => 'dockerfile' | 'whole'
  readonly signal?: AbortSignal
}

const DOCKERFILE_LIMIT = 1024 * 1024

/** What decides which files a build can see, before any of them was looked at. */
export interface BuildDefinitionFiles {
  readonly workspace: string
  /** Absolute and real. */
  readonly root: string
  /** Absolute and real path of the Dockerfile, and its path for messages. */
  readonly path: string
  readonly file: string
  readonly dockerfile: Uint8Array
  readonly stages: readonly StageResult[]
  readonly sources: readonly Source[]
  readonly ignore: Ignore
}

/** @throws SluiceError usage for what lies outside the workspace, and for a Dockerfile that cannot be read. */
export async function readDefinition({
  image,
  root,
  view,
}: Omit<ContextOptions, 'signal'>): Promise<BuildDefinitionFiles> {
  const workspace = await workspaceOf(root)
  const context = await insideWorkspace(workspace, root, image.context, contextName(image), 'directory')
  const path = await insideWorkspace(
    workspace,
    context,
    image.dockerfile,
    `the Dockerfile of image ${image.name}`,
    'file',
  )
  const file = relative(root, resolve(root, image.context, image.dockerfile))
    .split(sep)
    .join('/')
  const bytes = await readFile(path)
  if (bytes.length > DOCKERFILE_LIMIT) {
    throw usageError({ what: `${file} has ${bytes.length} bytes`, rule: 'a Dockerfile has at most 1 MiB' })
  }
  const stages = evaluateStages(parseDockerfile(bytes.toString('utf8'), file), {
    args: image.args,
    platform: image.platforms[0] ?? 'linux/amd64',
    ...(image.target === undefined ? {} : { target: image.target }),
  })
  const named = contextSources(stages, file)
  const sources: readonly Source[] = view?.(stages) === 'whole' ? [...named, sourceOf('/', file)] : named
  const ignore = await readIgnore(workspace, context, path, image.name)
  return { workspace, root: context, path, file, dockerfile: bytes, stages, sources, ignore }
}

/** @throws SluiceError usage for everything that promise R46 forbids, and for a Dockerfile that cannot be read. */
export async function openContext({ signal, ...options }: ContextOptions): Promise<BuildContext> {
  const { root, file, dockerfile, stages, sources, ignore } = await readDefinition(options)
  const walked = await walk(root, {
    ignore,
    sources,
    what: contextName(options.image),
    trust: 'context',
    ...(signal === undefined ? {} : { signal }),
  })
  return { ...walked, root, file, dockerfile, stages }
}

function contextName(image: BuiltImage): string {
  return `the build context of image ${image.name}`
}

/** `X.dockerignore` beside the Dockerfile X counts in place of the context's .dockerignore. */
async function readIgnore(
  workspace: string,
  context: string,
  dockerfile: string,
  image: string,
): Promise<Ignore> {
  for (const path of [`${dockerfile}.dockerignore`, join(context, '.dockerignore')]) {
    if (!(await isThere(path))) continue
    const real = await insideWorkspace(workspace, context, path, `the ignore file of image ${image}`, 'file')
    const shown = relative(dirname(context), path).split(sep).join('/')
    return parseIgnore(await readFile(real, 'utf8'), shown)
  }
  return NOTHING_IGNORED
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch {
    return false
  }
}
