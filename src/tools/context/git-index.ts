/**
 * The git index as a file.
 * @see https://git-scm.com/docs/index-format (versions 2, 3 and 4, SHA-1 repositories)
 */

/** One file that git tracks, with what the file system said of it when git last looked. */
export interface IndexEntry {
  /** Relative to the top of the work tree. */
  readonly path: string
  readonly id: string
  /** Nanoseconds. */
  readonly ctime: bigint
  readonly mtime: bigint
  /** The lower 32 bits of both. */
  readonly ino: number
  readonly size: number
}

const REGULAR = 0o100000
const ASSUME_VALID = 0x8000
const EXTENDED = 0x4000
const STAGE = 0x3000
const NAME_LENGTH = 0x0fff
/** Bytes of an entry before its name. */
const FIXED = 62

/**
 * The regular files that are merged, not marked assume-unchanged, skip-worktree or intent-to-add, and below `prefix`.
 * undefined for an index that does not say everything itself (split index) or that we cannot read.
 */
export function parseIndex(bytes: Buffer, prefix: string): IndexEntry[] | undefined {
  if (bytes.length < 32 || bytes.toString('latin1', 0, 4) !== 'DIRC') return undefined
  const version = bytes.readUInt32BE(4)
  if (version < 2 || version > 4) return undefined
  const count = bytes.readUInt32BE(8)
  const end = bytes.length - 20
  const entries: IndexEntry[] = []
  let at = 12
  let last = Buffer.alloc(0)
  for (let n = 0; n < count; n++) {
    if (at + FIXED > end) return undefined
    const flags = bytes.readUInt16BE(at + 60)
    const extended = (flags & EXTENDED) !== 0
    const more = extended ? bytes.readUInt16BE(at + FIXED) : 0
    let start = at + FIXED + (extended ? 2 : 0)
    let keep = 0
    if (version === 4) {
      const stripped = readVarint(bytes, start)
      start = stripped.next
      keep = last.length - stripped.value
    }
    const long = (flags & NAME_LENGTH) === NAME_LENGTH || version === 4
    const stop = long ? bytes.indexOf(0, start) : start + (flags & NAME_LENGTH)
    if (stop < start || stop > end || keep < 0) return undefined
    const tail = bytes.subarray(start, stop)
    const name = keep === 0 ? tail : Buffer.concat([last.subarray(0, keep), tail])
    if (version === 4) last = name as Buffer<ArrayBuffer>
    const regular = (bytes.readUInt32BE(at + 24) & 0o170000) === REGULAR
    if (regular && (flags & (ASSUME_VALID | STAGE)) === 0 && more === 0) {
      const path = name.toString('utf8')
      if (prefix === '' || path.startsWith(`${prefix}/`)) entries.push(entryAt(bytes, at, path))
    }
    at = version === 4 ? stop + 1 : at + ((stop - at + 8) & ~7)
  }
  return isSplit(bytes, at, end) ? undefined : entries
}

function entryAt(bytes: Buffer, at: number, path: string): IndexEntry {
  const time = (offset: number): bigint =>
    BigInt(bytes.readUInt32BE(offset)) * 1_000_000_000n + BigInt(bytes.readUInt32BE(offset + 4))
  return {
    path,
    id: bytes.toString('hex', at + 40, at + 60),
    ctime: time(at),
    mtime: time(at + 8),
    ino: bytes.readUInt32BE(at + 20),
    size: bytes.readUInt32BE(at + 36),
  }
}

/** An extension `link` says that further entries stand in another file. */
function isSplit(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at + 8 <= end; at += 8 + bytes.readUInt32BE(at + 4)) {
    if (bytes.toString('latin1', at, at + 4) === 'link') return true
  }
  return false
}

/** git's offset encoding (pack-format.adoc, "offset encoding"). */
function readVarint(bytes: Buffer, start: number): { value: number; next: number } {
  let at = start
  let byte = bytes[at++] ?? 0
  let value = byte & 127
  while ((byte & 128) !== 0) {
    byte = bytes[at++] ?? 0
    value = (value + 1) * 128 + (byte & 127)
  }
  return { value, next: at }
}
