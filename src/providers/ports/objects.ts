import type { Readable } from 'node:stream'

export interface ObjectInfo {
  readonly uri: string
  readonly size: number
  /** Changes whenever the content does. */
  readonly etag: string
}

/** For `write`: only if nothing is there, or only over exactly this version. */
export type Precondition = { readonly absent: true } | { readonly etag: string }

/** Objects by URI (`s3://`, `gs://`, `file://`): data of pipelines, model artifacts and the ledger. */
export interface ObjectStore {
  read(uri: string): Promise<{ readonly info: ObjectInfo; readonly body: Readable } | undefined>
  /** The new object, or `conflict` where the precondition did not hold; nothing is written then. */
  write(uri: string, body: Uint8Array | Readable, only?: Precondition): Promise<ObjectInfo | 'conflict'>
  /** All objects whose URI starts with the prefix, sorted by URI. */
  list(prefix: string): AsyncIterable<ObjectInfo>
  remove(uri: string): Promise<void>
}
