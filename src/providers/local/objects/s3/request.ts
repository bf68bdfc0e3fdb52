import type { IncomingMessage } from 'node:http'
import { type ByteKey, byteKey } from '../key-path.ts'
import { S3Error } from './error.ts'

/** A request in path style, `/bucket/key?query`, taken apart and not yet believed. */
export interface S3Request {
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly bucket?: string
  /** Absent where the path ends with the bucket. */
  readonly key?: string
}

export function parseRequest(incoming: IncomingMessage): S3Request {
  const url = incoming.url ?? '/'
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  if (!path.startsWith('/')) throw new S3Error('InvalidURI', "Couldn't parse the specified URI.")
  const slash = path.indexOf('/', 1)
  const bucket = decode(slash < 0 ? path.slice(1) : path.slice(1, slash))
  const key = slash < 0 ? '' : decode(path.slice(slash + 1))
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(incoming.headersDistinct)) {
    if (value !== undefined) headers[name] = value.join(',')
  }
  return {
    method: incoming.method ?? 'GET',
    path,
    query: mark < 0 ? {} : parseQuery(url.slice(mark + 1)),
    headers,
    ...(bucket !== '' && { bucket }),
    ...(key !== '' && { key }),
  }
}

/** By hand: `+` is a plus here, and a key without `=` has the empty value. */
function parseQuery(text: string): Record<string, string> {
  const pairs = text
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [name = '', value = ''] = pair.split(/=(.*)/s)
      return [decode(name), decode(value)] as const
    })
  const names = new Set(pairs.map(([name]) => name))
  if (names.size !== pairs.length)
    throw new S3Error('InvalidRequest', 'A query parameter stands there twice.')
  return Object.fromEntries(pairs)
}

export function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new S3Error('InvalidURI', "Couldn't parse the specified URI.")
  }
}

export function keyOf(request: S3Request): ByteKey {
  return requireKey(request.key ?? '')
}

export function requireKey(text: string): ByteKey {
  const key = byteKey(text)
  if (key === undefined)
    throw new S3Error('KeyTooLongError', 'Your key is empty or too long: at most 1024 bytes.')
  return key
}

/** An answer in S3's words; `body` streams. */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | NodeJS.ReadableStream
}

/** What a request wants. The closed list of what this endpoint can do. */
export type Operation =
  | 'list-buckets'
  | 'create-bucket'
  | 'head-bucket'
  | 'delete-bucket'
  | 'get-location'
  | 'get-versioning'
  | 'put-versioning'
  | 'list-objects'
  | 'list-objects-v2'
  | 'list-versions'
  | 'list-uploads'
  | 'delete-objects'
  | 'get-object'
  | 'head-object'
  | 'put-object'
  | 'copy-object'
  | 'delete-object'
  | 'create-upload'
  | 'upload-part'
  | 'copy-part'
  | 'complete-upload'
  | 'abort-upload'
  | 'list-parts'

/** Parameters that name a part of the API; one that is not handled must not fall through to another operation. */
const SUBRESOURCES = [
  'accelerate',
  'acl',
  'analytics',
  'attributes',
  'cors',
  'delete',
  'encryption',
  'intelligent-tiering',
  'inventory',
  'legal-hold',
  'lifecycle',
  'location',
  'logging',
  'metrics',
  'notification',
  'object-lock',
  'ownershipControls',
  'policy',
  'policyStatus',
  'publicAccessBlock',
  'replication',
  'requestPayment',
  'restore',
  'retention',
  'select',
  'session',
  'tagging',
  'torrent',
  'uploads',
  'versioning',
  'versions',
  'website',
]

export function operationOf({ method, bucket, key, query, headers }: S3Request): Operation {
  const named = SUBRESOURCES.filter((name) => name in query).join('+')
  const level = bucket === undefined ? 'service' : key === undefined ? 'bucket' : 'object'
  const upload = 'uploadId' in query ? 'upload' : ''
  const copy = 'x-amz-copy-source' in headers ? 'copy' : ''
  const found = OPERATIONS[[method, level, named, upload, copy].filter((part) => part !== '').join(' ')]
  if (found === 'list-objects' && query['list-type'] === '2') return 'list-objects-v2'
  if (found !== undefined) return found
  throw new S3Error(
    'NotImplemented',
    `This endpoint of Sluice does not implement ${method} of a ${level}${named === '' ? '' : ` with ?${named}`}.`,
  )
}

const OPERATIONS: Readonly<Record<string, Operation>> = {
  'GET service': 'list-buckets',
  'PUT bucket': 'create-bucket',
  'HEAD bucket': 'head-bucket',
  'DELETE bucket': 'delete-bucket',
  'GET bucket location': 'get-location',
  'GET bucket versioning': 'get-versioning',
  'PUT bucket versioning': 'put-versioning',
  'GET bucket': 'list-objects',
  'GET bucket versions': 'list-versions',
  'GET bucket uploads': 'list-uploads',
  'POST bucket delete': 'delete-objects',
  'GET object': 'get-object',
  'HEAD object': 'head-object',
  'PUT object': 'put-object',
  'PUT object copy': 'copy-object',
  'DELETE object': 'delete-object',
  'POST object uploads': 'create-upload',
  'PUT object upload': 'upload-part',
  'PUT object upload copy': 'copy-part',
  'POST object upload': 'complete-upload',
  'DELETE object upload': 'abort-upload',
  'GET object upload': 'list-parts',
}
