import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, link, mkdir, open, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import { atPath } from '../at-path.ts'
import type { Bucket } from './bucket.ts'
import type { Blob, ChecksumAlgorithm } from './record.ts'

export interface Written {
  readonly blob: Blob
  /** In hex. */
  readonly md5: string
  /** In base64, as S3's headers have it; of the algorithms that were asked for. */
  readonly checksums: Readonly<Partial<Record<ChecksumAlgorithm | 'md5', string>>>
}

export type Body = Uint8Array | AsyncIterable<Uint8Array>

/** Streams into a new file and flushes it. Where the body fails nothing stays. */
export async function writeBlob(
  bucket: Bucket,
  body: Body,
  algorithms: readonly ChecksumAlgorithm[] = [],
): Promise<Written> {
  const id = randomUUID()
  const path = blobPath(bucket, id)
  const md5 = createHash('md5')
  const hashes = new Map(algorithms.map((algorithm) => [algorithm, hasher(algorithm)]))
  let size = 0
  const handle = await openNew(path)
  try {
    try {
      for await (const chunk of body instanceof Uint8Array ? [body] : body) {
        md5.update(chunk)
        for (const hash of hashes.values()) hash.update(chunk)
        await atPath(path, writeAll(handle, chunk))
        size += chunk.length
      }
      await atPath(path, handle.sync())
    } finally {
      await handle.close()
    }
  } catch (error) {
    await rm(path, { force: true })
    throw error
  }
  const digest = md5.digest()
  const checksums = Object.fromEntries([...hashes].map(([algorithm, hash]) => [algorithm, hash.base64()]))
  return {
    blob: { id, size },
    md5: digest.toString('hex'),
    checksums: { ...checksums, md5: digest.toString('base64') },
  }
}

/** A blob of its own with the same bytes, without copying them. */
export async function linkBlob(bucket: Bucket, from: Bucket, blob: Blob): Promise<Blob> {
  const id = randomUUID()
  await mkdir(dirname(blobPath(bucket, id)), { recursive: true })
  await link(blobPath(from, blob.id), blobPath(bucket, id))
  return { id, size: blob.size }
}

export async function removeBlobs(bucket: Bucket, blobs: readonly Blob[]): Promise<void> {
  await Promise.all(blobs.map((blob) => rm(blobPath(bucket, blob.id), { force: true })))
}

export interface Range {
  /** First and last byte, both included. */
  readonly first: number
  readonly last: number
}

/** Up to this size the bytes are read at once: a caller that only wanted the etag leaves no file open then. */
const SMALL = 1024 * 1024

/**
 * The bytes of several blobs in order. The first file is open when this returns, so it can be read to its end even if the
 * object is replaced meanwhile; an error with code ENOENT says that it was replaced before.
 */
export async function readBlobs(bucket: Bucket, blobs: readonly Blob[], range: Range): Promise<Readable> {
  const pieces = piecesOf(blobs, range)
  const [first, ...rest] = pieces
  if (first === undefined) return Readable.from([], { objectMode: false })
  const handle = await open(blobPath(bucket, first.id), 'r')
  if (rest.length === 0 && first.last - first.first < SMALL) {
    try {
      const bytes = Buffer.alloc(first.last - first.first + 1)
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, first.first)
      return Readable.from([bytes.subarray(0, bytesRead)], { objectMode: false })
    } finally {
      await handle.close()
    }
  }
  const start = handle.createReadStream({ start: first.first, end: first.last })
  if (rest.length === 0) return start
  async function* all(): AsyncGenerator<Buffer> {
    yield* start
    for (const piece of rest) {
      yield* createReadStream(blobPath(bucket, piece.id), { start: piece.first, end: piece.last })
    }
  }
  return Readable.from(all(), { objectMode: false })
}

function piecesOf(blobs: readonly Blob[], { first, last }: Range): (Range & { readonly id: string })[] {
  let offset = 0
  return blobs.flatMap(({ id, size }) => {
    const piece = { id, first: Math.max(0, first - offset), last: Math.min(size - 1, last - offset) }
    offset += size
    return piece.first <= piece.last ? [piece] : []
  })
}

export function blobPath(bucket: Bucket, id: string): string {
  return join(bucket.folder, 'blobs', id.slice(0, 2), id)
}

async function openNew(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    await mkdir(dirname(path), { recursive: true })
    return await open(path, 'wx')
  }
}

async function writeAll(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    done += (await handle.write(chunk, done)).bytesWritten
  }
}

interface Hasher {
  update(chunk: Uint8Array): void
  base64(): string
}

function hasher(algorithm: ChecksumAlgorithm): Hasher {
  if (algorithm === 'crc32') {
    let value = 0
    return {
      update: (chunk) => {
        value = crc32(chunk, value)
      },
      base64: () => {
        const bytes = Buffer.alloc(4)
        bytes.writeUInt32BE(value)
        return bytes.toString('base64')
      },
    }
  }
  const hash = createHash(algorithm)
  return { update: (chunk) => void hash.update(chunk), base64: () => hash.digest('base64') }
}

/** In base64. */
export function checksumOf(algorithm: ChecksumAlgorithm, bytes: Uint8Array): string {
  const hash = hasher(algorithm)
  hash.update(bytes)
  return hash.base64()
}
