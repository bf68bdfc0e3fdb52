import { randomUUID } from 'node:crypto'
import { accessSync, constants, statSync } from 'node:fs'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { delimiter, dirname, isAbsolute, join } from 'node:path'
import { type Digest, parseImageReference } from '../../../domain/digest.ts'
import { usageError } from '../../../domain/error.ts'
import { diskProblem } from '../../../tools/oci/disk.ts'
import type { ImageConfig } from '../../../tools/oci/documents.ts'
import { readBlob, readImage, readIndex } from '../../../tools/oci/layout.ts'
import { unpackLayers } from '../../../tools/oci/unpack.ts'
import type { ProviderContext } from '../../provider.ts'
import type { ContainerSource, LocalContainer } from '../container.ts'
import { commandLine } from './command-line.ts'
import { imageOfRepository, layoutOf, rootfsFolder } from './places.ts'

/**
 * Images as plain processes. What cannot work without a container engine: programs of the base image (they are looked
 * for on this machine instead), absolute paths that a program makes up itself, USER, and shell forms.
 */
export function containerSource({
  runtime,
  system,
  state,
}: Pick<ProviderContext, 'runtime' | 'system' | 'state'>): ContainerSource {
  return {
    async prepare(reference, command) {
      const parsed = parseImageReference(reference)
      const name = parsed === undefined ? undefined : imageOfRepository(system.name, parsed.repository)
      if (parsed === undefined || name === undefined) {
        throw usageError({
          what: `${reference} is no image of system ${system.name} on cloud local`,
          rule: `local/${system.name}/IMAGE@sha256:...`,
          remedy: 'build it here first',
        })
      }
      const { config, folder } = await unpack(state, name, parsed.digest, runtime.signals.cancelled)
      return localContainer(folder, config.config ?? {}, command, name, runtime.env)
    },
  }
}

interface Unpacked {
  readonly config: ImageConfig
  readonly folder: string
}

/** Once a digest; complete or not there at all, also where two processes start at the same time. */
async function unpack(state: string, name: string, digest: Digest, signal: AbortSignal): Promise<Unpacked> {
  const layout = layoutOf(state, name)
  const found = (await readIndex(layout))?.manifests.find((other) => other.digest === digest)
  if (found === undefined) {
    throw usageError({
      what: `image ${name}@${digest} is not on this machine`,
      remedy: `run "sluice build --image ${name}"`,
    })
  }
  const { manifest, config } = await readImage(layout, found)
  const folder = rootfsFolder(state, digest)
  if (await isFolder(folder)) return { config, folder }
  const beside = `${folder}.${randomUUID()}`
  try {
    await mkdir(beside, { recursive: true })
    const layers = manifest.layers.flatMap((descriptor, index) => {
      const diffId = config.rootfs.diff_ids[index]
      return diffId === undefined ? [] : [{ descriptor, diffId }]
    })
    await unpackLayers(layers, beside, (descriptor) => readBlob(layout, descriptor), signal)
    await rename(beside, folder).catch(async (error: unknown) => {
      // Somebody else was first; what is there is as good.
      if (!(await isFolder(folder))) throw error
    })
    return { config, folder }
  } catch (error) {
    throw diskProblem(error, folder)
  } finally {
    await rm(beside, { recursive: true, force: true })
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true
}

/**
 * How an unpacked image starts: the folder of our own Node first on PATH, then what the image's PATH names inside it, then
 * this machine's PATH. Absolute paths that exist below the unpacked root are meant there.
 *
 * @throws SluiceError usage where the program is nowhere.
 */
export function localContainer(
  root: string,
  config: NonNullable<ImageConfig['config']>,
  command: readonly string[] | undefined,
  image: string,
  env: Readonly<Record<string, string | undefined>>,
): LocalContainer {
  const mapped = (path: string): string =>
    isAbsolute(path) && exists(join(root, path)) ? join(root, path) : path
  const pairs = (config.Env ?? []).map((line) => {
    const equals = line.indexOf('=')
    return [line.slice(0, equals), line.slice(equals + 1)] as const
  })
  const { PATH: ownPath = '', ...own } = Object.fromEntries(pairs)
  const inside = ownPath.split(':').filter((folder) => isAbsolute(folder) && exists(join(root, folder)))
  const path = [
    dirname(process.execPath),
    ...inside.map((folder) => join(root, folder)),
    ...(env['PATH'] ?? '').split(delimiter),
  ].filter((folder) => folder !== '')
  const cwd = join(root, config.WorkingDir ?? '/')
  const [program, ...args] = commandLine(config, command, image)
  return {
    argv: [programPath(program, mapped, cwd, path, image), ...args.map(mapped)],
    cwd,
    env: {
      ...Object.fromEntries(
        Object.entries(own).map(([name, value]) => [name, value.split(':').map(mapped).join(':')]),
      ),
      PATH: [...new Set(path)].join(delimiter),
    },
  }
}

function programPath(
  program: string,
  mapped: (path: string) => string,
  cwd: string,
  path: readonly string[],
  image: string,
): string {
  const candidates = program.includes('/')
    ? [isAbsolute(program) ? mapped(program) : join(cwd, program)]
    : path.map((folder) => join(folder, program))
  const found = candidates.find(isProgram)
  if (found !== undefined) return found
  throw usageError({
    what: `${program} of image ${image} was not found`,
    rule: 'FROM does not apply on cloud local: programs come from the image itself or from this machine',
    remedy: `install ${program} here, or set images.${image}.local.run: [command, argument, ...]`,
  })
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
