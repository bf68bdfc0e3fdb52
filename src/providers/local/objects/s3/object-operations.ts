import { copyObject, type Opened, openObject, putObject, removeObject } from '../object.ts'
import type { Version } from '../record.ts'
import { bucketOf, type Context } from './context.ts'
import { S3Error } from './error.ts'
import {
  attributesOf,
  type ByteRange,
  checkRead,
  checksumHeaders,
  contentHeaders,
  onlyOf,
  rangeOf,
  refusal,
  versionHeader,
} from './headers.ts'
import { readText } from './payload.ts'
import { type Answer, decode, keyOf, requireKey } from './request.ts'
import { document, type Element, parseXml } from './xml.ts'

/** GET and HEAD: the server leaves the body of a HEAD out. */
export async function getObject(context: Context): Promise<Answer> {
  const { request } = context
  const { headers, query } = request
  let range: ByteRange | undefined
  const opened = await openChosen(
    context,
    request.bucket ?? '',
    request.key ?? '',
    query['versionId'],
    (size) => {
      range = rangeOf(headers['range'], size)
      return range ?? { first: 0, last: size - 1 }
    },
  )
  const { version, body } = opened
  const { content } = version
  const overrides = Object.entries(query)
    .filter(([name]) => name.startsWith('response-'))
    .map(([name, value]) => [name.slice('response-'.length), value])
  const part = range !== undefined
  return {
    status: part ? 206 : 200,
    headers: {
      ...contentHeaders(version),
      ...Object.fromEntries(overrides),
      ...(headers['x-amz-checksum-mode']?.toUpperCase() === 'ENABLED' && !part && checksumHeaders(content)),
      ...(range !== undefined && { 'content-range': `bytes ${range.first}-${range.last}/${content.size}` }),
      'content-length': `${range === undefined ? content.size : range.last - range.first + 1}`,
    },
    body,
  }
}

/** Finds the version, checks the conditions of the read, opens it. */
async function openChosen(
  context: Context,
  bucketName: string,
  keyText: string,
  id: string | undefined,
  range?: (size: number) => ByteRange,
  conditions = '',
): Promise<Opened> {
  const bucket = await bucketOf(context, bucketName)
  const key = requireKey(keyText)
  const choose = (versions: readonly Version[]): Version => {
    const version = id === undefined ? versions[0] : versions.find((other) => other.id === id)
    if (version === undefined) throw id === undefined ? noSuchKey() : noSuchVersion()
    if (version.content === null) {
      const marker = { 'x-amz-delete-marker': 'true', ...versionHeader(version) }
      throw id === undefined
        ? noSuchKey(marker)
        : new S3Error('MethodNotAllowed', 'The specified version is a delete marker.', marker)
    }
    checkRead(context.request.headers, { ...version, content: version.content }, conditions)
    return version
  }
  const opened = await openObject(bucket, key, choose, range)
  if (opened === undefined) throw noSuchKey()
  return opened
}

export async function putObjectOperation(context: Context): Promise<Answer> {
  const { request, payload, clock } = context
  const bucket = await bucketOf(context)
  const key = keyOf(request)
  const only = onlyOf(request)
  const made = await putObject(bucket, key, payload.body, () => clock.now(), {
    attributes: attributesOf(request),
    ...(only !== undefined && { only }),
    ...(payload.algorithm !== undefined && { algorithm: payload.algorithm }),
    check: payload.check,
  })
  if (typeof made === 'string') throw refusal(made)
  return {
    status: 200,
    headers: { etag: `"${made.content.etag}"`, ...checksumHeaders(made.content), ...versionHeader(made) },
  }
}

export interface CopySource {
  readonly bucket: string
  readonly key: string
  readonly version?: string
}

