import { type UnzipFileFilter, unzipSync } from 'fflate'
import type { SluiceError } from '../../domain/error.ts'
import type { ArchiveEntry } from '../../plan/archive.ts'

/** How an archive that somebody else packed is judged. */
export interface Judged {
  /** Why it is not taken; undefined where it is. */
  readonly fault: (entries: readonly ArchiveEntry[]) => string | undefined
  /** What is unpacked of it. */
  readonly isWanted: (name: string) => boolean
  readonly refused: (why: string, cause?: unknown) => SluiceError
}

/**
 * The files of a zip archive in memory, which is judged by its directory before anything of it is unpacked. A link in it is a file
 * like any other, with its target as content; no file can be larger than its entry says.
 *
 * @throws SluiceError what `refused` makes of the reason.
 */
export function unzipJudged(
  zip: Uint8Array,
  { fault, isWanted, refused }: Judged,
): ReadonlyMap<string, Uint8Array> {
  const entries: ArchiveEntry[] = []
  const unzip = (filter: UnzipFileFilter) => {
    try {
      return unzipSync(zip, { filter })
    } catch (cause) {
      throw refused('it is no zip archive', cause)
    }
  }
  unzip(({ name, originalSize }) => {
    entries.push({ name, size: originalSize })
    return false
  })
  const found = fault(entries)
  if (found !== undefined) throw refused(found)
  return new Map(Object.entries(unzip(({ name }) => isWanted(name))))
}
