import { closeSync, constants, fstatSync, openSync, read, readlinkSync, realpathSync } from 'node:fs'
import { SluiceError } from '../../domain/error.ts'
import { type FileEntry, sameStamp, stampOf } from './walk.ts'

/**
 * Opens a file that the walk has seen, and makes sure that it still is that file: nobody may swap it, or a folder above
 * it, for a link to somewhere else while we work (promise R46). `O_NOFOLLOW` guards the last name; the path that the
 * kernel knows for the open descriptor guards the folders above.
 *
 * @param root absolute and real.
 * @returns a descriptor; the caller closes it.
 * @throws SluiceError stale where the file was changed or swapped.
 */
export function openInside(root: string, entry: FileEntry): number {
  const path = `${root}/${entry.path}`
  let fd: number
  try {
    // O_NONBLOCK: a FIFO in place of the file must not hold us.
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'EACCES' || code === 'EPERM') {
      throw new SluiceError('usage', 'user', { what: `${entry.path} cannot be read: ${code}` }, { cause })
    }
    throw changed(entry.path, cause)
  }
  try {
    const stat = fstatSync(fd, { bigint: true })
    if (!stat.isFile() || !sameStamp(stampOf(stat), entry.stamp) || openedPath(fd, path) !== path) {
      throw changed(entry.path)
    }
    return fd
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

const CHUNK = 256 * 1024

/** The bytes of such a file, piece by piece; each piece is a new one. */
export async function* bytesInside(root: string, entry: FileEntry): AsyncIterable<Uint8Array> {
  const fd = openInside(root, entry)
  try {
    for (let left = entry.size; left > 0; ) {
      const chunk = Buffer.allocUnsafeSlow(Math.min(CHUNK, left))
      const count = await readInto(fd, chunk)
      if (count === 0) throw changed(entry.path)
      left -= count
      yield chunk.subarray(0, count)
    }
    unchanged(fd, entry)
  } finally {
    closeSync(fd)
  }
}

function readInto(fd: number, chunk: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, chunk, 0, chunk.length, null, (error, count) =>
      error === null ? resolve(count) : reject(error),
    )
  })
}

/** The same check after reading: the bytes are those of the file that was seen. */
export function unchanged(fd: number, entry: FileEntry): void {
  const stat = fstatSync(fd, { bigint: true })
  if (!sameStamp(stampOf(stat), entry.stamp) || Number(stat.size) !== entry.size) throw changed(entry.path)
}

/** The real path of an open file: from the kernel where it tells, else by the name once more. */
function openedPath(fd: number, path: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } catch {
    return realpathSync(path)
  }
}

export function changed(path: string, cause?: unknown): SluiceError {
  return new SluiceError(
    'stale',
    'user',
    {
      what: `${path} changed while it was read`,
      rule: 'a build sees one state of its files',
      remedy: 'let other programs finish, then run it again',
    },
    cause === undefined ? undefined : { cause },
  )
}
