import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { GetObjectCommand, NoSuchKey, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import type { Variables } from './environment.ts'
import type { Objects } from './objects.ts'

/** S3, or what AWS_ENDPOINT_URL_S3 names, where buckets are no host names. */
export function s3Objects(bucket: string, env: Variables): Objects {
  const client = new S3Client({ forcePathStyle: env['AWS_ENDPOINT_URL_S3'] !== undefined })
  return {
    async put(key, path, type) {
      const { size } = await stat(path)
      await client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: createReadStream(path),
          ContentLength: size,
          ContentType: type,
        }),
      )
    },
    async get(key) {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
        if (!(Body instanceof Readable)) throw new Error(`${key} has no body`)
        return Body
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined
        throw error
      }
    },
  }
}
