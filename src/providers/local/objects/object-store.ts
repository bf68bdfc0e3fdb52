import { Readable } from 'node:stream'
import { usageError } from '../../../domain/error.ts'
import type { Named } from '../../../domain/named.ts'
import { nearestName } from '../../../domain/nearest.ts'
import type { Bucket as BucketResource } from '../../../domain/system/system.ts'
import type { Clock } from '../../../runtime/runtime.ts'
import type { ObjectInfo, ObjectStore } from '../../ports/objects.ts'
import { type Bucket, bucketNames, changeBucket, createBucket, openBucket } from './bucket.ts'
import { fileObjects } from './file-objects.ts'
import { type ByteKey, byteKey, LONGEST_KEY, textOf, toBytes } from './key-path.ts'
import { openObject, putObject, removeObject, versionsOf } from './object.ts'
import { walkKeys } from './tree.ts'

export interface ObjectsOptions {
  /** Absolute path of objects/. */
  readonly folder: string
  /** Folders that `file://` may reach; what lies outside is refused. */
  readonly fileRoots: readonly string[]
  readonly buckets: Named<BucketResource>
  readonly clock: Clock
}

/**
 * The local form of the port: `s3://bucket/key` on a folder, `file://` below the given roots. It needs no server; any number
 * of processes may use the same folder at once, and preconditions hold between all of them. Etags are md5 in hex.
 */
export function openObjects(options: ObjectsOptions): ObjectStore {
  const files = fileObjects(options.fileRoots)
  const buckets = bucketObjects(options)
  const storeOf = (uri: string): ObjectStore => {
    if (uri.startsWith('s3://')) return buckets
    if (uri.startsWith('file://')) return files
    throw usageError({
      what: `${uri} cannot be read on cloud local`,
      rule: 'objects of cloud local have the form s3://bucket/key or file:///path',
    })
  }
  return {
    read: async (uri) => await storeOf(uri).read(uri),
    write: async (uri, body, only) => await storeOf(uri).write(uri, body, only),
    list: (prefix) => storeOf(prefix).list(prefix),
    remove: async (uri) => await storeOf(uri).remove(uri),
  }
}

/** Makes the buckets that the system names, and brings their settings up to date. */
export async function ensureBuckets(
  folder: string,
  buckets: Named<BucketResource>,
  clock: Clock,
): Promise<void> {
  for (const { name, versioned, expire } of Object.values(buckets)) {
    const expiry = expire === undefined ? {} : { expire }
    const versioning = versioned ? 'enabled' : 'off'
    await createBucket(folder, name, { versioning, ...expiry, createdAt: clock.now() })
    const bucket = await openBucket(folder, name)
    if (bucket === undefined) continue
    // As on S3, versions that were once kept are never forgotten: a bucket goes back to `suspended` only.
    const wanted = versioned ? 'enabled' : bucket.settings.versioning === 'off' ? 'off' : 'suspended'
    if (bucket.settings.versioning !== wanted || bucket.settings.expire !== expire) {
      await changeBucket(bucket, { versioning: wanted, expire })
    }
  }
}

function bucketObjects({ folder, buckets, clock }: ObjectsOptions): ObjectStore {
  const at = (): number => clock.now()
  let ready: Promise<void> | undefined
  const bucketOf = async (name: string): Promise<Bucket> => {
    ready ??= ensureBuckets(folder, buckets, clock)
    await ready
    const bucket = await openBucket(folder, name)
    if (bucket !== undefined) return bucket
    const known = await bucketNames(folder)
    const near = nearestName(name, known)
    throw usageError({
      what: `there is no bucket ${name}`,
      rule: `the buckets are ${known.join(', ') || 'none'}`,
      remedy: near === undefined ? `add it under "buckets:" in sluice.yml` : `did you mean ${near}?`,
    })
  }
  const locate = async (uri: string): Promise<{ bucket: Bucket; key: ByteKey }> => {
    const parts = split(uri)
    const key = byteKey(parts.key)
    if (key === undefined) {
      throw usageError({
        what: `${uri} names no object`,
        rule: `a key is 1 to ${LONGEST_KEY} bytes of UTF-8`,
      })
    }
    return { bucket: await bucketOf(parts.bucket), key }
  }
  return {
    async read(uri) {
      const { bucket, key } = await locate(uri)
      const opened = await openObject(bucket, key)
      if (opened === undefined) return undefined
      const { size, etag } = opened.version.content
      return { info: { uri, size, etag }, body: opened.body }
    },
    async write(uri, body, only) {
      const { bucket, key } = await locate(uri)
      const put = { attributes: { headers: {}, meta: {} }, ...(only !== undefined && { only }) }
      const made = await putObject(bucket, key, chunks(body), at, put)
      if (typeof made === 'string') return 'conflict'
      return { uri, size: made.content.size, etag: made.content.etag }
    },
    async *list(prefix) {
      const parts = split(prefix)
      const bucket = await bucketOf(parts.bucket)
      yield* listBucket(bucket, toBytes(parts.key))
    },
    async remove(uri) {
      const { bucket, key } = await locate(uri)
      await removeObject(bucket, key, at)
    },
  }
}

async function* listBucket(bucket: Bucket, prefix: string): AsyncGenerator<ObjectInfo> {
  for await (const { key } of walkKeys(`${bucket.folder}/keys`, { prefix, after: '' })) {
    const content = (await versionsOf(bucket, key))[0]?.content
    if (content === undefined || content === null) continue
    yield { uri: `s3://${bucket.name}/${textOf(key)}`, size: content.size, etag: content.etag }
  }
}

/** By hand: a URL parser would resolve `..` and `%`, which are ordinary text in a key. */
function split(uri: string): { readonly bucket: string; readonly key: string } {
  const rest = uri.slice('s3://'.length)
  const slash = rest.indexOf('/')
  return slash < 0 ? { bucket: rest, key: '' } : { bucket: rest.slice(0, slash), key: rest.slice(slash + 1) }
}

function chunks(body: Uint8Array | Readable): Uint8Array | AsyncIterable<Uint8Array> {
  return body instanceof Readable ? asBytes(body) : body
}

/** A stream may carry text; the store counts bytes. */
export async function* asBytes(body: Readable): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk
}
