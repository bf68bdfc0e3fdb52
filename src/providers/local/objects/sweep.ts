import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { readJson } from '../json-file.ts'
import { type Bucket, bucketNames, openBucket } from './bucket.ts'
import { changeRecord } from './object.ts'
import { blobsOf, type Change, recordSchema, type Version } from './record.ts'
import { walkKeys } from './tree.ts'
import { abortUpload, partsOf, uploadsOf } from './upload.ts'

const DAY = 86_400_000
/** An upload that nobody completed in this time is given up. */
const UPLOAD_LIFE = 7 * DAY
/** What nothing refers to for this long was left by a killed process, or by readers of a replaced object. */
const ORPHAN_LIFE = DAY

/** Enforces `expire`, gives up old uploads, removes what killed processes left. Safe beside everything else. */
export async function sweepObjects(root: string, now: number): Promise<{ readonly expired: number }> {
  let expired = 0
  for (const name of await bucketNames(root)) {
    const bucket = await openBucket(root, name)
    if (bucket === undefined) continue
    expired += await sweepBucket(bucket, now)
  }
  await removeOlder(join(root, 'making'), now - ORPHAN_LIFE, () => true)
  // Only what killed waiters left: a lock itself may be taken over at any moment.
  await removeOlder(join(root, 'locks'), now - ORPHAN_LIFE, (name) => /\.[0-9a-f-]{36}$/.test(name))
  return { expired }
}

async function sweepBucket(bucket: Bucket, now: number): Promise<number> {
  const referred = new Set<string>()
  // Uploads before records: what is completed meanwhile is then seen in one of the two.
  for (const upload of await uploadsOf(bucket)) {
    if (upload.at < now - UPLOAD_LIFE) await abortUpload(bucket, upload)
    else for (const part of await partsOf(bucket, upload)) referred.add(part.blob.id)
  }
  let expired = 0
  const before = bucket.settings.expire === undefined ? undefined : now - bucket.settings.expire
  for await (const { key, path } of walkKeys(join(bucket.folder, 'keys'), { prefix: '', after: '' })) {
    let versions: readonly Version[] = (await readJson(path, recordSchema))?.versions ?? []
    if (before !== undefined && versions.some((version) => version.at < before)) {
      versions = (await changeRecord(bucket, key, (all) => expireVersions(all, before))).versions
      expired++
    }
    for (const blob of blobsOf(versions)) referred.add(blob.id)
  }
  for (const shard of await namesIn(join(bucket.folder, 'blobs'))) {
    await removeOlder(join(bucket.folder, 'blobs', shard), now - ORPHAN_LIFE, (id) => !referred.has(id))
  }
  return expired
}

export function expireVersions(versions: readonly Version[], before: number): Change {
  const kept = versions.filter((version) => version.at >= before)
  return { versions: kept, dropped: blobsOf(versions.filter((version) => version.at < before)) }
}

async function removeOlder(folder: string, before: number, which: (name: string) => boolean): Promise<void> {
  for (const name of (await namesIn(folder)).filter(which)) {
    const path = join(folder, name)
    // ctime: a hard link that copyObject made keeps the mtime of its origin.
    const found = await stat(path).catch(() => undefined)
    if (found !== undefined && found.ctimeMs < before) await rm(path, { recursive: true, force: true })
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
