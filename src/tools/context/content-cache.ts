import type { Files } from '../../runtime/runtime.ts'
import type { ContentId } from './contents.ts'
import type { FileEntry } from './walk.ts'

/**
 * What was read before, told by what the file system says of a file (device, inode, size, both times in nanoseconds). The
 * change time cannot be set by programs, so a file with the same stamp has the same bytes; a file touched so short
 * before it was read that its stamp might not have moved yet ("racily clean", git's racy-git.txt) is not remembered.
 */
export interface ContentCache {
  /** How many files it remembers. */
  readonly size: number
  find(file: FileEntry): ContentId | undefined
  /** Remembers these in place of everything before. */
  save(files: readonly FileEntry[], ids: ReadonlyMap<string, ContentId>, readAt: number): Promise<void>
}

/**
 * A line a file, `<id> <stamp> <path>`, after one with the folder that the paths count from. JSON would take three times as
 * long to read, and every run reads it.
 */
const SCHEMA = 'sluice.contents/v2'
const ID_LENGTH = 40
/** Clocks of file systems tick in steps of up to 10 ms, old ones of 2 s (told by whole seconds). */
const TICK = 50
const COARSE_TICK = 2000

export async function openContentCache(files: Files, path: string, root: string): Promise<ContentCache> {
  const head = `${SCHEMA} ${JSON.stringify(root)}`
  const known = readKnown(await files.read(path), head)
  return {
    size: known.size,
    find: (file) => {
      const id = known.get(keyOf(file))
      return id !== undefined && /^[0-9a-f]{40}$/.test(id) ? id : undefined
    },
    save: async (entries, ids, readAt) => {
      const lines = [head]
      for (const file of entries) {
        const id = ids.get(file.path)
        // A line holds no line break.
        if (id === undefined || file.path.includes('\n') || isRacy(file, readAt)) continue
        lines.push(`${id} ${keyOf(file)}`)
      }
      await files.write(path, `${lines.join('\n')}\n`)
    },
  }
}

export function isRacy(file: FileEntry, readAt: number): boolean {
  return [file.stamp.ctime, file.stamp.mtime].some((time) => {
    const tick = time % 1_000_000_000n === 0n ? COARSE_TICK : TICK
    return Number(time / 1_000_000n) > readAt - tick
  })
}

function keyOf({ path, size, stamp }: FileEntry): string {
  return `${stamp.dev}:${stamp.ino}:${size}:${stamp.mtime}:${stamp.ctime} ${path}`
}

/** What was written for another folder, by another version, or not to its end is no cache. */
function readKnown(bytes: Uint8Array | undefined, head: string): Map<string, string> {
  const known = new Map<string, string>()
  const [first, ...lines] = Buffer.from(bytes ?? [])
    .toString('utf8')
    .split('\n')
  if (first !== head || lines.at(-1) !== '') return known
  for (const line of lines) {
    if (line !== '') known.set(line.slice(ID_LENGTH + 1), line.slice(0, ID_LENGTH))
  }
  return known
}
