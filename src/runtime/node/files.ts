import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { link, lstat, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Files } from '../runtime.ts'

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

export const nodeFiles: Files = {
  read: (path) => missingIs(readFile(path), undefined),

  stream: (path) => createReadStream(path, { highWaterMark: 2 ** 20 }),

  async write(path, content, options = {}) {
    await mkdir(dirname(path), { recursive: true })
    const beside = `${path}.${randomBytes(6).toString('hex')}.tmp`
    try {
      const handle = await open(beside, 'wx', options.mode ?? 0o644)
      try {
        await handle.writeFile(content)
        await handle.sync()
      } finally {
        await handle.close()
      }
      // link() fails where the name is taken, rename() replaces: both are atomic.
      if (options.exclusive) await link(beside, path)
      else await rename(beside, path)
    } finally {
      await rm(beside, { force: true })
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
