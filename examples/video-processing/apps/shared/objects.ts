import type { Readable } from 'node:stream'
import type { Variables } from './environment.ts'

/** The bucket of the videos, by the keys of its objects. */
export interface Objects {
  /** Takes a whole file; what was under the key is replaced at once or not at all. */
  put(key: string, path: string, type: string): Promise<void>
  /** undefined where there is none. */
  get(key: string): Promise<Readable | undefined>
}

/** @param uri `gs://bucket` or `s3://bucket`, as the environment's cloud says it */
export async function openObjects(uri: string, env: Variables): Promise<Objects> {
  const [, scheme, bucket = ''] = /^(gs|s3):\/\/([^/]+)$/.exec(uri) ?? []
  switch (scheme) {
    case 'gs':
      return (await import('./objects-gcs.ts')).gcsObjects(bucket, env)
    case 's3':
      return (await import('./objects-s3.ts')).s3Objects(bucket, env)
    default:
      throw new Error(`${uri} is no bucket; expected gs://name or s3://name`)
  }
}
