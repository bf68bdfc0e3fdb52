import * as z from 'zod'
import { SluiceError, usageError } from '../../domain/error.ts'
import type { ObjectInfo } from '../ports/objects.ts'
import { GcpError } from './trouble.ts'

/** As far as it matters: https://cloud.google.com/storage/docs/json_api/v1/objects */
export const objectSchema = z.looseObject({
  name: z.string(),
  size: z.coerce.number(),
  generation: z.coerce.string(),
  md5Hash: z.string().optional(),
})

/** Milliseconds for reading or writing one object whole. */
export const TRANSFER = 15 * 60_000

export interface UploadTarget {
  readonly uri: string
  readonly bucket: string
  /** `name=...&ifGenerationMatch=...` */
  readonly query: URLSearchParams
}

export function infoOf(uri: string, { size, generation }: z.infer<typeof objectSchema>): ObjectInfo {
  return { uri, size, etag: generation }
}

export function writeTrouble(uri: string, status: number, text: string): SluiceError {
  return status === 404 ? noBucket(uri) : new GcpError(`writing ${uri}`, status, text)
}

export const noBucket = (uri: string): SluiceError =>
  new SluiceError('stale', 'user', {
    what: `there is no bucket ${split(uri, 'prefix').bucket}`,
    rule: 'buckets belong to the stacks of the environment',
    remedy: 'apply the stacks first; see that the project of the environment is the right one',
  })

/** @throws SluiceError usage, where it names none. */
export function split(uri: string, what: 'object' | 'prefix' = 'object'): { bucket: string; key: string } {
  const [, bucket = '', key = ''] = /^gs:\/\/([^/]+)\/?(.*)$/s.exec(uri) ?? []
  if (bucket !== '' && (what === 'prefix' || key !== '')) return { bucket, key }
  throw usageError({
    what: `${uri} names no ${what} of Cloud Storage`,
    rule: 'objects on Google Cloud have the form gs://bucket/key',
  })
}
