import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { type Answer, json, variable } from './http.ts'

const s3 = new S3Client({})

interface Found {
  readonly key: string
  readonly at: number
}

/** GET /get-video: the newest result, as the detector wrote it. */
export async function handler(): Promise<Answer> {
  const Bucket = variable('PROCESSED_BUCKET')
  const newest = await newestIn(Bucket, variable('PREFIX'))
  if (newest === undefined) return json(404, { error: 'no video has been processed yet' })
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: newest.key }))
  return json(200, (await Body?.transformToString()) ?? '{}')
}

/** Keys come in alphabetical order, a thousand at a time, so all of them are looked at. */
async function newestIn(Bucket: string, Prefix: string): Promise<Found | undefined> {
  let newest: Found | undefined
  let ContinuationToken: string | undefined
  do {
    const page = await s3.send(
      new ListObjectsV2Command({ Bucket, Prefix, ...(ContinuationToken ? { ContinuationToken } : {}) }),
    )
    for (const { Key = '', LastModified } of page.Contents ?? []) {
      const at = LastModified?.getTime() ?? 0
      if (Key.endsWith('.json') && (newest === undefined || at > newest.at)) newest = { key: Key, at }
    }
    ContinuationToken = page.NextContinuationToken
  } while (ContinuationToken !== undefined)
  return newest
}
