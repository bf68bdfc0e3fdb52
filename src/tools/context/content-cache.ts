import type { Files } from '../../runtime/runtime.ts'
import type { ContentId } from './contents.ts'
import type { FileEntry } from './walk.ts'

/**
 * What was read before, told by what the file system says of a file (device, inode, size, both times in nanoseconds). The
 * change time cannot be set by programs, so a file with the same stamp has the same bytes; a file touched so short
 * before it was read that its stamp might not have moved yet ("racily clean", git's racy-git.txt) is not remembered.
 */
export interface ContentCache {
  find(file: FileEntry): ContentId | undefined
  /** Remembers these in place of everything before. */
  save(files: readonly FileEntry[], ids: ReadonlyMap<string, ContentId>, readAt: number): Promise<void>
}

const SCHEMA = 'sluice.contents/v1'
/** Clocks of file systems tick in steps of up to 10 ms, old ones of 2 s (told by whole seconds). */
const TICK = 50
const COARSE_TICK = 2000

export async function openContentCache(files: Files, path: string, root: string): Promise<ContentCache> {
  const known = readKnown(await files.read(path), root)
  return {
    find: (file) => {
      const [key, id] = known.get(file.path) ?? []
      return key === stampKey(file) ? id : undefined
    },
    save: async (entries, ids, readAt) => {
      const remembered: Record<string, readonly [string, ContentId]> = {}
      let news = entries.length !== known.size
      for (const file of entries) {
        const id = ids.get(file.path)
        if (id === undefined || isRacy(file, readAt)) continue
        const key = stampKey(file)
        remembered[file.path] = [key, id]
        news ||= known.get(file.path)?.[0] !== key
      }
      if (news) await files.write(path, JSON.stringify({ schema: SCHEMA, root, files: remembered }))
    },
  }
}

export function isRacy(file: FileEntry, readAt: number): boolean {
  return [file.stamp.ctime, file.stamp.mtime].some((time) => {
    const tick = time % 1_000_000_000n === 0n ? COARSE_TICK : TICK
    return Number(time / 1_000_000n) > readAt - tick
  })
}

function stampKey({ size, stamp }: FileEntry): string {
  return `${stamp.dev}:${stamp.ino}:${size}:${stamp.mtime}:${stamp.ctime}`
}

/** A cache that cannot be read is no cache. */
function readKnown(bytes: Uint8Array | undefined, root: string): Map<string, readonly [string, string]> {
  if (bytes === undefined) return new Map()
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
    if (!isRecord(value) || value['schema'] !== SCHEMA || value['root'] !== root) return new Map()
    const files = value['files']
    if (!isRecord(files)) return new Map()
    return new Map(
      Object.entries(files).filter((pair): pair is [string, [string, string]] => isPair(pair[1])),
    )
  } catch {
    return new Map()
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isPair(value: unknown): value is [string, string] {
  return Array.isArray(value) && typeof value[0] === 'string' && /^[0-9a-f]{40}$/.test(String(value[1]))
}
