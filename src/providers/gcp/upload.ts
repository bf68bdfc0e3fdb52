import type { Readable } from 'node:stream'
import { externalError } from '../../domain/error.ts'
import type { HttpResponse } from '../../runtime/runtime.ts'
import type { ObjectInfo } from '../ports/objects.ts'
import type { GcpClient } from './client.ts'
import { infoOf, objectSchema, TRANSFER, type UploadTarget, writeTrouble } from './object.ts'

/** Bytes of one request; a multiple of 256 KiB. */
const PART = 8 * 1024 * 1024
const ATTEMPTS = 5

/**
 * A stream of unknown length as a resumable upload: memory holds one part, nothing is there until the last one has arrived,
 * and a part that was lost is sent again from where the server stands
 * (https://cloud.google.com/storage/docs/performing-resumable-uploads).
 */
export async function uploadStream(
  client: GcpClient,
  target: UploadTarget,
  body: Readable,
): Promise<ObjectInfo | 'conflict'> {
  const session = await begin(client, target)
  if (session === 'conflict') return session
  try {
    let offset = 0
    let part = Buffer.alloc(0)
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      part = Buffer.concat([part, chunk])
      while (part.length > PART) {
        await sendPart(client, target, session, part.subarray(0, PART), offset, undefined)
        offset += PART
        part = part.subarray(PART)
      }
    }
    const answer = await sendPart(client, target, session, part, offset, offset + part.length)
    const text = await answer.text()
    if (answer.status === 412) return 'conflict'
    return infoOf(target.uri, objectSchema.parse(JSON.parse(text)))
  } catch (error) {
    await client.send({ service: 'storage', method: 'DELETE', path: session }).catch(() => {})
    throw error
  }
}

/** Path and query of the session that Google has opened. */
async function begin(client: GcpClient, { uri, bucket, query }: UploadTarget): Promise<string | 'conflict'> {
  const answer = await client.send({
    service: 'storage',
    method: 'POST',
    path: `/upload/storage/v1/b/${bucket}/o?uploadType=resumable&${query}`,
    headers: { 'x-upload-content-type': 'application/octet-stream' },
    body: {},
    repeatable: true,
  })
  const text = await answer.text()
  if (answer.status === 412) return 'conflict'
  const { location } = answer.headers
  if (answer.status >= 300) throw writeTrouble(uri, answer.status, text)
  if (location === undefined) {
    throw externalError('service', { what: `writing ${uri}: Google has opened no session` })
  }
  const { pathname, search } = new URL(location)
  return pathname + search
}

/** The answer to the last part is read by the caller. `total` of the object, where this is the last part. */
async function sendPart(
  client: GcpClient,
  { uri }: UploadTarget,
  session: string,
  part: Uint8Array,
  offset: number,
  total: number | undefined,
): Promise<HttpResponse> {
  const end = offset + part.length
  let from = offset
  for (let attempt = 1; ; attempt++) {
    const whole = total ?? '*'
    const range = end === from ? `bytes */${whole}` : `bytes ${from}-${end - 1}/${whole}`
    const answer = await client
      .send({
        service: 'storage',
        method: 'PUT',
        path: session,
        headers: { 'content-range': range },
        body: part.subarray(from - offset),
        timeout: TRANSFER,
      })
      .catch((error: unknown) => {
        if (attempt >= ATTEMPTS) throw error
        return undefined
      })
    if (answer?.status === 308) {
      await answer.text()
      from = received(answer)
      if (from >= end && total === undefined) return answer
    } else if (answer !== undefined) {
      if (answer.status < 300 || answer.status === 412) return answer
      throw writeTrouble(uri, answer.status, await answer.text())
    }
    if (attempt >= ATTEMPTS) {
      throw externalError('service', { what: `writing ${uri}: Google took ${from} of ${end} bytes` })
    }
    if (answer !== undefined) continue
    const asked = await client.send({
      service: 'storage',
      method: 'PUT',
      path: session,
      headers: { 'content-range': `bytes */${whole}` },
      repeatable: true,
    })
    if (asked.status !== 308) return asked
    await asked.text()
    from = received(asked)
    if (from >= end && total === undefined) return asked
  }
}

/** `Range: bytes=0-524287`: what has arrived; without it, nothing has. */
function received({ headers }: HttpResponse): number {
  const last = /-(\d+)$/.exec(headers['range'] ?? '')?.[1]
  return last === undefined ? 0 : Number(last) + 1
}
