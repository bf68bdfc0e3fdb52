import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { BuiltImage } from '../../domain/system/system.ts'
import type { BuildContext } from '../../tools/context/context.ts'

/** What an engine reads beside the context: files of ours, in a folder that is gone after the build. */
export interface Staging extends AsyncDisposable {
  readonly dockerfile: string
  readonly metadata: string
  /** A folder for DOCKER_CONFIG; only we can read it. */
  readonly config: string
}

/** For engines: what src/tools/context/secret-files.ts keeps out, as patterns of .dockerignore. */
const SECRET_PATTERNS = [
  '.git',
  '.terraform',
  '*.tfstate*',
  '*.tfplan',
  '.env*',
  'gha-creds-*.json',
  '.npmrc',
  '.aws',
  '.ssh',
  '.sluice',
  'id_rsa*',
  'id_dsa*',
  'id_ecdsa*',
  'id_ed25519*',
  'privkey*.pem',
  '*-key.pem',
  '*_key.pem',
  '*.key',
  '*.p12',
  '*.pfx',
  '*.ppk',
].map((name) => `**/${name}`)

/**
 * The rules of .dockerignore for the engine: the user's, then whatever never enters an image. BuildKit takes the file beside
 * the Dockerfile before the context's own (moby/buildkit frontend/dockerui/config.go).
 */
export function ignoreText(own: string, leftOut: readonly string[]): string {
  const exact = leftOut.map((path) => path.replace(/[\\*?[\]!#]/g, '\\$&'))
  return `${[own, '# What never enters an image', ...SECRET_PATTERNS, ...exact].join('\n')}\n`
}

/** @param dockerfile its text, digests put in. */
export async function stage(
  image: BuiltImage,
  context: Pick<BuildContext, 'root' | 'leftOut'>,
  dockerfile: string,
): Promise<Staging> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-build-'))
  const config = join(folder, 'docker')
  const original = resolve(context.root, image.dockerfile)
  const own =
    (await textOf(`${original}.dockerignore`)) ?? (await textOf(join(context.root, '.dockerignore')))
  await mkdir(config, { mode: 0o700 })
  await writeFile(join(folder, 'Dockerfile'), dockerfile)
  await writeFile(join(folder, 'Dockerfile.dockerignore'), ignoreText(own ?? '', context.leftOut))
  return {
    dockerfile: join(folder, 'Dockerfile'),
    metadata: join(folder, 'metadata.json'),
    config,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    return undefined
  }
}
