import { textOf, toBytes } from '../key-path.ts'
import type { Version } from '../record.ts'
import { bucketOf, type Context } from './context.ts'
import { S3Error } from './error.ts'
import {
  type Item,
  markerPosition,
  type PageQuery,
  positionOf,
  positionText,
  readPage,
  tokenOf,
} from './listing.ts'
import type { Answer } from './request.ts'
import { document, type Element } from './xml.ts'

const MOST = 1000

export async function listObjectsV2(context: Context): Promise<Answer> {
  const { query } = context.request
  const bucket = await bucketOf(context)
  const token = query['continuation-token']
  const start = query['start-after']
  const after = token === undefined ? toBytes(start ?? '') : positionOf(token)
  const asked = pageQuery(context, after)
  const page = await readPage(bucket, asked, isLive)
  const encode = encoder(context)
  const body = document('ListBucketResult', [
    ['Name', bucket.name],
    ['Prefix', encode(asked.prefix)],
    ...optional('Delimiter', query['delimiter'], encode),
    ['MaxKeys', asked.max],
    ...optional('EncodingType', query['encoding-type']),
    ['KeyCount', page.items.length],
    ['IsTruncated', page.next !== undefined],
    ...optional('ContinuationToken', token),
    ...optional('NextContinuationToken', page.next === undefined ? undefined : tokenOf(page.next)),
    ...optional('StartAfter', start, encode),
    ...page.items.map((item) => objectElement(item, encode)),
  ])
  return { status: 200, body }
}

export async function listObjects(context: Context): Promise<Answer> {
  const { query } = context.request
  const bucket = await bucketOf(context)
  const marker = query['marker'] ?? ''
  const after = markerPosition(marker, query['prefix'] ?? '', query['delimiter'] ?? '')
  const asked = pageQuery(context, after)
  const page = await readPage(bucket, asked, isLive)
  const encode = encoder(context)
  const next = page.next === undefined ? undefined : positionText(page.next)
  const body = document('ListBucketResult', [
    ['Name', bucket.name],
    ['Prefix', encode(asked.prefix)],
    ['Marker', encode(marker)],
    ...optional('Delimiter', query['delimiter'], encode),
    ['MaxKeys', asked.max],
    ...optional('EncodingType', query['encoding-type']),
    ['IsTruncated', page.next !== undefined],
    ...optional('NextMarker', next, encode),
    ...page.items.map((item) => objectElement(item, encode)),
  ])
  return { status: 200, body }
}

/**
 * Pages end between keys here, never inside one: all versions of a key come together, so a page may hold more than
 * `max-keys` of them where a single key has that many.
 */
export async function listVersions(context: Context): Promise<Answer> {
  const { query } = context.request
  const bucket = await bucketOf(context)
  const marker = query['key-marker'] ?? ''
  const after = markerPosition(marker, query['prefix'] ?? '', query['delimiter'] ?? '')
  const asked = pageQuery(context, after)
  const page = await readPage(bucket, asked, (versions) => versions.length > 0)
  const encode = encoder(context)
  const next = page.next === undefined ? undefined : positionText(page.next)
  const body = document('ListVersionsResult', [
    ['Name', bucket.name],
    ['Prefix', encode(asked.prefix)],
    ['KeyMarker', encode(marker)],
    ...optional('Delimiter', query['delimiter'], encode),
    ['MaxKeys', asked.max],
    ...optional('EncodingType', query['encoding-type']),
    ['IsTruncated', page.next !== undefined],
    ...optional('NextKeyMarker', next, encode),
    ...page.items.flatMap((item) =>
      item.kind === 'prefix'
        ? [prefixElement(item, encode)]
        : item.versions.map((version, index) =>
            versionElement(encode(textOf(item.key)), version, index === 0),
          ),
    ),
  ])
  return { status: 200, body }
}

function pageQuery({ request: { query } }: Context, after: string): PageQuery {
  const text = query['max-keys']
  if (text !== undefined && !/^\d{1,9}$/.test(text)) {
    throw new S3Error('InvalidArgument', 'max-keys must be a number from 0 to 2147483647')
  }
  const max = Math.min(text === undefined ? MOST : Number(text), MOST)
  return { prefix: query['prefix'] ?? '', delimiter: query['delimiter'] ?? '', after, max }
}

function isLive([newest]: readonly Version[]): boolean {
  return newest !== undefined && newest.content !== null
}

function objectElement(item: Item, encode: (text: string) => string): Element {
  if (item.kind === 'prefix') return prefixElement(item, encode)
  const [newest] = item.versions
  return ['Contents', [['Key', encode(textOf(item.key))], ...(newest === undefined ? [] : described(newest))]]
}

function prefixElement(item: Extract<Item, { kind: 'prefix' }>, encode: (text: string) => string): Element {
  return ['CommonPrefixes', [['Prefix', encode(textOf(item.prefix))]]]
}

function versionElement(key: string, version: Version, latest: boolean): Element {
  const name = version.content === null ? 'DeleteMarker' : 'Version'
  return [name, [['Key', key], ['VersionId', version.id], ['IsLatest', latest], ...described(version)]]
}

function described({ at, content }: Version): Element[] {
  const modified: Element = ['LastModified', new Date(at).toISOString()]
  if (content === null) return [modified]
  return [modified, ['ETag', `"${content.etag}"`], ['Size', content.size], ['StorageClass', 'STANDARD']]
}

/** `encoding-type=url`: for keys that XML cannot say. */
function encoder({ request: { query } }: Context): (text: string) => string {
  return query['encoding-type'] === 'url'
    ? (text) => encodeURIComponent(text).replaceAll('%2F', '/')
    : (text) => text
}

function optional(
  name: string,
  value: string | undefined,
  encode: (text: string) => string = (text) => text,
): Element[] {
  return value === undefined ? [] : [[name, encode(value)]]
}
