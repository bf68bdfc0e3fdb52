import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { ObjectInfo, ObjectStore, Precondition } from '../../src/providers/ports/objects.ts'

/** An object store with exact preconditions, as S3 and Google Cloud Storage give them. */
export class MemoryObjects implements ObjectStore {
  readonly contents = new Map<string, { etag: string; bytes: Uint8Array }>()
  #versions = 0

  async read(uri: string): Promise<{ info: ObjectInfo; body: Readable } | undefined> {
    const found = this.contents.get(uri)
    return found === undefined
      ? undefined
      : { info: this.#info(uri, found), body: Readable.from([found.bytes]) }
  }

  async write(
    uri: string,
    body: Uint8Array | Readable,
    only?: Precondition,
  ): Promise<ObjectInfo | 'conflict'> {
    const bytes = body instanceof Uint8Array ? body : await buffer(body)
    const found = this.contents.get(uri)
    if (only !== undefined && ('absent' in only ? found !== undefined : found?.etag !== only.etag))
      return 'conflict'
    const made = { etag: `"${++this.#versions}"`, bytes }
    this.contents.set(uri, made)
    return this.#info(uri, made)
  }

  async *list(prefix: string): AsyncIterable<ObjectInfo> {
    for (const [uri, found] of [...this.contents].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (uri.startsWith(prefix)) yield this.#info(uri, found)
    }
  }

  async remove(uri: string): Promise<void> {
    this.contents.delete(uri)
  }

  /** The JSON of one object, for assertions. */
  json(uri: string): unknown {
    const found = this.contents.get(uri)
    return found === undefined ? undefined : JSON.parse(Buffer.from(found.bytes).toString('utf8'))
  }

  uris(prefix: string): string[] {
    return [...this.contents.keys()].filter((uri) => uri.startsWith(prefix)).sort()
  }

  #info(uri: string, { etag, bytes }: { etag: string; bytes: Uint8Array }): ObjectInfo {
    return { uri, size: bytes.length, etag }
  }
}
