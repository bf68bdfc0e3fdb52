import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutBucketAclCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { codeOf, type Endpoint, openEndpoint } from './endpoint.ts'

let endpoint: Endpoint
let s3: S3Client
const Bucket = 'data'

beforeAll(async () => {
  endpoint = await openEndpoint()
  s3 = endpoint.client()
  await s3.send(new CreateBucketCommand({ Bucket }))
})
afterAll(() => endpoint.close())

describe('buckets', () => {
  test('are created once, found, listed and deleted when empty', async () => {
    expect(await codeOf(s3.send(new CreateBucketCommand({ Bucket })))).toBe('BucketAlreadyOwnedByYou')
    await s3.send(new CreateBucketCommand({ Bucket: 'short-lived' }))
    const listed = await s3.send(new ListBucketsCommand({}))
    expect(listed.Buckets?.map((bucket) => bucket.Name)).toEqual(['data', 'short-lived'])
    expect((await s3.send(new HeadBucketCommand({ Bucket }))).BucketRegion).toBe('us-east-1')
    expect((await s3.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint).toBeFalsy()
    await put('short-lived', 'x', 'x')
    expect(await codeOf(s3.send(new DeleteBucketCommand({ Bucket: 'short-lived' })))).toBe('BucketNotEmpty')
    await s3.send(new DeleteObjectCommand({ Bucket: 'short-lived', Key: 'x' }))
    await s3.send(new DeleteBucketCommand({ Bucket: 'short-lived' }))
    expect(await codeOf(s3.send(new HeadBucketCommand({ Bucket: 'short-lived' })))).toBe('NotFound')
  })

  test('with impossible names are refused', async () => {
    expect(await codeOf(s3.send(new CreateBucketCommand({ Bucket: 'Upper_Case' })))).toBe('InvalidBucketName')
    expect(await codeOf(put('absent-bucket', 'x', 'x'))).toBe('NoSuchBucket')
  })

  test('say by name what is not implemented', async () => {
    const acl = s3.send(new PutBucketAclCommand({ Bucket, ACL: 'private' }))
    await expect(acl).rejects.toThrow('does not implement PUT of a bucket with ?acl')
  })
})

describe('objects', () => {
  test('come back with their bytes, type, headers and metadata', async () => {
    const made = await s3.send(
      new PutObjectCommand({
        Bucket,
        Key: 'report.json',
        Body: '{"a":1}',
        ContentType: 'application/json',
        CacheControl: 'no-store',
        Metadata: { run: '7', 'made-by': 'train' },
      }),
    )
    expect(made.ETag).toBe(`"${createHash('md5').update('{"a":1}').digest('hex')}"`)
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'report.json' }))
    expect(await got.Body?.transformToString()).toBe('{"a":1}')
    expect(got).toMatchObject({
      ContentType: 'application/json',
      CacheControl: 'no-store',
      ContentLength: 7,
      ETag: made.ETag,
      Metadata: { run: '7', 'made-by': 'train' },
    })
    expect(await s3.send(new HeadObjectCommand({ Bucket, Key: 'report.json' }))).toMatchObject({
      ContentLength: 7,
      ETag: made.ETag,
    })
  })

  test('may have any key', async () => {
    const keys = [
      '../../etc/passwd',
      'a//b',
      'ü/日本 語',
      '%2e%2e',
      'a b+c&d=e?f#g',
      'trailing/',
      `${'x'.repeat(300)}/y`,
      "it's (!)*~",
    ]
    for (const key of keys) await put(Bucket, key, `body of ${key}`)
    for (const key of keys) expect(await get(Bucket, key)).toBe(`body of ${key}`)
    expect(await codeOf(put(Bucket, 'k'.repeat(1025), ''))).toBe('KeyTooLongError')
  })

  test('give ranges', async () => {
    await put(Bucket, 'range', '0123456789')
    const range = async (Range: string): Promise<string> => {
      const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'range', Range }))
      return `${got.ContentRange} ${await got.Body?.transformToString()}`
    }
    expect(await range('bytes=2-4')).toBe('bytes 2-4/10 234')
    expect(await range('bytes=7-')).toBe('bytes 7-9/10 789')
    expect(await range('bytes=-3')).toBe('bytes 7-9/10 789')
    expect(await range('bytes=5-500')).toBe('bytes 5-9/10 56789')
    expect(await codeOf(range('bytes=10-'))).toBe('InvalidRange')
  })

  test('answer conditional reads', async () => {
    const { ETag } = await put(Bucket, 'cond', 'x')
    const read = (input: object): Promise<unknown> =>
      s3.send(new GetObjectCommand({ Bucket, Key: 'cond', ...input }))
    expect(await codeOf(read({ IfMatch: ETag }))).toBe('no error')
    expect(await codeOf(read({ IfMatch: '"other"' }))).toBe('PreconditionFailed')
    const unchanged = { $metadata: { httpStatusCode: 304 } }
    await expect(read({ IfNoneMatch: ETag })).rejects.toMatchObject(unchanged)
    const IfModifiedSince = new Date(Date.now() + 60_000)
    await expect(read({ IfModifiedSince })).rejects.toMatchObject(unchanged)
    expect(await codeOf(read({ IfUnmodifiedSince: new Date(0) }))).toBe('PreconditionFailed')
  })

  test('R30 are written under conditions', async () => {
    const write = (input: object): Promise<unknown> =>
      s3.send(new PutObjectCommand({ Bucket, Key: 'cas', Body: 'new', ...input }))
    expect(await codeOf(write({ IfMatch: '"nothing"' }))).toBe('NoSuchKey')
    expect(await codeOf(write({ IfNoneMatch: '*' }))).toBe('no error')
    expect(await codeOf(write({ IfNoneMatch: '*' }))).toBe('PreconditionFailed')
    const { ETag } = await s3.send(new HeadObjectCommand({ Bucket, Key: 'cas' }))
    expect(await codeOf(write({ IfMatch: '"other"' }))).toBe('PreconditionFailed')
    expect(await codeOf(write({ IfMatch: ETag }))).toBe('no error')
  })

  test('are streamed with every checksum that is verified', async () => {
    for (const ChecksumAlgorithm of ['CRC32', 'SHA1', 'SHA256'] as const) {
      const Key = `sum-${ChecksumAlgorithm}`
      const bytes = Buffer.alloc(200_000, 'z')
      const Body = Readable.from([bytes.subarray(0, 70_000), bytes.subarray(70_000)])
      await s3.send(
        new PutObjectCommand({ Bucket, Key, Body, ContentLength: bytes.length, ChecksumAlgorithm }),
      )
      const got = await s3.send(new GetObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }))
      // The SDK computes the checksum of what it reads and throws where it differs.
      expect((await got.Body?.transformToByteArray())?.length).toBe(bytes.length)
      expect(got[`Checksum${ChecksumAlgorithm}`]).toBeTruthy()
    }
  })

  test('with a wrong checksum or MD5 are refused and leave nothing', async () => {
    const write = (input: object): Promise<unknown> =>
      s3.send(new PutObjectCommand({ Bucket, Key: 'bad', Body: 'x', ...input }))
    expect(await codeOf(write({ ChecksumCRC32: 'AAAAAA==' }))).toBe('BadDigest')
    expect(await codeOf(write({ ChecksumSHA256: Buffer.alloc(32).toString('base64') }))).toBe('BadDigest')
    expect(await codeOf(write({ ContentMD5: Buffer.alloc(16).toString('base64') }))).toBe('BadDigest')
    expect(await codeOf(get(Bucket, 'bad'))).toBe('NoSuchKey')
  })

  test('are copied with their metadata, or with new metadata', async () => {
    await s3.send(
      new PutObjectCommand({
        Bucket,
        Key: 'from/ä b',
        Body: 'copied',
        Metadata: { a: '1' },
        ContentType: 'text/x',
      }),
    )
    const CopySource = encodeURIComponent(`${Bucket}/from/ä b`)
    await s3.send(new CopyObjectCommand({ Bucket, Key: 'to', CopySource }))
    expect(await s3.send(new HeadObjectCommand({ Bucket, Key: 'to' }))).toMatchObject({
      Metadata: { a: '1' },
      ContentType: 'text/x',
    })
    await s3.send(
      new CopyObjectCommand({
        Bucket,
        Key: 'to',
        CopySource,
        MetadataDirective: 'REPLACE',
        Metadata: { b: '2' },
      }),
    )
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'from/ä b' }))
    expect(await get(Bucket, 'to')).toBe('copied')
    expect((await s3.send(new HeadObjectCommand({ Bucket, Key: 'to' }))).Metadata).toEqual({ b: '2' })
    expect(await codeOf(s3.send(new CopyObjectCommand({ Bucket, Key: 'y', CopySource })))).toBe('NoSuchKey')
  })

  test('are deleted alone and by the hundred, and deleting nothing is fine', async () => {
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'never-there' }))
    const keys = Array.from({ length: 100 }, (_, i) => `many/<${i}>&`)
    await Promise.all(keys.map((key) => put(Bucket, key, key)))
    const Delete = { Objects: keys.map((Key) => ({ Key })) }
    const answer = await s3.send(new DeleteObjectsCommand({ Bucket, Delete }))
    expect(answer.Deleted?.map((entry) => entry.Key).sort()).toEqual([...keys].sort())
    expect(await codeOf(get(Bucket, 'many/<0>&'))).toBe('NoSuchKey')
  })

  test('are read to the end although they are replaced meanwhile', async () => {
    const old = 'o'.repeat(3_000_000)
    await put(Bucket, 'replaced', old)
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'replaced' }))
    await put(Bucket, 'replaced', 'new')
    expect(await got.Body?.transformToString()).toBe(old)
    expect(await get(Bucket, 'replaced')).toBe('new')
  })
})

function put(bucket: string, Key: string, Body: string): Promise<{ ETag?: string | undefined }> {
  return s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }))
}

async function get(bucket: string, Key: string): Promise<string | undefined> {
  return await (await s3.send(new GetObjectCommand({ Bucket: bucket, Key }))).Body?.transformToString()
}
