import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { link, mkdir, readdir, rm, symlink } from 'node:fs/promises'
import { posix } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { extract, type Header } from 'tar-stream'
import type { Digest } from '../../domain/digest.ts'
import { externalError } from '../../domain/error.ts'
import type { Descriptor } from './documents.ts'
import { LAYER_GZIP } from './media-types.ts'

/** Whiteouts. @see https://github.com/opencontainers/image-spec/blob/v1.1.0/layer.md#whiteouts */
const WHITEOUT = '.wh.'
const OPAQUE = '.wh..wh..opq'

/**
 * Writes the layers of an image, one over the other, into an empty folder that only we write to.
 *
 * Nothing lands outside of it: names that climb or pass through a link are refused, and so are devices.
 *
 * @param blob the verified bytes of a layer.
 * @throws SluiceError external for a layer that is damaged or tries to leave.
 */
export async function unpackLayers(
  layers: readonly { readonly descriptor: Descriptor; readonly diffId: Digest }[],
  folder: string,
  blob: (descriptor: Descriptor) => AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<void> {
  const place = new Place(folder)
  for (const { descriptor, diffId } of layers) {
    const hash = createHash('sha256')
    async function* hashed(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
      for await (const bytes of source) {
        hash.update(bytes)
        yield bytes
      }
    }
    const archive = extract()
    // Streams of streamx behave as Node's do; only their types differ.
    const sink = archive as object as NodeJS.WritableStream
    const options = signal === undefined ? {} : { signal }
    const source = Readable.from(blob(descriptor))
    const reading =
      descriptor.mediaType === LAYER_GZIP
        ? pipeline(source, createGunzip(), hashed, sink, options)
        : pipeline(source, hashed, sink, options)
    const writing = (async () => {
      for await (const entry of archive) {
        await place.put(entry.header, entry as AsyncIterable<Uint8Array>)
        entry.resume()
      }
    })()
    // The reader's error says why (a damaged blob); the writer's then only that its input ended.
    const [read, written] = await Promise.allSettled([reading, writing])
    if (written.status === 'rejected' && !isAftermath(written.reason)) throw written.reason
    if (read.status === 'rejected') throw read.reason
    if (written.status === 'rejected') throw written.reason
    if (`sha256:${hash.digest('hex')}` !== diffId) {
      throw externalError('user', {
        what: `layer ${descriptor.digest} holds another archive than ${diffId}`,
        rule: 'the config names the digest of each unpacked layer',
      })
    }
  }
}

/** Errors of a stream that was only ended because another one failed. */
function isAftermath(error: unknown): boolean {
  return !(error instanceof Error && error.name === 'SluiceError')
}

class Place {
  readonly #folder: string
  /** Paths that are links; nothing is written through them. */
  readonly #links = new Set<string>()
  readonly #folders = new Set<string>()

  constructor(folder: string) {
    this.#folder = folder
  }

  async put(header: Header, content: AsyncIterable<Uint8Array>): Promise<void> {
    const path = this.#inside(header.name, header.name)
    const name = posix.basename(path)
    if (path === '') return
    if (name === OPAQUE) return this.#empty(posix.dirname(path))
    if (name.startsWith(WHITEOUT)) {
      return this.#remove(posix.join(posix.dirname(path), name.slice(WHITEOUT.length)))
    }
    await this.#makeFolder(posix.dirname(path))
    const executable = ((header.mode ?? 0) & 0o100) !== 0
    switch (header.type) {
      case 'directory':
        if (this.#links.has(path)) await this.#remove(path)
        return this.#makeFolder(path)
      case 'file':
      case 'contiguous-file':
        await this.#remove(path)
        // wx: never into something that is there.
        await pipeline(
          content,
          createWriteStream(`${this.#folder}/${path}`, { flags: 'wx', mode: executable ? 0o755 : 0o644 }),
        )
        return
      case 'symlink':
        await this.#remove(path)
        await symlink(header.linkname ?? '', `${this.#folder}/${path}`)
        this.#links.add(path)
        return
      case 'link': {
        const target = this.#inside(header.linkname ?? '', header.name)
        await this.#remove(path)
        await link(`${this.#folder}/${target}`, `${this.#folder}/${path}`)
        if (this.#links.has(target)) this.#links.add(path)
        return
      }
      default:
        throw refused(header.name, `is a ${header.type}`)
    }
  }

  /** The clean path below the folder; no part above the last may be a link. */
  #inside(name: string, shown: string): string {
    const path = posix.normalize(`/${name}`).slice(1).replace(/\/$/, '')
    if (name.split('/').includes('..') || name.includes('\0'))
      throw refused(shown, 'climbs out of its folder')
    for (let up = posix.dirname(path); up !== '.'; up = posix.dirname(up)) {
      if (this.#links.has(up)) throw refused(shown, `passes through the link ${up}`)
    }
    return path
  }

  async #makeFolder(path: string): Promise<void> {
    if (path === '.' || this.#folders.has(path)) return
    await mkdir(`${this.#folder}/${path}`, { recursive: true })
    this.#folders.add(path)
  }

  async #remove(path: string): Promise<void> {
    await rm(`${this.#folder}/${path}`, { recursive: true, force: true })
    if (!this.#links.has(path) && !this.#folders.has(path)) return
    for (const set of [this.#links, this.#folders]) {
      for (const other of set) if (other === path || other.startsWith(`${path}/`)) set.delete(other)
    }
  }

  async #empty(path: string): Promise<void> {
    const names = await readdir(`${this.#folder}/${path}`).catch(() => [])
    for (const name of names) await this.#remove(posix.join(path, name))
  }
}

function refused(name: string, why: string): Error {
  return externalError('user', {
    what: `${name} in a layer ${why}`,
    rule: 'a layer holds files, folders and links below its own root',
    remedy: 'build the image again from a source that you trust',
  })
}