export function copySourceOf(header: string): CopySource {
  const [path = '', version] = header.split('?versionId=')
  const [bucket = '', key = ''] = decode(path)
    .replace(/^\//, '')
    .split(/\/(.*)/s)
  return { bucket, key, ...(version !== undefined && { version }) }
}

export async function openCopySource(
  context: Context,
  range?: (size: number) => ByteRange,
): Promise<Opened & { readonly source: CopySource }> {
  const source = copySourceOf(context.request.headers['x-amz-copy-source'] ?? '')
  const conditions = 'x-amz-copy-source-'
  const opened = await openChosen(context, source.bucket, source.key, source.version, range, conditions)
  return { ...opened, source }
}

export async function copyObjectOperation(context: Context): Promise<Answer> {
  const { request, clock } = context
  const bucket = await bucketOf(context)
  const { version, body, source } = await openCopySource(context)
  body.on('error', () => {}).destroy()
  const replace = request.headers['x-amz-metadata-directive'] === 'REPLACE'
  if (
    !replace &&
    source.version === undefined &&
    source.bucket === bucket.name &&
    source.key === request.key
  ) {
    throw new S3Error('InvalidRequest', 'An object cannot be copied to itself without changing its metadata.')
  }
  const attributes = replace ? attributesOf(request) : version.content
  const made = await copyObject(
    { bucket: await bucketOf(context, source.bucket), content: version.content },
    { bucket, key: keyOf(request) },
    { headers: attributes.headers, meta: attributes.meta },
    () => clock.now(),
  )
  if (typeof made === 'string') throw refusal(made)
  const copied: Element[] = [
    ['LastModified', new Date(made.at).toISOString()],
    ['ETag', `"${made.content.etag}"`],
  ]
  return { status: 200, headers: versionHeader(made), body: document('CopyObjectResult', copied) }
}

export async function deleteObject(context: Context): Promise<Answer> {
  const { request, clock } = context
  const bucket = await bucketOf(context)
  const key = keyOf(request)
  const wanted = request.headers['if-match']
  if (wanted !== undefined) {
    throw new S3Error('NotImplemented', 'If-Match of a DELETE is not implemented.')
  }
  const { removed, marker } = await removeObject(bucket, key, () => clock.now(), request.query['versionId'])
  const touched = marker ?? (request.query['versionId'] === undefined ? undefined : removed)
  return {
    status: 204,
    headers: {
      ...(touched?.content === null && { 'x-amz-delete-marker': 'true' }),
      ...(touched !== undefined && versionHeader(touched)),
    },
  }
}

const MOST_DELETED = 1000

export async function deleteObjects(context: Context): Promise<Answer> {
  const bucket = await bucketOf(context)
  const root = parseXml(await readText(context.payload), ['Object'])['Delete'] as
    | {
        readonly Object?: readonly { readonly Key?: unknown; readonly VersionId?: unknown }[]
        readonly Quiet?: unknown
      }
    | undefined
  const objects = root?.Object ?? []
  if (objects.length === 0 || objects.length > MOST_DELETED) {
    throw new S3Error('MalformedXML', `Delete names 1 to ${MOST_DELETED} objects.`)
  }
  const results: Element[] = []
  for (const { Key: text, VersionId: version } of objects) {
    const id = typeof version === 'string' ? version : undefined
    const named: Element[] = [
      ['Key', String(text)],
      ...(id === undefined ? [] : [['VersionId', id] as const]),
    ]
    try {
      const key = requireKey(typeof text === 'string' ? text : '')
      const { marker } = await removeObject(bucket, key, () => context.clock.now(), id)
      const made: Element[] =
        marker === undefined
          ? []
          : [
              ['DeleteMarker', true],
              ['DeleteMarkerVersionId', marker.id],
            ]
      if (root?.Quiet !== 'true') results.push(['Deleted', [...named, ...made]])
    } catch (error) {
      if (!(error instanceof S3Error)) throw error
      results.push(['Error', [...named, ['Code', error.code], ['Message', error.message]]])
    }
  }
  return { status: 200, body: document('DeleteResult', results) }
}

function noSuchKey(headers: Record<string, string> = {}): S3Error {
  return new S3Error('NoSuchKey', 'The specified key does not exist.', headers)
}

function noSuchVersion(): S3Error {
  return new S3Error('NoSuchVersion', 'The specified version does not exist.')
}
