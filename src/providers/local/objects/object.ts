import { createHash, randomUUID } from 'node:crypto'
import { rm, rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { externalError } from '../../../domain/error.ts'
import { withLock } from '../file-lock.ts'
import { readJson, replaceFile } from '../json-file.ts'
import { type Body, linkBlob, type Range, readBlobs, removeBlobs, type Written, writeBlob } from './blob.ts'
import type { Bucket } from './bucket.ts'
import { type ByteKey, pathOfKey, textOf } from './key-path.ts'
import {
  type Attributes,
  type Blob,
  type Change,
  type ChecksumAlgorithm,
  type Content,
  checkOnly,
  type Only,
  putVersion,
  type Removal,
  recordSchema,
  removeVersion,
  type Version,
} from './record.ts'

export interface Put {
  readonly attributes: Attributes
  readonly only?: Only
  readonly algorithm?: ChecksumAlgorithm
  /** Sees what was written before it becomes the object; what it throws ends the put without a trace. */
  readonly check?: (written: Written) => void
}

export type PutResult = Version & { readonly content: Content }

/** `missing`: an etag was asked for and there is no object. */
export type Refused = 'conflict' | 'missing'

export async function putObject(
  bucket: Bucket,
  key: ByteKey,
  body: Body,
  at: () => number,
  put: Put,
): Promise<PutResult | Refused> {
  const written = await writeBlob(bucket, body, put.algorithm === undefined ? [] : [put.algorithm])
  const { blob, md5, checksums } = written
  try {
    put.check?.(written)
  } catch (error) {
    await removeBlobs(bucket, [blob])
    throw error
  }
  const value = put.algorithm === undefined ? undefined : checksums[put.algorithm]
  const content: Content = {
    ...put.attributes,
    size: blob.size,
    etag: md5,
    blobs: [blob],
    ...(put.algorithm !== undefined &&
      value !== undefined && {
        checksum: { algorithm: put.algorithm, value },
      }),
  }
  return await placeObject(bucket, key, content, at, put.only)
}

/** Makes blobs that are there already an object; where that is refused they are removed, or kept if asked so. */
export async function placeObject(
  bucket: Bucket,
  key: ByteKey,
  content: Content,
  at: () => number,
  only?: Only,
  refused: 'remove' | 'keep' = 'remove',
): Promise<PutResult | Refused> {
  const id = versionId()
  const outcome = await changeRecord(bucket, key, (versions): (Change & { version: Version }) | Refused => {
    const check = checkOnly(versions, only)
    if (check !== 'holds') return check
    return putVersion(versions, bucket.settings.versioning, { id, at: at(), content })
  })
  if (typeof outcome !== 'string') return { ...outcome.version, content }
  if (refused === 'remove') await removeBlobs(bucket, content.blobs)
  return outcome
}

export async function copyObject(
  from: { readonly bucket: Bucket; readonly content: Content },
  to: { readonly bucket: Bucket; readonly key: ByteKey },
  attributes: Attributes,
  at: () => number,
): Promise<PutResult | Refused> {
  const blobs: Blob[] = []
  for (const blob of from.content.blobs) blobs.push(await linkBlob(to.bucket, from.bucket, blob))
  return await placeObject(to.bucket, to.key, { ...from.content, ...attributes, blobs }, at)
}

export async function removeObject(
  bucket: Bucket,
  key: ByteKey,
  at: () => number,
  id?: string,
): Promise<Removal> {
  return await changeRecord(bucket, key, (versions) =>
    removeVersion(versions, bucket.settings.versioning, id, { id: versionId(), at: at() }),
  )
}

/** Newest first; empty where there is no such object. */
export async function versionsOf(bucket: Bucket, key: ByteKey): Promise<readonly Version[]> {
  return (await readJson(recordPath(bucket, key), recordSchema))?.versions ?? []
}

export interface Opened {
  readonly version: Version & { readonly content: Content }
  readonly body: Readable
}

type Choose = (versions: readonly Version[]) => Version | undefined
const newestOf: Choose = ([newest]) => newest
const wholeOf = (size: number): Range => ({ first: 0, last: size - 1 })

/** So often a reader may be overtaken by writers before it makes them wait. */
const OVERTAKEN = 5

/**
 * Opens what `choose` picks among the versions; undefined where it picks none. `range` may depend on the size.
 * Another process may replace the object between the two reads: then it is looked up again, at last under the lock.
 */
export async function openObject(
  bucket: Bucket,
  key: ByteKey,
  choose: Choose = newestOf,
  range: (size: number) => Range = wholeOf,
): Promise<Opened | undefined> {
  for (let attempt = 0; attempt < OVERTAKEN; attempt++) {
    const opened = await tryOpen(bucket, key, choose, range)
    if (opened !== 'gone') return opened
  }
  const opened = await withLock(lockPath(bucket, key), () => tryOpen(bucket, key, choose, range))
  if (opened !== 'gone') return opened
  throw externalError('user', {
    what: `the bytes of s3://${bucket.name}/${textOf(key)} are missing below ${join(bucket.folder, 'blobs')}`,
    rule: 'only Sluice writes in this folder',
    remedy: 'put the folder back from a copy, or write the object again',
  })
}

async function tryOpen(
  bucket: Bucket,
  key: ByteKey,
  choose: Choose,
  range: (size: number) => Range,
): Promise<Opened | 'gone' | undefined> {
  const version = choose(await versionsOf(bucket, key))
  const content = version?.content
  if (version === undefined || content === null || content === undefined) return undefined
  try {
    const body = await readBlobs(bucket, content.blobs, range(content.size))
    return { version: { ...version, content }, body }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'gone'
    throw error
  }
}

/** Reads, decides and writes while nobody else changes the same key. A decision that is a word changes nothing. */
export async function changeRecord<R extends Change | Refused>(
  bucket: Bucket,
  key: ByteKey,
  decide: (versions: readonly Version[]) => R,
): Promise<R> {
  const path = recordPath(bucket, key)
  const change = await withLock(lockPath(bucket, key), async () => {
    const versions = await versionsOf(bucket, key)
    const decided = decide(versions)
    if (typeof decided === 'string' || decided.versions === versions) return decided
    if (decided.versions.length > 0) {
      await replaceFile(path, JSON.stringify({ schema: 'sluice.object/v1', versions: decided.versions }))
    } else await removeRecord(path, join(bucket.folder, 'keys'))
    return decided
  })
  if (typeof change !== 'string') await removeBlobs(bucket, disposable(change))
  return change
}

/**
 * A reader holds the file of a single blob open, so it can go at once. The later parts of a multipart object may not be
 * open yet: the sweep takes them a day later.
 */
function disposable({ versions, dropped }: Change): readonly Blob[] {
  const kept = new Set(versions.flatMap((version) => version.content?.blobs ?? []).map((blob) => blob.id))
  return dropped.length > 1 ? [] : dropped.filter((blob) => !kept.has(blob.id))
}

async function removeRecord(path: string, root: string): Promise<void> {
  await rm(path, { force: true })
  try {
    for (let folder = dirname(path); folder !== root; folder = dirname(folder)) await rmdir(folder)
  } catch {
    // Not empty, or tidied by somebody else.
  }
}

function recordPath(bucket: Bucket, key: ByteKey): string {
  return join(bucket.folder, 'keys', ...pathOfKey(key))
}

/** A lock for many keys keeps the folder small; two keys that share one only wait a moment for each other. */
function lockPath(bucket: Bucket, key: ByteKey): string {
  const hash = createHash('sha256').update(`${bucket.name}/${key}`).digest('hex')
  return join(bucket.locks, `key.${hash.slice(0, 3)}`)
}

function versionId(): string {
  return randomUUID().replaceAll('-', '')
}
