import { createHash, type Hash, webcrypto } from 'node:crypto'
import { closeSync, readSync } from 'node:fs'
import { bytesInside, openInside, unchanged } from './open-inside.ts'
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

/** Up to this, handing the bytes to another thread costs more than hashing them here (measured). */
const SMALL = 1024 * 1024
/** Up to this a file is hashed in one piece, on another thread. */
const WHOLE = 32 * 1024 * 1024
/** So many larger files are hashed at the same time. */
const WORKERS = 2

/**
 * Reads and names each file. Bytes in memory: at most three files of 32 MiB.
 * @throws SluiceError stale where a file changes meanwhile.
 */
export async function readContentIds(
  root: string,
  files: readonly FileEntry[],
  onBytes: (bytes: number) => void,
  signal?: AbortSignal,
): Promise<Map<string, ContentId>> {
  const ids = new Map<string, ContentId>()
  const running = new Set<Promise<void>>()
  try {
    for (const file of files) {
      signal?.throwIfAborted()
      if (file.size <= SMALL) {
        ids.set(file.path, hex(createHash('sha1').update(readWhole(root, file))))
        onBytes(file.size)
        continue
      }
      const work = (file.size <= WHOLE ? hashWhole(root, file) : hashStream(root, file)).then((id) => {
        ids.set(file.path, id)
        onBytes(file.size)
        running.delete(work)
      })
      running.add(work)
      if (running.size >= WORKERS) await Promise.race(running)
    }
  } finally {
    // Nothing may go on behind the back of a caller that was told of a failure.
    await Promise.allSettled(running)
  }
  await Promise.all(running)
  return ids
}

function header(file: FileEntry): Buffer {
  return Buffer.from(`blob ${file.size}\0`)
}

/** Header and bytes in one piece. */
function readWhole(root: string, file: FileEntry): Buffer<ArrayBuffer> {
  const head = header(file)
  const all = Buffer.allocUnsafeSlow(head.length + file.size)
  head.copy(all)
  const fd = openInside(root, file)
  try {
    let at = head.length
    while (at < all.length) {
      const count = readSync(fd, all, at, all.length - at, null)
      if (count === 0) break
      at += count
    }
    unchanged(fd, file)
    return all
  } finally {
    closeSync(fd)
  }
}

async function hashWhole(root: string, file: FileEntry): Promise<ContentId> {
  const bytes = readWhole(root, file)
  return Buffer.from(await webcrypto.subtle.digest('SHA-1', bytes)).toString('hex')
}

async function hashStream(root: string, file: FileEntry): Promise<ContentId> {
  const hash = createHash('sha1').update(header(file))
  for await (const bytes of bytesInside(root, file)) hash.update(bytes)
  return hex(hash)
}

function hex(hash: Hash): ContentId {
  return hash.digest('hex')
}
