import { createHash } from 'node:crypto'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { type Header, pack } from 'tar-stream'
import type { Digest } from '../../domain/digest.ts'
import { LAYER_GZIP, LAYER_TAR } from './media-types.ts'

/** One thing in a layer. Paths have no slash in front. */
export type LayerEntry =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string }
  | {
      readonly kind: 'file'
      readonly path: string
      readonly executable: boolean
      readonly size: number
      /** Bytes, or where they come from; called when its turn has come, so few files are open at once. */
      readonly content: Uint8Array | (() => AsyncIterable<Uint8Array>)
    }

/** Plain tar depends on nothing but its input; gzip is smaller, and its bytes depend on the version of zlib as well. */
export type Compression = 'none' | 'gzip'

export interface LayerResult {
  readonly mediaType: typeof LAYER_TAR | typeof LAYER_GZIP
  /** Of the bytes that were written. */
  readonly digest: Digest
  readonly size: number
  /** Of the tar inside. */
  readonly diffId: Digest
}

const EPOCH = new Date(0)
/** RFC 1952: 255 is "unknown"; zlib writes the system it was built on, which would make clones differ. */
const UNKNOWN_SYSTEM = 255
const SYSTEM_OFFSET = 9

/**
 * Writes a layer to `sink` as it is made, never whole in memory. The same entries give the same bytes: sorted, time 0,
 * owner 0, modes 0755 (folders, executables) and 0644, pax headers only where a name needs them.
 */
export async function writeLayer(
  entries: readonly LayerEntry[],
  compression: Compression,
  sink: (bytes: Uint8Array) => Promise<void>,
  signal?: AbortSignal,
): Promise<LayerResult> {
  const diff = createHash('sha256')
  const whole = createHash('sha256')
  let size = 0
  const emit = async (source: AsyncIterable<Uint8Array>): Promise<void> => {
    let first = compression === 'gzip'
    for await (const bytes of source) {
      if (first) bytes[SYSTEM_OFFSET] = UNKNOWN_SYSTEM
      first = false
      whole.update(bytes)
      size += bytes.length
      await sink(bytes)
    }
  }
  async function* hashed(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    for await (const bytes of source) {
      diff.update(bytes)
      yield bytes
    }
  }
  const options = signal === undefined ? {} : { signal }
  const tar = tarOf(entries)
  if (compression === 'gzip') await pipeline(tar, hashed, createGzip({ level: 6 }), emit, options)
  else await pipeline(tar, hashed, emit, options)
  const digest: Digest = `sha256:${whole.digest('hex')}`
  return {
    mediaType: compression === 'gzip' ? LAYER_GZIP : LAYER_TAR,
    digest,
    size,
    diffId: `sha256:${diff.digest('hex')}`,
  }
}

async function* tarOf(entries: readonly LayerEntry[]): AsyncIterable<Uint8Array> {
  const tar = pack()
  const sorted = [...entries].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
  const filling = fill(tar, sorted)
  // Its failure reaches us through the stream; a rejection beside it would have no listener.
  filling.catch((error: Error) => tar.destroy(error))
  for await (const chunk of tar) yield chunk as Uint8Array
  await filling
}

async function fill(tar: ReturnType<typeof pack>, entries: readonly LayerEntry[]): Promise<void> {
  for (const entry of entries) {
    const common = { name: entry.path, mtime: EPOCH, uid: 0, gid: 0 }
    switch (entry.kind) {
      case 'directory':
        await add(tar, { ...common, name: `${entry.path}/`, type: 'directory', mode: 0o755 })
        break
      case 'symlink':
        await add(tar, { ...common, type: 'symlink', linkname: entry.target, mode: 0o777 })
        break
      case 'file':
        await add(
          tar,
          { ...common, type: 'file', mode: entry.executable ? 0o755 : 0o644, size: entry.size },
          entry.content,
        )
        break
      default:
        entry satisfies never
    }
  }
  tar.finalize()
}

async function add(
  tar: ReturnType<typeof pack>,
  header: Partial<Header> & Pick<Header, 'name'>,
  content?: Uint8Array | (() => AsyncIterable<Uint8Array>),
): Promise<void> {
  if (content !== undefined) {
    return pipeline(typeof content === 'function' ? content() : [content], asNode(tar.entry(header)))
  }
  await new Promise<void>((resolve, reject) => {
    tar.entry(header, (error) => (error ? reject(error) : resolve()))
  })
}

/** Streams of streamx behave as Node's do; only their types differ. */
function asNode(stream: object): NodeJS.WritableStream {
  return stream as NodeJS.WritableStream
}
