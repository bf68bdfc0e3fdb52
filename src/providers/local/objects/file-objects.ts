import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { usageError } from '../../../domain/error.ts'
import type { ObjectInfo, ObjectStore, Precondition } from '../../ports/objects.ts'
import { atPath } from '../at-path.ts'
import { withLock } from '../file-lock.ts'

const SMALL = 1024 * 1024

/** Files beside the objects while they are written or locked; never listed. */
const OWN = /^\.sluice-[0-9a-f-]+(\.tmp|\.lock.*)$/

/**
 * Plain files as objects, by `file://` URI. The etag is the md5 of the content, so it is read for every answer: meant for
 * ledgers and pipeline inputs, not for archives.
 */
export function fileObjects(roots: readonly string[]): ObjectStore {
  const pathOf = (uri: string): Promise<string> => allowed(uri, roots)
  return {
    async read(uri) {
      const path = await pathOf(uri)
      const bytes = await readSmall(path)
      if (bytes !== undefined) {
        const info = { uri, size: bytes.length, etag: createHash('md5').update(bytes).digest('hex') }
        return { info, body: Readable.from([bytes], { objectMode: false }) }
      }
      const info = await describe(path)
      return info === undefined ? undefined : { info: { ...info, uri }, body: createReadStream(path) }
    },
    async write(uri, body, only) {
      const path = await pathOf(uri)
      const beside = join(dirname(path), `.sluice-${randomUUID()}.tmp`)
      await mkdir(dirname(path), { recursive: true })
      try {
        const made = await writeBeside(beside, body)
        const placed = await withLock(lockOf(path), async () => {
          if (!(await holds(path, only))) return 'conflict'
          await rename(beside, path)
          return 'placed'
        })
        return placed === 'conflict' ? 'conflict' : { uri, ...made }
      } finally {
        await rm(beside, { force: true })
      }
    },
    async *list(prefix) {
      const path = await pathOf(prefix)
      // fileURLToPath keeps the last slash: `file:///a/` is all below a, `file:///a` also `a.txt`.
      const whole = prefix.endsWith('/')
      const folder = whole ? path : dirname(path)
      const files = (await filesBelow(folder)).filter((file) => whole || file.startsWith(path))
      for (const uri of files.map((file) => pathToFileURL(file).href).sort()) {
        const info = await describe(fileURLToPath(uri))
        if (info !== undefined) yield { ...info, uri }
      }
    },
    async remove(uri) {
      const path = await pathOf(uri)
      await withLock(lockOf(path), () => rm(path, { force: true }))
    },
  }
}

async function allowed(uri: string, roots: readonly string[]): Promise<string> {
  let path: string
  try {
    path = fileURLToPath(uri)
  } catch (cause) {
    throw usageError({ what: `${uri} is no file URI`, rule: 'file:///absolute/path' }, cause)
  }
  const real = await realOf(path)
  const inside = await Promise.all(
    roots.map(async (root) => {
      const way = relative(await realOf(root), real)
      return way !== '..' && !way.startsWith(`..${sep}`)
    }),
  )
  if (inside.includes(true)) return path.length > 1 ? path.replace(/[/\\]+$/, '') : path
  throw usageError({
    what: `${uri} lies outside of the folders that may be used`,
    rule: `below ${roots.join(' or ')}`,
  })
}

/** Symbolic links resolved as far as the path exists. */
async function realOf(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch {
    const parent = dirname(path)
    return parent === path ? path : join(await realOf(parent), basename(path))
  }
}

/** At once, so that the etag is of the bytes that are given back, and no file stays open. */
async function readSmall(path: string): Promise<Buffer | undefined> {
  const found = await stat(path).catch(() => undefined)
  return found?.isFile() && found.size <= SMALL ? await readFile(path).catch(() => undefined) : undefined
}

async function describe(path: string): Promise<Omit<ObjectInfo, 'uri'> | undefined> {
  try {
    if (!(await stat(path)).isFile()) return undefined
    const hash = createHash('md5')
    let size = 0
    for await (const chunk of createReadStream(path)) {
      hash.update(chunk)
      size += chunk.length
    }
    return { size, etag: hash.digest('hex') }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
}

async function holds(path: string, only: Precondition | undefined): Promise<boolean> {
  if (only === undefined) return true
  const there = await describe(path)
  return 'absent' in only ? there === undefined : there?.etag === only.etag
}

async function writeBeside(path: string, body: Uint8Array | Readable): Promise<Omit<ObjectInfo, 'uri'>> {
  const hash = createHash('md5')
  const handle = await open(path, 'wx')
  let size = 0
  try {
    for await (const chunk of body instanceof Readable ? body : [body]) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Uint8Array)
      hash.update(bytes)
      await atPath(path, handle.writeFile(bytes))
      size += bytes.length
    }
    await handle.sync()
  } finally {
    await handle.close()
  }
  return { size, etag: hash.digest('hex') }
}

function lockOf(path: string): string {
  const name = createHash('sha256').update(basename(path)).digest('hex').slice(0, 32)
  return join(dirname(path), `.sluice-${name}.lock`)
}

async function filesBelow(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    return entries
      .filter((entry) => entry.isFile() && !OWN.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    throw error
  }
}
