import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import * as z from 'zod'
import type { ObjectInfo, ObjectStore, Precondition } from '../ports/objects.ts'
import type { GcpClient, GcpRequest } from './client.ts'
import { infoOf, noBucket, objectSchema, split, TRANSFER, type UploadTarget, writeTrouble } from './object.ts'
import { GcpError } from './trouble.ts'
import { uploadStream } from './upload.ts'

const pageSchema = z.looseObject({
  items: z.array(objectSchema).default([]),
  nextPageToken: z.string().optional(),
})

/** Bytes in memory that one request sends. */
const AT_ONCE = 8 * 1024 * 1024

/**
 * `gs://` objects over the JSON API. An etag is the object's generation, and preconditions are `ifGenerationMatch`
 * (https://cloud.google.com/storage/docs/request-preconditions).
 */
export function openObjects(client: GcpClient): ObjectStore {
  const info = async (uri: string): Promise<z.infer<typeof objectSchema> | undefined> => {
    const { bucket, key } = split(uri)
    return client.find({ service: 'storage', path: objectPath(bucket, key) }, objectSchema)
  }

  return {
    async read(uri) {
      const { bucket, key } = split(uri)
      const path = `${objectPath(bucket, key)}?alt=media`
      const answer = await client.send({ service: 'storage', path, timeout: TRANSFER })
      if (answer.status === 404) return absent(uri, await answer.text())
      if (answer.status >= 300) throw new GcpError(`reading ${uri}`, answer.status, await answer.text())
      const { headers, body } = answer
      const size = Number(headers['x-goog-stored-content-length'] ?? headers['content-length'])
      const etag = headers['x-goog-generation'] ?? ''
      return { info: { uri, size, etag }, body }
    },

    async write(uri, body, only) {
      if (body instanceof Readable || body.length > AT_ONCE) {
        const parts = body instanceof Readable ? body : Readable.from([body])
        return uploadStream(client, target(uri, only), parts)
      }
      const { bucket, query } = target(uri, only)
      // No content holds its own digest.
      const boundary = `sluice-${createHash('sha256').update(body).digest('hex')}`
      const request: GcpRequest = {
        service: 'storage',
        method: 'POST',
        path: `/upload/storage/v1/b/${bucket}/o?uploadType=multipart&${query}`,
        headers: { 'content-type': `multipart/related; boundary=${boundary}` },
        body: multipart(boundary, query.get('name') ?? '', body),
        timeout: TRANSFER,
        repeatable: true,
      }
      const answer = await client.send(request)
      if (answer.status === 412) {
        await answer.text()
        return ours(await info(uri), body, uri, only)
      }
      if (answer.status >= 300) throw writeTrouble(uri, answer.status, await answer.text())
      return infoOf(uri, objectSchema.parse(JSON.parse(await answer.text())))
    },

    async *list(prefix) {
      const { bucket, key } = split(prefix, 'prefix')
      let pageToken: string | undefined
      do {
        const query = new URLSearchParams({
          prefix: key,
          maxResults: '1000',
          fields: 'items(name,size,generation),nextPageToken',
          ...(pageToken === undefined ? {} : { pageToken }),
        })
        const page = await client.json(
          { service: 'storage', path: `/storage/v1/b/${bucket}/o?${query}` },
          pageSchema,
        )
        for (const item of page.items) yield infoOf(`gs://${bucket}/${item.name}`, item)
        pageToken = page.nextPageToken
      } while (pageToken !== undefined && pageToken !== '')
    },

    async remove(uri) {
      const { bucket, key } = split(uri)
      const path = objectPath(bucket, key)
      const answer = await client.send({ service: 'storage', method: 'DELETE', path, repeatable: true })
      const text = await answer.text()
      if (answer.status >= 300 && answer.status !== 404) {
        throw new GcpError(`removing ${uri}`, answer.status, text)
      }
    },
  }

  /**
   * A precondition that did not hold may have been broken by ourselves, when the answer to the first attempt was lost: the
   * same bytes in another version are ours. Small objects alone carry what tells writers apart (a ledger, a lock).
   */
  function ours(
    found: z.infer<typeof objectSchema> | undefined,
    body: Uint8Array,
    uri: string,
    only: Precondition | undefined,
  ): ObjectInfo | 'conflict' {
    const same = found?.md5Hash === createHash('md5').update(body).digest('base64')
    const before = only !== undefined && 'etag' in only ? only.etag : undefined
    return found !== undefined && same && found.generation !== before && body.length >= TELLING
      ? infoOf(uri, found)
      : 'conflict'
  }
}

/**
 * Metadata and content in one request
 * (https://cloud.google.com/storage/docs/uploading-objects#uploading-an-object).
 */
function multipart(boundary: string, name: string, body: Uint8Array): Uint8Array {
  const head = [
    `--${boundary}`,
    'content-type: application/json; charset=utf-8',
    '',
    JSON.stringify({ name }),
    `--${boundary}`,
    'content-type: application/octet-stream',
    '',
    '',
  ].join('\r\n')
  return Buffer.concat([Buffer.from(head), body, Buffer.from(`\r\n--${boundary}--\r\n`)])
}

/** Bytes: less may be the same by chance in two writers. */
const TELLING = 64

function target(uri: string, only: Precondition | undefined): UploadTarget {
  const { bucket, key } = split(uri)
  const query = new URLSearchParams({ name: key })
  if (only !== undefined) query.set('ifGenerationMatch', 'etag' in only ? only.etag : '0')
  return { uri, bucket, query }
}

/** An object that is not there is an answer, a bucket that is not there a mistake. */
function absent(uri: string, text: string): undefined {
  if (/bucket does not exist/i.test(text)) throw noBucket(uri)
  return undefined
}

const objectPath = (bucket: string, key: string): string =>
  `/storage/v1/b/${bucket}/o/${encodeURIComponent(key)}`
