import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { type Answer, json, type Request, variable } from './http.ts'
import { judgeUpload } from './upload.ts'

// A checksum of the empty body of now would stand in the URL, and refuse every video.
const s3 = new S3Client({ requestChecksumCalculation: 'WHEN_REQUIRED' })

/**
 * PUT /{bucket}/{folder}/{filename}?size=BYTES: a URL to which exactly one video can be uploaded. Its type and its size are signed, so the store
 * refuses anything else.
 */
export async function handler({ pathParameters = {}, queryStringParameters = {} }: Request): Promise<Answer> {
  const bucket = variable('RAW_BUCKET')
  const verdict = judgeUpload(
    {
      bucket: pathParameters['bucket'],
      folder: pathParameters['folder'],
      filename: pathParameters['filename'],
      size: queryStringParameters['size'],
    },
    {
      // The caller says `raw`, or the bucket's whole name.
      buckets: ['raw', bucket],
      prefix: variable('PREFIX'),
      largest: Number(variable('LARGEST')),
    },
  )
  if (verdict.kind === 'refused') return json(verdict.status, { error: verdict.error })
  const { key, type, size } = verdict
  const expiresIn = Number(variable('EXPIRES'))
  const put = new PutObjectCommand({ Bucket: bucket, Key: key, ContentType: type, ContentLength: size })
  const signableHeaders = new Set(['host', 'content-type', 'content-length'])
  const url = await getSignedUrl(s3, put, { expiresIn, signableHeaders })
  return json(200, {
    url,
    method: 'PUT',
    headers: { 'content-type': type, 'content-length': String(size) },
    key,
    expiresIn,
  })
}
