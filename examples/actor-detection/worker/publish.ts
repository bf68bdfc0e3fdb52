/**
 * `node worker/publish.ts`: puts the detector where machines fetch it at their next boot, `code/` of the bucket `raw`. Its variables are those that
 * a connection to the bucket gives: RAW_BUCKET, and the credentials of whoever may write there.
 */
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { builtDetector } from '../build.ts'

const { RAW_BUCKET = '', CODE_PREFIX = 'code/' } = process.env
if (RAW_BUCKET === '') throw new Error('RAW_BUCKET is not set: the name of the bucket raw, see targets.json')
const Key = `${CODE_PREFIX}detector.mjs`
await new S3Client({}).send(
  new PutObjectCommand({
    Bucket: RAW_BUCKET,
    Key,
    Body: await builtDetector(),
    ContentType: 'text/javascript',
  }),
)
console.log(`s3://${RAW_BUCKET}/${Key}`)
