import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type ByteKey, parseComponent } from './key-path.ts'

export interface Leaf {
  readonly key: ByteKey
  readonly path: string
}

export interface Walk {
  readonly prefix: string
  /** Only keys that sort after this one. */
  readonly after: string
}

/**
 * All keys below a folder that key-path.ts laid out, in the order of their bytes, without reading a single object.
 * Subtrees that cannot hold the prefix, or lie wholly before `after`, are not opened.
 */
export async function* walkKeys(folder: string, walk: Walk, base = ''): AsyncGenerator<Leaf> {
  const entries = await children(folder)
  for (const entry of entries.sort((a, b) => (a.bytes < b.bytes ? -1 : a.bytes > b.bytes ? 1 : 0))) {
    const full = base + entry.bytes
    if (entry.object) {
      if (full.startsWith(walk.prefix) && full > walk.after) yield { key: full as ByteKey, path: entry.path }
    } else if (mayHold(full, walk)) yield* walkKeys(entry.path, walk, full)
  }
}

function mayHold(full: string, { prefix, after }: Walk): boolean {
  const onTheWay = full.startsWith(prefix) || prefix.startsWith(full)
  return onTheWay && (full > after || after.startsWith(full))
}

interface Entry {
  readonly object: boolean
  /** A folder's end in `/`, so that it sorts where its keys belong: after `a-b`, before `ab`. */
  readonly bytes: string
  readonly path: string
}

/** Chunk folders are opened at once: what they hold sorts among their siblings. */
async function children(folder: string, base = ''): Promise<Entry[]> {
  const entries: Entry[] = []
  for (const name of await namesIn(folder)) {
    const component = parseComponent(name)
    if (component === undefined) continue
    const path = join(folder, name)
    const bytes = base + component.bytes
    if (component.kind === 'chunk') entries.push(...(await children(path, bytes)))
    else if (component.kind === 'object') entries.push({ object: true, bytes, path })
    else entries.push({ object: false, bytes: `${bytes}/`, path })
  }
  return entries
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
