import * as z from 'zod'
import type { Bucket } from '../bucket.ts'
import { textOf } from '../key-path.ts'
import {
  abortUpload,
  type Choice,
  chooseParts,
  completeUpload,
  findUpload,
  partsOf,
  putPart,
  startUpload,
  type Upload,
  uploadsOf,
} from '../upload.ts'
import { bucketOf, type Context } from './context.ts'
import { S3Error } from './error.ts'
import { attributesOf, onlyOf, rangeOf, refusal, unquote, versionHeader } from './headers.ts'
import { openCopySource } from './object-operations.ts'
import { readText } from './payload.ts'
import { type Answer, keyOf } from './request.ts'
import { document, type Element, parseXml } from './xml.ts'

export async function createUpload(context: Context): Promise<Answer> {
  const { request, clock } = context
  const bucket = await bucketOf(context)
  const key = textOf(keyOf(request))
  const id = await startUpload(bucket, key, attributesOf(request), clock.now())
  const body = document('InitiateMultipartUploadResult', [...head(bucket, key), ['UploadId', id]])
  return { status: 200, body }
}

export async function uploadPart(context: Context): Promise<Answer> {
  const { payload, clock } = context
  const { bucket, upload } = await located(context)
  const algorithm = payload.algorithm === undefined ? {} : { algorithm: payload.algorithm }
  const options = { ...algorithm, check: payload.check }
  const part = await gone(
    putPart(bucket, upload, partNumber(context), payload.body, () => clock.now(), options),
  )
  return { status: 200, headers: { etag: `"${part.etag}"` } }
}

export async function copyPart(context: Context): Promise<Answer> {
  const { request, clock } = context
  const { bucket, upload } = await located(context)
  const number = partNumber(context)
  const { body } = await openCopySource(
    context,
    (size) => rangeOf(request.headers['x-amz-copy-source-range'], size) ?? { first: 0, last: size - 1 },
  )
  const part = await gone(putPart(bucket, upload, number, body, () => clock.now(), {}))
  const made: Element[] = [
    ['LastModified', new Date(part.at).toISOString()],
    ['ETag', `"${part.etag}"`],
  ]
  return { status: 200, body: document('CopyPartResult', made) }
}

const partListSchema = z.object({
  CompleteMultipartUpload: z.object({
    Part: z.array(z.object({ PartNumber: z.string().regex(/^\d{1,5}$/), ETag: z.string() })).min(1),
  }),
})

export async function completeUploadOperation(context: Context): Promise<Answer> {
  const { request, clock } = context
  const { bucket, upload } = await located(context)
  const list = partListSchema.safeParse(parseXml(await readText(context.payload), ['Part']))
  if (!list.success) throw new S3Error('MalformedXML', 'CompleteMultipartUpload needs its parts.')
  const choice: Choice = list.data.CompleteMultipartUpload.Part.map((part) => ({
    number: Number(part.PartNumber),
    etag: unquote(part.ETag),
  }))
  const chosen = chooseParts(await partsOf(bucket, upload), choice)
  if (typeof chosen === 'string') throw new S3Error(chosen, PART_PROBLEMS[chosen])
  const made = await completeUpload(bucket, upload, chosen, () => clock.now(), onlyOf(request))
  if (typeof made === 'string') throw refusal(made)
  const result: Element[] = [
    ['Location', `/${bucket.name}/${request.key}`],
    ...head(bucket, request.key ?? ''),
    ['ETag', `"${made.content.etag}"`],
  ]
  return {
    status: 200,
    headers: versionHeader(made),
    body: document('CompleteMultipartUploadResult', result),
  }
}

const PART_PROBLEMS = {
  InvalidPart: 'One or more of the specified parts could not be found, or its entity tag did not match.',
  InvalidPartOrder: 'The list of parts was not in ascending order.',
  EntityTooSmall:
    'Your proposed upload is smaller than the minimum allowed object size: 5 MiB a part but the last.',
} as const

export async function abortUploadOperation(context: Context): Promise<Answer> {
  const { bucket, upload } = await located(context)
  await abortUpload(bucket, upload)
  return { status: 204 }
}

export async function listParts(context: Context): Promise<Answer> {
  const { query, key } = context.request
  const { bucket, upload } = await located(context)
  const most = Math.min(Number(query['max-parts'] ?? 1000) || 1000, 1000)
  const marker = Number(query['part-number-marker'] ?? 0) || 0
  const all = (await partsOf(bucket, upload)).filter((part) => part.number > marker)
  const page = all.slice(0, most)
  const body = document('ListPartsResult', [
    ...head(bucket, key ?? ''),
    ['UploadId', upload.id],
    ['PartNumberMarker', marker],
    ['NextPartNumberMarker', page.at(-1)?.number ?? marker],
    ['MaxParts', most],
    ['IsTruncated', all.length > page.length],
    ...page.map(({ number, etag, at, blob }): Element => {
      const modified = new Date(at).toISOString()
      return [
        'Part',
        [
          ['PartNumber', number],
          ['LastModified', modified],
          ['ETag', `"${etag}"`],
          ['Size', blob.size],
        ],
      ]
    }),
  ])
  return { status: 200, body }
}

export async function listUploads(context: Context): Promise<Answer> {
  const bucket = await bucketOf(context)
  const prefix = context.request.query['prefix'] ?? ''
  const uploads = (await uploadsOf(bucket))
    .map((upload) => ({ ...upload, text: textOf(upload.key) }))
    .filter(({ text }) => text.startsWith(prefix))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.at - b.at))
  const body = document('ListMultipartUploadsResult', [
    ['Bucket', bucket.name],
    ['Prefix', prefix],
    ['IsTruncated', false],
    ...uploads.map(({ id, text, at }): Element => {
      const started = new Date(at).toISOString()
      return [
        'Upload',
        [
          ['Key', text],
          ['UploadId', id],
          ['Initiated', started],
        ],
      ]
    }),
  ])
  return { status: 200, body }
}

async function located(context: Context): Promise<{ readonly bucket: Bucket; readonly upload: Upload }> {
  const bucket = await bucketOf(context)
  const upload = await findUpload(bucket, context.request.query['uploadId'] ?? '')
  if (upload === undefined || upload.key !== keyOf(context.request)) throw noSuchUpload()
  return { bucket, upload }
}

function partNumber({ request }: Context): number {
  const number = Number(request.query['partNumber'])
  if (Number.isInteger(number) && number >= 1 && number <= 10_000) return number
  throw new S3Error('InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive')
}

/** The upload was aborted or completed while its part was on the way. */
async function gone<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? noSuchUpload() : error
  }
}

function head(bucket: Bucket, key: string): Element[] {
  return [
    ['Bucket', bucket.name],
    ['Key', key],
  ]
}

function noSuchUpload(): S3Error {
  return new S3Error('NoSuchUpload', 'The specified multipart upload does not exist.')
}
