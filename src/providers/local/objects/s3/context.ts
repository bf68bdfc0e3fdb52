import type { Clock } from '../../../../runtime/runtime.ts'
import { type Bucket, openBucket } from '../bucket.ts'
import { S3Error } from './error.ts'
import type { Payload } from './payload.ts'
import type { S3Request } from './request.ts'

/** What every operation is handed. */
export interface Context {
  /** Absolute path of objects/. */
  readonly root: string
  readonly clock: Clock
  readonly region: string
  readonly request: S3Request
  readonly payload: Payload
}

export async function bucketOf(context: Context, name = context.request.bucket ?? ''): Promise<Bucket> {
  const bucket = await openBucket(context.root, name)
  if (bucket === undefined) throw new S3Error('NoSuchBucket', `The specified bucket does not exist: ${name}`)
  return bucket
}
