import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeBlob } from '../../../../src/providers/local/objects/blob.ts'
import { createBucket, openBucket } from '../../../../src/providers/local/objects/bucket.ts'
import { openObjects } from '../../../../src/providers/local/objects/object-store.ts'
import { sweepObjects } from '../../../../src/providers/local/objects/sweep.ts'
import { startUpload, uploadsOf } from '../../../../src/providers/local/objects/upload.ts'

const DAY = 86_400_000
let folder = ''
let now = 0

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sweep-'))
  now = Date.now()
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const store = () =>
  openObjects({
    folder,
    fileRoots: [],
    buckets: {
      scratch: { name: 'scratch', versioned: false, expire: 60 * DAY, protect: false },
      models: { name: 'models', versioned: true, protect: false },
    },
    clock: { now: () => now, sleep: async () => {} },
  })

test('what is older than expire goes, what is younger stays, and other buckets keep all', async () => {
  await store().write('s3://scratch/old', Buffer.from('old'))
  await store().write('s3://models/old', Buffer.from('model'))
  now += 30 * DAY
  await store().write('s3://scratch/young', Buffer.from('young'))
  now += 31 * DAY
  expect(await sweepObjects(folder, now)).toEqual({ expired: 1 })
  expect(await store().read('s3://scratch/old')).toBeUndefined()
  const young = await store().read('s3://scratch/young')
  expect(young && (await text(young.body))).toBe('young')
  const model = await store().read('s3://models/old')
  expect(model && (await text(model.body))).toBe('model')
})

test('bytes that a killed process left go after a day, and abandoned uploads after a week', async () => {
  await createBucket(folder, 'data', { versioning: 'off', createdAt: now })
  const bucket = await openBucket(folder, 'data')
  if (bucket === undefined) throw new Error('no bucket')
  await writeBlob(bucket, Buffer.from('orphan'))
  await startUpload(bucket, 'key', { headers: {}, meta: {} }, now)
  const blobs = async (): Promise<number> =>
    (await readdir(join(bucket.folder, 'blobs'), { recursive: true, withFileTypes: true })).filter((e) =>
      e.isFile(),
    ).length
  await sweepObjects(folder, now + 1000)
  expect([await blobs(), (await uploadsOf(bucket)).length]).toEqual([1, 1])
  await sweepObjects(folder, now + 2 * DAY)
  expect([await blobs(), (await uploadsOf(bucket)).length]).toEqual([0, 1])
  await sweepObjects(folder, now + 8 * DAY)
  expect((await uploadsOf(bucket)).length).toBe(0)
})

test('an object whose bytes were removed by hand is an error that says where', async () => {
  await store().write('s3://models/lost', Buffer.from('bytes'))
  await rm(join(folder, 'buckets', 'models', 'blobs'), { recursive: true })
  await expect(store().read('s3://models/lost')).rejects.toThrow(
    /the bytes of s3:\/\/models\/lost are missing below/,
  )
})
