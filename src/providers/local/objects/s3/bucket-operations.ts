import { isName } from '../../../../domain/name.ts'
import { bucketNames, changeBucket, createBucket, deleteBucket, openBucket } from '../bucket.ts'
import { bucketOf, type Context } from './context.ts'
import { S3Error } from './error.ts'
import { readText } from './payload.ts'
import type { Answer } from './request.ts'
import { document, type Element, parseXml } from './xml.ts'

export async function listBuckets({ root }: Context): Promise<Answer> {
  const entries: Element[] = []
  for (const name of await bucketNames(root)) {
    const bucket = await openBucket(root, name)
    if (bucket === undefined) continue
    const created = new Date(bucket.settings.createdAt).toISOString()
    entries.push([
      'Bucket',
      [
        ['Name', name],
        ['CreationDate', created],
      ],
    ])
  }
  const owner: Element = [
    'Owner',
    [
      ['ID', 'local'],
      ['DisplayName', 'local'],
    ],
  ]
  return { status: 200, body: document('ListAllMyBucketsResult', [owner, ['Buckets', entries]]) }
}

export async function createBucketOperation({ root, clock, request }: Context): Promise<Answer> {
  const name = request.bucket ?? ''
  if (!isName(name)) throw new S3Error('InvalidBucketName', `The specified bucket is not valid: ${name}`)
  const made = await createBucket(root, name, { versioning: 'off', createdAt: clock.now() })
  if (made === 'exists') {
    throw new S3Error(
      'BucketAlreadyOwnedByYou',
      'Your previous request to create the named bucket succeeded and you already own it.',
    )
  }
  return { status: 200, headers: { location: `/${name}` } }
}

export async function headBucket(context: Context): Promise<Answer> {
  await bucketOf(context)
  return { status: 200, headers: { 'x-amz-bucket-region': context.region } }
}

export async function deleteBucketOperation(context: Context): Promise<Answer> {
  const outcome = await deleteBucket(context.root, await bucketOf(context))
  if (outcome === 'not-empty') {
    throw new S3Error('BucketNotEmpty', 'The bucket you tried to delete is not empty.')
  }
  return { status: 204 }
}

export async function getLocation(context: Context): Promise<Answer> {
  await bucketOf(context)
  // us-east-1 is said by saying nothing: as old as S3.
  const { region } = context
  const text = region === 'us-east-1' ? '' : region
  const body = document('LocationConstraint', []).replace(
    '></LocationConstraint>',
    `>${text}</LocationConstraint>`,
  )
  return { status: 200, body }
}

export async function getVersioning(context: Context): Promise<Answer> {
  const { versioning } = (await bucketOf(context)).settings
  const status: Element | undefined =
    versioning === 'off' ? undefined : ['Status', versioning === 'enabled' ? 'Enabled' : 'Suspended']
  return { status: 200, body: document('VersioningConfiguration', [status]) }
}

export async function putVersioning(context: Context): Promise<Answer> {
  const bucket = await bucketOf(context)
  const root = parseXml(await readText(context.payload))['VersioningConfiguration'] as
    | { readonly Status?: unknown }
    | undefined
  const status = root?.Status
  if (status !== 'Enabled' && status !== 'Suspended') {
    throw new S3Error('MalformedXML', 'VersioningConfiguration needs a Status of Enabled or Suspended.')
  }
  await changeBucket(bucket, { versioning: status === 'Enabled' ? 'enabled' : 'suspended' })
  return { status: 200 }
}
