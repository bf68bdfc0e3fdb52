import { dirname } from 'node:path'
import type { Files } from '../runtime.ts'
import { builtin } from './builtin.ts'
import { quickFs } from './quick-fs.ts'

const { link, lstat, mkdir, open, readdir, readFile, rename, rm } = quickFs.promises

const isMissing = (error: unknown): boolean => {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'ENOENT' || code === 'ENOTDIR'
}

async function missingIs<T, U>(work: Promise<T>, otherwise: U): Promise<T | U> {
  try {
    return await work
  } catch (error) {
    if (isMissing(error)) return otherwise
    throw error
  }
}

/** How much is read at once: enough that calls cost nothing, little enough to stay in a cache. */
const CHUNK = 2 ** 20

/** The next chunk is read while this one is used; two buffers serve a file of any size. */
async function* chunksOf(path: string): AsyncIterable<Uint8Array> {
  const handle = await open(path, 'r')
  try {
    let here = new Uint8Array(CHUNK)
    let there = new Uint8Array(CHUNK)
    let reading = handle.read(here, 0, CHUNK)
    for (;;) {
      const { bytesRead } = await reading
      if (bytesRead === 0) return
      const chunk = here.subarray(0, bytesRead)
      ;[here, there] = [there, here]
      reading = handle.read(here, 0, CHUNK)
      // Whoever stops early never looks at it.
      reading.catch(() => undefined)
      yield chunk
    }
  } finally {
    await handle.close()
  }
}

export const nodeFiles: Files = {
  read: (path) => missingIs(readFile(path), undefined),

  stream: chunksOf,

  async write(path, content, options = {}) {
    await mkdir(dirname(path), { recursive: true })
    const beside = `${path}.${builtin.crypto.randomBytes(6).toString('hex')}.tmp`
    try {
      const handle = await open(beside, 'wx', options.mode ?? 0o644)
      try {
        await handle.writeFile(content)
        if (options.derived !== true) await handle.sync()
      } finally {
        await handle.close()
      }
      // link() fails where the name is taken, rename() replaces: both are atomic.
      if (options.exclusive) await link(beside, path)
      else await rename(beside, path)
    } catch (error) {
      // A write to an open file does not say which one it was.
      throw Object.assign(error as NodeJS.ErrnoException, { path })
    } finally {
      await rm(beside, { force: true })
    }
  },

  async append(path, text) {
    await mkdir(dirname(path), { recursive: true })
    const handle = await open(path, 'a', 0o600)
    try {
      await handle.writeFile(text)
      await handle.datasync()
    } finally {
      await handle.close()
    }
  },

  async stat(path) {
    const found = await missingIs(lstat(path), undefined)
    if (found === undefined) return undefined
    const kind = found.isFile()
      ? 'file'
      : found.isDirectory()
        ? 'directory'
        : found.isSymbolicLink()
          ? 'symlink'
          : 'other'
    return { kind, size: found.size, mode: found.mode & 0o7777, modified: found.mtimeMs }
  },

  list: async (path) => (await missingIs(readdir(path), [])).sort(),

  remove: (path) => rm(path, { recursive: true, force: true }),
}
