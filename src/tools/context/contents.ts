import { closeSync, readSync } from 'node:fs'
import { openInside, unchanged } from './open-inside.ts'
import type { FileEntry } from './walk.ts'

/**
 * The name of a file's bytes: git's blob id (40 hex digits, SHA-1 over `blob <size>\0` and the bytes), so that what the git
 * index already knows and what we read ourselves are the same, with git and without.
 *
 * SHA-1 alone is weak against made collisions. Two files that collide cannot be in one git repository (it refuses the
 * known attack, and could hold only one of them); the size in front and SHA-256 over the list of all ids stand
 * behind it. The digests of images never rest on it: they are SHA-256 of the bytes.
 */
export type ContentId = string

/** Below both, the start of workers takes longer than they save (bench/build-context.ts). */
const FEW_FILES = 20_000
const FEW_BYTES = 64 * 1024 * 1024

/**
 * Reads and names each file, much of it on two workers. Memory does not grow with the files.
 * @param onBytes is told how many more were read.
 * @throws SluiceError stale where a file changes meanwhile.
 */
export async function readContentIds(
  root: string,
  files: readonly FileEntry[],
  onBytes: (bytes: number) => void,
  signal?: AbortSignal,
): Promise<Map<string, ContentId>> {
  const size = files.reduce((sum, file) => sum + file.size, 0)
  if (files.length >= FEW_FILES || size >= FEW_BYTES) {
    const { readWithWorkers } = await import('./readers.ts')
    return readWithWorkers(root, files, onBytes, signal)
  }
  const buffer = newBuffer()
  return new Map(
    files.map((file) => {
      signal?.throwIfAborted()
      return [file.path, readContentId(root, file, buffer, onBytes)]
    }),
  )
}

export function newBuffer(): Uint8Array {
  return new Uint8Array(1024 * 1024)
}

/**
 * @param buffer is overwritten.
 * @throws SluiceError stale where the file changed since the walk saw it.
 */
export function readContentId(
  root: string,
  file: FileEntry,
  buffer: Uint8Array,
  onBytes: (bytes: number) => void,
): ContentId {
  const hash = process.getBuiltinModule('node:crypto').createHash('sha1').update(`blob ${file.size}\0`)
  const fd = openInside(root, file)
  try {
    for (let left = file.size; left > 0; ) {
      const count = readSync(fd, buffer, 0, Math.min(buffer.length, left), null)
      // Shorter than it was: `unchanged` says so.
      if (count === 0) break
      hash.update(buffer.subarray(0, count))
      onBytes(count)
      left -= count
    }
    unchanged(fd, file)
    return hash.digest('hex')
  } finally {
    closeSync(fd)
  }
}
