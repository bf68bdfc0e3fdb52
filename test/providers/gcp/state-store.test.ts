import { afterEach, beforeEach, expect, test } from 'vitest'
import { openGcpStateStore } from '../../../src/providers/gcp/state-store.ts'
import type { StateStore } from '../../../src/providers/ports/states.ts'
import { contextOf } from '../aws/context.ts'
import { PROJECT_NUMBER, type Storage, startStorage } from './storage.ts'

const BUCKET = 'sluice-state-films-1-europe-west1'
const ALL_THERE = [
  `bucket ${BUCKET}`,
  'uniform access',
  'public access prevention',
  'versioning',
  'soft delete',
  'lifecycle of old versions',
].map((what) => ({ what, state: 'there' }))

let storage: Storage
beforeEach(async () => {
  storage = await startStorage()
})
afterEach(() => storage[Symbol.asyncDispose]())

const open = (token = 'token', project = 'films-1'): StateStore =>
  openGcpStateStore(
    contextOf(
      { project, region: 'europe-west1' },
      {
        CLOUDSDK_AUTH_ACCESS_TOKEN: token,
        CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE: storage.url,
        CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDRESOURCEMANAGER: `${storage.url}/`,
      },
    ),
  )
const writes = (): string[] => storage.seen.filter((call) => !call.startsWith('GET'))
const bare = (more: object = {}) => ({
  name: BUCKET,
  projectNumber: PROJECT_NUMBER,
  location: 'EUROPE-WEST1',
  metageneration: '7',
  ...more,
})

test('R21 a look changes nothing and says what is missing', async () => {
  const { place, parts } = await open().inspect()
  expect(place).toBe(`gs://${BUCKET}`)
  expect(parts.map(({ state }) => state)).toEqual(ALL_THERE.map(() => 'missing'))
  expect(writes()).toEqual([])
})

test('R21 the bucket is whole from the first moment, and the second time nothing changes', async () => {
  expect((await open().ensure()).parts).toEqual(ALL_THERE)
  expect((await open().ensure()).parts).toEqual(ALL_THERE)
  expect(writes()).toEqual(['POST /storage/v1/b?project=films-1'])
  expect(storage.buckets.get(BUCKET)).toMatchObject({
    iamConfiguration: { uniformBucketLevelAccess: { enabled: true }, publicAccessPrevention: 'enforced' },
    versioning: { enabled: true },
  })
})

test('R21 RACE two at once make one', async () => {
  const ended = await Promise.all([open().ensure(), open().ensure()])
  for (const { parts } of ended) expect(parts).toEqual(ALL_THERE)
  expect(storage.buckets.size).toBe(1)
})

test('R21 the bucket of another project is refused and left alone', async () => {
  storage.buckets.set(BUCKET, bare({ projectNumber: '99' }))
  await expect(open().ensure()).rejects.toMatchObject({
    outcome: 'refused',
    message: expect.stringContaining('does not belong to project films-1'),
  })
  expect(writes()).toEqual([])
})

test('R21 a bucket that stands elsewhere is refused and left alone', async () => {
  storage.buckets.set(BUCKET, bare({ location: 'US' }))
  await expect(open().ensure()).rejects.toMatchObject({
    outcome: 'refused',
    message: expect.stringContaining('stands in us, not in europe-west1'),
  })
  expect(writes()).toEqual([])
})

test('R21 a half-configured bucket is completed, and what others have set stays', async () => {
  const theirs = { action: { type: 'Delete' }, condition: { age: 3, matchesPrefix: ['tmp/'] } }
  storage.buckets.set(
    BUCKET,
    bare({
      versioning: { enabled: false },
      lifecycle: { rule: [theirs] },
      softDeletePolicy: { retentionDurationSeconds: '9999999' },
    }),
  )
  expect((await open().ensure()).parts).toEqual(ALL_THERE)
  expect(storage.buckets.get(BUCKET)).toMatchObject({
    softDeletePolicy: { retentionDurationSeconds: '9999999' },
    lifecycle: { rule: [theirs, { action: { type: 'Delete' } }] },
  })
})

test('R21 a change of somebody else in between is looked at, not written over', async () => {
  storage.buckets.set(BUCKET, bare())
  const theirs = { action: { type: 'Delete' }, condition: { age: 9 } }
  storage.interfere({ lifecycle: { rule: [theirs] } })
  expect((await open().ensure()).parts).toEqual(ALL_THERE)
  expect(storage.buckets.get(BUCKET)).toMatchObject({ lifecycle: { rule: [theirs, {}] } })
})

test('R21 the answer to the making is lost after the bucket was made', async () => {
  storage.lose((call) => call.startsWith('POST'), 1)
  expect((await open().ensure()).parts).toEqual(ALL_THERE)
  expect(storage.buckets.size).toBe(1)
})

test('credentials that Google does not take are named as such', async () => {
  await expect(open('stolen').ensure()).rejects.toMatchObject({
    outcome: 'usage',
    remedy: expect.stringContaining('gcloud auth application-default login'),
  })
})

test('a name that no bucket may have is refused before anything is asked', () => {
  expect(() => open('token', 'a-project-with-a-rather-long-name-of-more-than-thirty')).toThrow(
    'a bucket has at most 63',
  )
})
