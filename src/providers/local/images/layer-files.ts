import { chmod, mkdir, open, symlink } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'
import type { BuildContext } from '../../../tools/context/context.ts'
import { NOTHING_IGNORED } from '../../../tools/context/ignore.ts'
import { bytesInside } from '../../../tools/context/open-inside.ts'
import type { Placed } from '../../../tools/context/placement.ts'
import { sourceOf } from '../../../tools/context/selection.ts'
import { walk } from '../../../tools/context/walk.ts'
import type { LayerEntry } from '../../../tools/oci/layer.ts'

/** The layer of an image that needs no install: the files of the context at their places. */
export function layerOfContext(context: Pick<BuildContext, 'root'>, placed: readonly Placed[]): LayerEntry[] {
  return placed.map((item): LayerEntry => {
    const { path } = item
    if ('text' in item) {
      const content = Buffer.from(item.text)
      return { kind: 'file', path, executable: false, size: content.length, content }
    }
    const { from } = item
    switch (from.kind) {
      case 'directory':
        return { kind: 'directory', path }
      case 'symlink':
        return { kind: 'symlink', path, target: from.target }
      case 'file':
        return {
          kind: 'file',
          path,
          executable: item.executable ?? from.executable,
          size: from.size,
          content: () => bytesInside(context.root, from),
        }
      default:
        return from satisfies never
    }
  })
}

/** Writes the same files into a folder, for an install command to work on. */
export async function writeFiles(entries: readonly LayerEntry[], folder: string): Promise<void> {
  const sorted = [...entries].sort((a, b) => (a.path < b.path ? -1 : 1))
  for (const entry of sorted) {
    const path = join(folder, entry.path)
    await mkdir(entry.kind === 'directory' ? path : dirname(path), { recursive: true })
    if (entry.kind === 'symlink') await symlink(entry.target, path)
    if (entry.kind !== 'file') continue
    const file = await open(path, 'wx', entry.executable ? 0o755 : 0o644)
    try {
      const parts = typeof entry.content === 'function' ? entry.content() : [entry.content]
      for await (const bytes of parts) await file.writeFile(bytes)
    } finally {
      await file.close()
    }
    // The umask may have taken the executable bit.
    if (entry.executable) await chmod(path, 0o755)
  }
}

/**
 * The layer of what an install command left in a folder. Secret files stay out here as well; a link that names the
 * folder itself is turned into a relative one, because the image is unpacked elsewhere.
 *
 * @param folder absolute and real.
 */
export async function layerOfFolder(
  folder: string,
  what: string,
  signal: AbortSignal,
): Promise<LayerEntry[]> {
  const sources = [sourceOf('/', what)]
  const { entries } = await walk(folder, {
    ignore: NOTHING_IGNORED,
    sources,
    what,
    trust: 'installed',
    signal,
  })
  const placed = entries.map((entry): Placed => {
    if (entry.kind !== 'symlink' || !entry.target.startsWith(`${folder}/`))
      return { path: entry.path, from: entry }
    const inside = entry.target.slice(folder.length + 1)
    const target = posix.relative(posix.dirname(entry.path), inside) || '.'
    return { path: entry.path, from: { ...entry, target } }
  })
  return layerOfContext({ root: folder }, placed)
}
