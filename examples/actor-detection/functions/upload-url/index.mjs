import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'

const s3 = new S3Client({})

/** PUT /{bucket}/{folder}/{filename}: a URL to which one video can be uploaded, and nothing else. */
export async function handler(event) {
  const { bucket, folder, filename } = event.pathParameters ?? {}
  const { RAW_BUCKET, PREFIX, EXPIRES } = process.env
  // The caller says `raw`, or the bucket's whole name; there is no other bucket to upload to.
  if (bucket !== 'raw' && bucket !== RAW_BUCKET) return answer(404, { error: `no bucket ${bucket}` })
  if (`${folder}/` !== PREFIX) return answer(403, { error: `videos go to ${PREFIX}` })
  if (!/^[\w.-]{1,200}\.(?:mp4|mov|mkv|webm)$/i.test(filename ?? '')) {
    return answer(400, {
      error: 'the name of a video: letters, digits, ".", "_", "-", and .mp4, .mov, .mkv or .webm',
    })
  }
  const expiresIn = Number(EXPIRES)
  const key = `${PREFIX}${filename}`
  const url = await getSignedUrl(s3, new PutObjectCommand({ Bucket: RAW_BUCKET, Key: key }), { expiresIn })
  return answer(200, { url, key, expiresIn })
}

function answer(statusCode, body) {
  return { statusCode, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}
