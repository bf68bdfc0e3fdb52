import { join } from 'node:path'
import type { Bucket } from '../bucket.ts'
import { type ByteKey, textOf, toBytes } from '../key-path.ts'
import { versionsOf } from '../object.ts'
import type { Version } from '../record.ts'
import { walkKeys } from '../tree.ts'

export interface PageQuery {
  readonly prefix: string
  readonly delimiter: string
  /** A byte string: only what sorts after it. */
  readonly after: string
  readonly max: number
}

export type Item =
  | { readonly kind: 'key'; readonly key: ByteKey; readonly versions: readonly Version[] }
  | { readonly kind: 'prefix'; readonly prefix: ByteKey }

export interface Page {
  readonly items: readonly Item[]
  /** Where the next page goes on; absent after the last. */
  readonly next?: string
}

/**
 * One page of a listing: keys in byte order, those that share a prefix up to the delimiter rolled into one. After a rolled
 * prefix the walk starts again behind it, so that a folder of a million objects costs one step.
 */
export async function readPage(
  bucket: Bucket,
  query: PageQuery,
  counts: (versions: readonly Version[]) => boolean,
): Promise<Page> {
  const prefix = toBytes(query.prefix)
  const delimiter = toBytes(query.delimiter)
  const items: Item[] = []
  let { after } = query
  for (;;) {
    const found = await nextItem(bucket, prefix, delimiter, after, counts, (item) => {
      if (items.length >= query.max) return false
      items.push(item)
      after = behind(item)
      return true
    })
    if (found === 'end') return { items }
    if (found === 'full') return { items, next: after }
  }
}

async function nextItem(
  bucket: Bucket,
  prefix: string,
  delimiter: string,
  after: string,
  counts: (versions: readonly Version[]) => boolean,
  take: (item: Item) => boolean,
): Promise<'end' | 'full' | 'rolled'> {
  for await (const { key } of walkKeys(join(bucket.folder, 'keys'), { prefix, after })) {
    const versions = await versionsOf(bucket, key)
    if (!counts(versions)) continue
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
    if (end >= 0) {
      const rolled = key.slice(0, end + delimiter.length) as ByteKey
      return take({ kind: 'prefix', prefix: rolled }) ? 'rolled' : 'full'
    }
    if (!take({ kind: 'key', key, versions })) return 'full'
  }
  return 'end'
}

/** 0xff never stands in UTF-8, so this sorts behind all that a prefix holds. */
function behind(item: Item): string {
  return item.kind === 'key' ? item.key : `${item.prefix}\xff`
}

export function tokenOf(position: string): string {
  return Buffer.from(position, 'latin1').toString('base64url')
}

export function positionOf(token: string): string {
  return Buffer.from(token, 'base64url').toString('latin1')
}

/** A marker of ListObjects (V1) may be a rolled prefix of the page before: then all of it is behind us. */
export function markerPosition(marker: string, prefix: string, delimiter: string): string {
  const bytes = toBytes(marker)
  const rolled =
    delimiter !== '' && marker.startsWith(prefix) && marker.slice(prefix.length).endsWith(delimiter)
  return rolled ? `${bytes}\xff` : bytes
}

export function positionText(position: string): string {
  return textOf(position.replace(/\xff$/, '') as ByteKey)
}
