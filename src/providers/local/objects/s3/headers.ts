import { type Attributes, type Content, KEPT_HEADERS, type Only, type Version } from '../record.ts'
import { S3Error } from './error.ts'
import type { S3Request } from './request.ts'

const META = 'x-amz-meta-'

/** What a PUT says about the object and S3 keeps with it. */
export function attributesOf({ headers }: S3Request): Attributes {
  const kept: Record<string, string> = {}
  for (const name of KEPT_HEADERS) {
    const value = name === 'content-encoding' ? withoutChunked(headers[name]) : headers[name]
    if (value !== undefined && value !== '') kept[name] = value
  }
  const meta = Object.entries(headers)
    .filter(([name]) => name.startsWith(META))
    .map(([name, value]) => [name.slice(META.length), value] as const)
  if (meta.reduce((sum, [name, value]) => sum + name.length + value.length, 0) > 2048) {
    throw new S3Error(
      'InvalidArgument',
      'Your metadata headers exceed the maximum allowed metadata size: 2048 bytes',
    )
  }
  return { headers: kept, meta: Object.fromEntries(meta) }
}

/** `aws-chunked` describes the transfer, not the object. */
function withoutChunked(value: string | undefined): string | undefined {
  return value
    ?.split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== 'aws-chunked')
    .join(',')
}

/** If-None-Match: * and If-Match of a write. */
export function onlyOf({ headers }: S3Request): Only | undefined {
  const none = headers['if-none-match']
  const match = headers['if-match']
  if (none !== undefined && none !== '*') {
    throw new S3Error('NotImplemented', 'If-None-Match of a write can only be *.')
  }
  if (none !== undefined) return { absent: true }
  return match === undefined ? undefined : { etag: unquote(match) }
}

export function refusal(refused: 'conflict' | 'missing'): S3Error {
  return refused === 'missing'
    ? new S3Error('NoSuchKey', 'The specified key does not exist.')
    : new S3Error('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold')
}

export function unquote(etag: string): string {
  return etag.replace(/^(?:W\/)?"(.*)"$/, '$1')
}

/** Of the answers that describe an object. */
export function contentHeaders(version: Version & { readonly content: Content }): Record<string, string> {
  const { content } = version
  const meta = Object.entries(content.meta).map(([name, value]) => [`${META}${name}`, value])
  return {
    'content-type': 'binary/octet-stream',
    ...content.headers,
    ...Object.fromEntries(meta),
    etag: `"${content.etag}"`,
    'last-modified': new Date(version.at).toUTCString(),
    'accept-ranges': 'bytes',
    ...versionHeader(version),
  }
}

export function versionHeader(version: Version): Record<string, string> {
  return version.id === 'null' ? {} : { 'x-amz-version-id': version.id }
}

export function checksumHeaders(content: Content): Record<string, string> {
  const { checksum } = content
  return checksum === undefined
    ? {}
    : { [`x-amz-checksum-${checksum.algorithm}`]: checksum.value, 'x-amz-checksum-type': 'FULL_OBJECT' }
}

/** The conditions of a read, in the order of RFC 9110, 13.2.2; HTTP dates have whole seconds. */
export function checkRead(
  headers: Readonly<Record<string, string>>,
  version: Version & { readonly content: Content },
  prefix = '',
): void {
  const { etag } = version.content
  const changed = Math.floor(version.at / 1000) * 1000
  const match = headers[`${prefix}if-match`]
  const none = headers[`${prefix}if-none-match`]
  const since = Date.parse(headers[`${prefix}if-modified-since`] ?? '')
  const unless = Date.parse(headers[`${prefix}if-unmodified-since`] ?? '')
  const failed = match !== undefined ? !lists(match, etag) : changed > unless
  if (failed) throw refusal('conflict')
  const unchanged = none !== undefined ? lists(none, etag) : changed <= since
  if (unchanged && prefix !== '') throw refusal('conflict')
  if (unchanged) throw new S3Error('NotModified', 'Not Modified', { etag: `"${etag}"` })
}

function lists(value: string, etag: string): boolean {
  return value.split(',').some((item) => item.trim() === '*' || unquote(item.trim()) === etag)
}

export interface ByteRange {
  readonly first: number
  readonly last: number
}

/**
 * One range of RFC 9110, 14.1.2; undefined where there is none, or several, or another unit: then the whole is sent.
 * @throws S3Error InvalidRange where it lies outside.
 */
export function rangeOf(header: string | undefined, size: number): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '')
  const [, from = '', to = ''] = match ?? []
  if (match === null || (from === '' && to === '')) return undefined
  const first = from === '' ? Math.max(0, size - Number(to)) : Number(from)
  const last = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1)
  if (from !== '' && to !== '' && Number(from) > Number(to)) return undefined
  if (first >= size || (from === '' && Number(to) === 0)) {
    throw new S3Error('InvalidRange', 'The requested range is not satisfiable', {
      'content-range': `bytes */${size}`,
    })
  }
  return { first, last }
}
