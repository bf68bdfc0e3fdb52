import { unzipSync } from 'fflate'
import type { ArchiveEntry } from '../../plan/synthesis-artifact.ts'

/** An archive that is not taken, with the reason. */
export class ArchiveFault extends Error {
  override readonly name = 'ArchiveFault'
}

/**
 * The files of a zip archive in memory, which is judged by its directory before anything of it is unpacked. A link in it is a file
 * like any other, with its target as content; no file can be larger than its entry says.
 *
 * @param fault why it is not taken; undefined where it is.
 * @throws ArchiveFault
 */
export function unzipJudged(
  zip: Uint8Array,
  fault: (entries: readonly ArchiveEntry[]) => string | undefined,
  wanted: (name: string) => boolean,
): ReadonlyMap<string, Uint8Array> {
  const entries: ArchiveEntry[] = []
  try {
    unzipSync(zip, {
      filter: ({ name, originalSize }) => {
        entries.push({ name, size: originalSize })
        return false
      },
    })
    const found = fault(entries)
    if (found !== undefined) throw new ArchiveFault(found)
    return new Map(Object.entries(unzipSync(zip, { filter: ({ name }) => wanted(name) })))
  } catch (cause) {
    if (cause instanceof ArchiveFault) throw cause
    throw new ArchiveFault('it is no zip archive', { cause })
  }
}
