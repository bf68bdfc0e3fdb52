import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { codeOf, type Endpoint, openEndpoint } from './endpoint.ts'

let endpoint: Endpoint
let s3: S3Client

beforeAll(async () => {
  endpoint = await openEndpoint()
  s3 = endpoint.client()
})
afterAll(() => endpoint.close())

describe('lists', () => {
  const Bucket = 'lists'
  const keys = ['a', 'a-b', 'a/1', 'a/2', 'a/b/c', 'ab', 'Z', 'ü', '\u{1f600}', '\uffee', 'x y&<z>']
  const sorted = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))

  beforeAll(async () => {
    await s3.send(new CreateBucketCommand({ Bucket }))
    for (const Key of keys) await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }))
  })

  test('come in the order of the UTF-8 bytes', async () => {
    const page = await s3.send(new ListObjectsV2Command({ Bucket }))
    expect(page.Contents?.map((entry) => entry.Key)).toEqual(sorted)
    expect(page.Contents?.[0]).toMatchObject({ Size: 1, ETag: expect.stringMatching(/^"[0-9a-f]{32}"$/) })
    expect(page).toMatchObject({ KeyCount: keys.length, IsTruncated: false })
  })

  test('come in pages of any size, each key once', async () => {
    for (const MaxKeys of [1, 2, 3, 100]) {
      const seen: (string | undefined)[] = []
      let ContinuationToken: string | undefined
      do {
        const page = await s3.send(new ListObjectsV2Command({ Bucket, MaxKeys, ContinuationToken }))
        expect(page.Contents?.length).toBeLessThanOrEqual(MaxKeys)
        seen.push(...(page.Contents ?? []).map((entry) => entry.Key))
        ContinuationToken = page.NextContinuationToken
      } while (ContinuationToken !== undefined)
      expect(seen).toEqual(sorted)
    }
  })

  test('roll what a delimiter ends into prefixes, page by page', async () => {
    const pages = async (command: (after: string | undefined) => Promise<[string[], string | undefined]>) => {
      const all: string[] = []
      let after: string | undefined
      do {
        const [items, next] = await command(after)
        all.push(...items)
        after = next
      } while (after !== undefined)
      return all
    }
    const expected = ['Z', 'a', 'a-b', 'a/', 'ab', 'x y&<z>', 'ü', '\uffee', '\u{1f600}']
    const v2 = await pages(async (ContinuationToken) => {
      const page = await s3.send(
        new ListObjectsV2Command({ Bucket, Delimiter: '/', MaxKeys: 2, ContinuationToken }),
      )
      return [names(page), page.NextContinuationToken]
    })
    const v1 = await pages(async (Marker) => {
      const page = await s3.send(new ListObjectsCommand({ Bucket, Delimiter: '/', MaxKeys: 2, Marker }))
      return [names(page), page.NextMarker]
    })
    expect(v2).toEqual(expected)
    expect(v1).toEqual(expected)
    const below = await s3.send(new ListObjectsV2Command({ Bucket, Delimiter: '/', Prefix: 'a/' }))
    expect(names(below)).toEqual(['a/1', 'a/2', 'a/b/'])
  })

  test('start where they are told, and may be empty', async () => {
    const page = await s3.send(new ListObjectsV2Command({ Bucket, StartAfter: 'a/2', Prefix: 'a' }))
    expect(page.Contents?.map((entry) => entry.Key)).toEqual(['a/b/c', 'ab'])
    expect((await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'nothing' }))).KeyCount).toBe(0)
    expect((await s3.send(new ListObjectsV2Command({ Bucket, MaxKeys: 0 }))).KeyCount).toBe(0)
  })

  test('encode keys where asked', async () => {
    const page = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'x', EncodingType: 'url' }))
    expect(page.Contents?.[0]?.Key).toBe('x%20y%26%3Cz%3E')
  })
})

describe('versions', () => {
  const Bucket = 'versions'
  const Key = 'model.bin'

  test('are kept once versioning is on, with delete markers that can be taken away again', async () => {
    await s3.send(new CreateBucketCommand({ Bucket }))
    expect((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBeUndefined()
    const before = await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'zero' }))
    expect(before.VersionId).toBeUndefined()
    await versioning('Enabled')
    expect((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBe('Enabled')
    const one = await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'one' }))
    const two = await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'two' }))
    expect(await read()).toBe('two')
    expect(await read(one.VersionId)).toBe('one')
    expect(await read('null')).toBe('zero')

    const marker = await s3.send(new DeleteObjectCommand({ Bucket, Key }))
    expect(marker.DeleteMarker).toBe(true)
    expect(await codeOf(read())).toBe('NoSuchKey')
    expect(await codeOf(read(marker.VersionId))).toBe('MethodNotAllowed')
    expect(await codeOf(read('no-such-version'))).toBe('NoSuchVersion')
    const listed = await s3.send(new ListObjectVersionsCommand({ Bucket }))
    expect(listed.Versions?.map((v) => v.VersionId)).toEqual([two.VersionId, one.VersionId, 'null'])
    expect(listed.DeleteMarkers).toMatchObject([{ VersionId: marker.VersionId, IsLatest: true }])
    expect((await s3.send(new ListObjectsV2Command({ Bucket }))).KeyCount).toBe(0)

    await s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId: marker.VersionId }))
    expect(await read()).toBe('two')
    await s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId: two.VersionId }))
    expect(await read()).toBe('one')
  })

  test('stay when versioning is suspended, and new writes take the place of the null version', async () => {
    await versioning('Suspended')
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'null again' }))
    const listed = await s3.send(new ListObjectVersionsCommand({ Bucket }))
    expect(listed.Versions).toHaveLength(2)
    expect(await read('null')).toBe('null again')
  })

  function versioning(Status: 'Enabled' | 'Suspended'): Promise<unknown> {
    return s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }))
  }

  async function read(VersionId?: string): Promise<string | undefined> {
    const got = await s3.send(new GetObjectCommand({ Bucket, Key, VersionId }))
    return await got.Body?.transformToString()
  }
})

function names(page: {
  Contents?: { Key?: string | undefined }[] | undefined
  CommonPrefixes?: { Prefix?: string | undefined }[] | undefined
}): string[] {
  const all = [
    ...(page.Contents ?? []).map((entry) => entry.Key ?? ''),
    ...(page.CommonPrefixes ?? []).map((entry) => entry.Prefix ?? ''),
  ]
  return all.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}
