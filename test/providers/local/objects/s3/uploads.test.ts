import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { codeOf, type Endpoint, openEndpoint } from './endpoint.ts'

let endpoint: Endpoint
let s3: S3Client
const Bucket = 'uploads'
const MiB = 1024 * 1024

beforeAll(async () => {
  endpoint = await openEndpoint()
  s3 = endpoint.client()
  await s3.send(new CreateBucketCommand({ Bucket }))
})
afterAll(() => endpoint.close())

describe('multipart uploads', () => {
  test('through lib-storage give the bytes back, and the etag of S3', async () => {
    const bytes = Buffer.from(Uint8Array.from({ length: 12 * MiB }, (_, i) => (i * 7) & 255))
    const params = { Bucket, Key: 'big', Body: Readable.from(pieces(bytes)), Metadata: { a: 'b' } }
    await new Upload({ client: s3, params, partSize: 5 * MiB }).done()
    const parts = [0, 5, 10].map((from) => bytes.subarray(from * MiB, Math.min(from + 5, 12) * MiB))
    const md5s = Buffer.concat(parts.map((part) => createHash('md5').update(part).digest()))
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'big' }))
    expect(bytes.equals((await got.Body?.transformToByteArray()) ?? Buffer.alloc(0))).toBe(true)
    expect(got.ETag).toBe(`"${createHash('md5').update(md5s).digest('hex')}-3"`)
    expect(got.Metadata).toEqual({ a: 'b' })
    const Range = `bytes=${5 * MiB - 2}-${5 * MiB + 1}`
    const across = await s3.send(new GetObjectCommand({ Bucket, Key: 'big', Range }))
    const expected = bytes.subarray(5 * MiB - 2, 5 * MiB + 2)
    expect(expected.equals((await across.Body?.transformToByteArray()) ?? Buffer.alloc(0))).toBe(true)
  })

  test('list, replace, copy and choose parts', async () => {
    const UploadId = await create('parts')
    await part('parts', UploadId, 1, 'x'.repeat(5 * MiB))
    const first = await part('parts', UploadId, 1, 'y'.repeat(5 * MiB))
    await s3.send(new PutObjectCommand({ Bucket, Key: 'source', Body: '0123456789' }))
    const copied = await s3.send(
      new UploadPartCopyCommand({
        Bucket,
        Key: 'parts',
        UploadId,
        PartNumber: 3,
        CopySource: `${Bucket}/source`,
        CopySourceRange: 'bytes=2-4',
      }),
    )
    await part('parts', UploadId, 7, 'not chosen')
    const listed = await s3.send(new ListPartsCommand({ Bucket, Key: 'parts', UploadId }))
    expect(listed.Parts?.map((entry) => [entry.PartNumber, entry.Size])).toEqual([
      [1, 5 * MiB],
      [3, 3],
      [7, 10],
    ])
    const uploads = await s3.send(new ListMultipartUploadsCommand({ Bucket }))
    expect(uploads.Uploads?.map((upload) => upload.UploadId)).toEqual([UploadId])
    await complete('parts', UploadId, [
      { PartNumber: 1, ETag: first },
      { PartNumber: 3, ETag: copied.CopyPartResult?.ETag },
    ])
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'parts', Range: 'bytes=-4' }))
    expect(await got.Body?.transformToString()).toBe('y234')
    expect(await codeOf(complete('parts', UploadId, [{ PartNumber: 1, ETag: first }]))).toBe('NoSuchUpload')
  })

  test('are refused with wrong, unsorted or too small parts, and aborted for good', async () => {
    const UploadId = await create('wrong')
    const one = await part('wrong', UploadId, 1, 'small')
    const two = await part('wrong', UploadId, 2, 'last')
    const [first, second] = [
      { PartNumber: 1, ETag: one },
      { PartNumber: 2, ETag: two },
    ]
    expect(await codeOf(complete('wrong', UploadId, [second, first]))).toBe('InvalidPartOrder')
    expect(await codeOf(complete('wrong', UploadId, [{ PartNumber: 1, ETag: two }]))).toBe('InvalidPart')
    expect(await codeOf(complete('wrong', UploadId, [first, second]))).toBe('EntityTooSmall')
    await s3.send(new AbortMultipartUploadCommand({ Bucket, Key: 'wrong', UploadId }))
    expect(await codeOf(part('wrong', UploadId, 1, 'late'))).toBe('NoSuchUpload')
    expect(await codeOf(s3.send(new HeadObjectCommand({ Bucket, Key: 'wrong' })))).toBe('NotFound')
  })

  test('R30 are completed only where nothing is, and may be tried again', async () => {
    const UploadId = await create('once')
    const ETag = await part('once', UploadId, 1, 'late')
    await s3.send(new PutObjectCommand({ Bucket, Key: 'once', Body: 'early' }))
    const parts = [{ PartNumber: 1, ETag }]
    expect(await codeOf(complete('once', UploadId, parts, { IfNoneMatch: '*' }))).toBe('PreconditionFailed')
    await complete('once', UploadId, parts)
    expect((await s3.send(new HeadObjectCommand({ Bucket, Key: 'once' }))).ContentLength).toBe(4)
  })
})

describe('presigned URLs', () => {
  test('upload and download without credentials, from a browser page', async () => {
    const upload = await getSignedUrl(
      s3,
      new PutObjectCommand({ Bucket, Key: 'signed ü', ContentType: 'text/plain' }),
      { expiresIn: 60 },
    )
    const preflight = await fetch(upload, {
      method: 'OPTIONS',
      headers: { origin: 'https://app.example', 'access-control-request-method': 'PUT' },
    })
    expect(preflight.headers.get('access-control-allow-methods')).toContain('PUT')
    const headers = { origin: 'https://app.example', 'content-type': 'text/plain' }
    const put = await fetch(upload, { method: 'PUT', body: 'hello', headers })
    expect([put.status, put.headers.get('access-control-allow-origin')]).toEqual([200, '*'])
    const download = await getSignedUrl(
      s3,
      new GetObjectCommand({ Bucket, Key: 'signed ü', ResponseContentType: 'text/x' }),
    )
    const got = await fetch(download)
    expect([await got.text(), got.headers.get('content-type')]).toEqual(['hello', 'text/x'])
  })

  test('end with their time, and cover what they sign', async () => {
    const command = new GetObjectCommand({ Bucket, Key: 'signed ü' })
    const old = await getSignedUrl(s3, command, {
      expiresIn: 60,
      signingDate: new Date(Date.now() - 120_000),
    })
    const expired = await fetch(old)
    expect([expired.status, await expired.text()]).toEqual([
      403,
      expect.stringContaining('Request has expired'),
    ])
    const other = (await getSignedUrl(s3, command)).replace('signed%20', 'other%20')
    expect(await (await fetch(other)).text()).toContain('SignatureDoesNotMatch')
    const longer = (await getSignedUrl(s3, command, { expiresIn: 60 })).replace('Expires=60', 'Expires=600')
    expect(await (await fetch(longer)).text()).toContain('SignatureDoesNotMatch')
  })
})

async function create(Key: string): Promise<string | undefined> {
  return (await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }))).UploadId
}

async function part(
  Key: string,
  UploadId: string | undefined,
  PartNumber: number,
  Body: string,
): Promise<string | undefined> {
  return (await s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }))).ETag
}

function complete(Key: string, UploadId: string | undefined, Parts: object[], only = {}): Promise<unknown> {
  return s3.send(
    new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts }, ...only }),
  )
}

function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let from = 0; from < bytes.length; from += 100_000) yield bytes.subarray(from, from + 100_000)
}
