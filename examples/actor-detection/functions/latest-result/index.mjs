import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'

const s3 = new S3Client({})

/** GET /get-video: the newest result, as the detector wrote it. */
export async function handler() {
  const newest = await newestKey()
  if (newest === undefined) return answer(404, JSON.stringify({ error: 'no video has been processed yet' }))
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: process.env.PROCESSED_BUCKET, Key: newest }))
  return answer(200, await Body.transformToString())
}

/** Keys come in alphabetical order, a thousand at a time, so all of them are looked at. */
async function newestKey() {
  let newest
  let ContinuationToken
  do {
    const page = await s3.send(
      new ListObjectsV2Command({
        Bucket: process.env.PROCESSED_BUCKET,
        Prefix: process.env.PREFIX,
        ContinuationToken,
      }),
    )
    for (const object of page.Contents ?? []) {
      if (object.Key.endsWith('.json') && !(object.LastModified <= newest?.LastModified)) newest = object
    }
    ContinuationToken = page.NextContinuationToken
  } while (ContinuationToken !== undefined)
  return newest?.Key
}

function answer(statusCode, body) {
  return { statusCode, headers: { 'content-type': 'application/json' }, body }
}
