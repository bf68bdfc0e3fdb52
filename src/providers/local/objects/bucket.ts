import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import * as z from 'zod'
import { isName } from '../../../domain/name.ts'
import { atPath } from '../at-path.ts'
import { withLock } from '../file-lock.ts'
import { readJson, replaceFile } from '../json-file.ts'
import { walkKeys } from './tree.ts'

const bucketSchema = z.looseObject({
  schema: z.literal('sluice.bucket/v1'),
  versioning: z.enum(['off', 'enabled', 'suspended']),
  /** Milliseconds after which an object is removed. */
  expire: z.optional(z.number().positive()),
  /** Milliseconds since the epoch. */
  createdAt: z.number(),
})
export type BucketSettings = z.infer<typeof bucketSchema>

/** A bucket as it stands on disk: keys/ has a small record a key, blobs/ the bytes, uploads/ what is not complete. */
export interface Bucket {
  readonly name: string
  readonly folder: string
  readonly locks: string
  readonly settings: BucketSettings
}

const FILE = 'bucket.json'

export async function openBucket(root: string, name: string): Promise<Bucket | undefined> {
  if (!isName(name)) return undefined
  const folder = join(root, 'buckets', name)
  const settings = await readJson(join(folder, FILE), bucketSchema)
  return settings === undefined ? undefined : { name, folder, locks: join(root, 'locks'), settings }
}

/** `exists` changes nothing. */
export async function createBucket(
  root: string,
  name: string,
  settings: Omit<BucketSettings, 'schema'>,
): Promise<'created' | 'exists'> {
  const folder = join(root, 'buckets', name)
  const beside = join(root, 'making', randomUUID())
  await mkdir(join(beside, 'blobs'), { recursive: true })
  await mkdir(join(beside, 'keys'))
  await mkdir(dirname(folder), { recursive: true })
  const file = join(beside, FILE)
  await atPath(file, writeFile(file, JSON.stringify({ schema: 'sluice.bucket/v1', ...settings })))
  try {
    // rename(2) takes no folder's place that holds something, so of two makers one wins.
    await rename(beside, folder)
    return 'created'
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) return 'exists'
    throw error
  } finally {
    await rm(beside, { recursive: true, force: true })
  }
}

export async function changeBucket(
  bucket: Bucket,
  change: Partial<Pick<BucketSettings, 'versioning' | 'expire'>>,
): Promise<void> {
  const path = join(bucket.folder, FILE)
  await withLock(join(bucket.locks, `bucket.${bucket.name}`), async () => {
    const settings = await readJson(path, bucketSchema)
    if (settings !== undefined) await replaceFile(path, JSON.stringify({ ...settings, ...change }))
  })
}

/** Moved aside first, so that a write that comes between is seen and brought back. */
export async function deleteBucket(root: string, bucket: Bucket): Promise<'deleted' | 'not-empty'> {
  if (await holdsKeys(bucket.folder)) return 'not-empty'
  const aside = join(root, 'making', randomUUID())
  await mkdir(dirname(aside), { recursive: true })
  await rename(bucket.folder, aside)
  if (await holdsKeys(aside)) {
    await rename(aside, bucket.folder)
    return 'not-empty'
  }
  await rm(aside, { recursive: true, force: true })
  return 'deleted'
}

export async function bucketNames(root: string): Promise<readonly string[]> {
  try {
    return (await readdir(join(root, 'buckets'))).sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

async function holdsKeys(folder: string): Promise<boolean> {
  for await (const _ of walkKeys(join(folder, 'keys'), { prefix: '', after: '' })) return true
  return false
}
