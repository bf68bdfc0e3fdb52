/** Loaded by import() of this file: a bundle gives a package of CommonJS that is imported so no names. */
export {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
