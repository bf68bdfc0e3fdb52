import { usageError } from '../../domain/error.ts'

export interface S3Place {
  readonly bucket: string
  /** Empty for the bucket as a whole. */
  readonly key: string
}

/** @throws SluiceError usage for anything but `s3://bucket/key`. */
export function parseS3Uri(uri: string): S3Place {
  const [, bucket, key = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/s.exec(uri) ?? []
  if (bucket !== undefined) return { bucket, key }
  throw usageError({
    what: `${uri} is no place on AWS`,
    rule: 's3://bucket/key',
    remedy: 'name buckets of this environment; data of another cloud is copied there first',
  })
}

export const s3Uri = ({ bucket, key }: S3Place): string => `s3://${bucket}/${key}`
