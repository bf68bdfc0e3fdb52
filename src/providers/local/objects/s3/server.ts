import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { bug } from '../../../../domain/error.ts'
import { message } from '../../../../runtime/events.ts'
import type { Clock, Log } from '../../../../runtime/runtime.ts'
import { type Loopback, listenOnLoopback } from '../../loopback.ts'
import * as buckets from './bucket-operations.ts'
import type { Context } from './context.ts'
import { S3Error } from './error.ts'
import * as lists from './list-operations.ts'
import * as objects from './object-operations.ts'
import { openPayload } from './payload.ts'
import { type Answer, type Operation, operationOf, parseRequest } from './request.ts'
import { type Credentials, verifySignature } from './signature.ts'
import * as uploads from './upload-operations.ts'
import { errorDocument } from './xml.ts'

export interface S3Options {
  /** Absolute path of objects/. */
  readonly root: string
  readonly credentials: Credentials
  readonly region: string
  readonly clock: Clock
  readonly log: Log
  /** 0: any free one. */
  readonly port: number
  /** Of one PUT, in bytes; S3's own limit where absent. */
  readonly largest?: number
}

const OPERATIONS: Readonly<Record<Operation, (context: Context) => Promise<Answer>>> = {
  'list-buckets': buckets.listBuckets,
  'create-bucket': buckets.createBucketOperation,
  'head-bucket': buckets.headBucket,
  'delete-bucket': buckets.deleteBucketOperation,
  'get-location': buckets.getLocation,
  'get-versioning': buckets.getVersioning,
  'put-versioning': buckets.putVersioning,
  'list-objects': lists.listObjects,
  'list-objects-v2': lists.listObjectsV2,
  'list-versions': lists.listVersions,
  'list-uploads': uploads.listUploads,
  'delete-objects': objects.deleteObjects,
  'get-object': objects.getObject,
  'head-object': objects.getObject,
  'put-object': objects.putObjectOperation,
  'copy-object': objects.copyObjectOperation,
  'delete-object': objects.deleteObject,
  'create-upload': uploads.createUpload,
  'upload-part': uploads.uploadPart,
  'copy-part': uploads.copyPart,
  'complete-upload': uploads.completeUploadOperation,
  'abort-upload': uploads.abortUploadOperation,
  'list-parts': uploads.listParts,
}

/**
 * The S3 API on 127.0.0.1, over the same folder as openObjects. Path style only: an IP address has no sub-domains, and the
 * SDKs know that. Bodies stream both ways; nothing holds a whole object in memory.
 */
export async function startS3(options: S3Options): Promise<Loopback> {
  const server = createServer({ requestTimeout: 0, headersTimeout: 60_000 }, (incoming, outgoing) => {
    void serve(incoming, outgoing, options).catch((error: unknown) => {
      const text = error instanceof Error ? error.message : String(error)
      options.log.emit(message('debug', `S3 endpoint: ${incoming.method} ${incoming.url}: ${text}`))
      outgoing.destroy()
    })
  })
  return listenOnLoopback(server, options.port)
}

async function serve(incoming: IncomingMessage, outgoing: ServerResponse, options: S3Options): Promise<void> {
  const id = randomUUID()
  const origin = incoming.headers.origin
  let answer: Answer
  try {
    answer = await answerTo(incoming, options)
  } catch (error) {
    if (incoming.destroyed && !incoming.complete) throw error
    answer = refused(error, incoming, id, options.log)
    // What is left of the body is not read: the connection cannot serve another request.
    outgoing.setHeader('connection', 'close')
  }
  const { status, headers = {}, body } = answer
  outgoing.statusCode = status
  outgoing.setHeader('x-amz-request-id', id)
  if (origin !== undefined) {
    outgoing.setHeader('access-control-allow-origin', '*')
    outgoing.setHeader('access-control-expose-headers', 'etag, x-amz-version-id')
  }
  if (typeof body === 'string') outgoing.setHeader('content-type', 'application/xml')
  for (const [name, value] of Object.entries(headers)) outgoing.setHeader(name, headerValue(value))
  if (body === undefined || incoming.method === 'HEAD') {
    if (typeof body === 'object' && 'destroy' in body) (body as { destroy(): void }).destroy()
    outgoing.end()
  } else if (typeof body === 'string') outgoing.end(body)
  else await pipeline(body, outgoing)
  if (!incoming.complete) incoming.resume()
}

async function answerTo(incoming: IncomingMessage, options: S3Options): Promise<Answer> {
  const { root, clock, region, credentials } = options
  checkHost(incoming)
  if (incoming.method === 'OPTIONS') return preflight(incoming)
  const request = parseRequest(incoming)
  const verified = await verifySignature(request, credentials, clock.now())
  const payload = openPayload(incoming, request.headers, verified, options.largest)
  return await OPERATIONS[operationOf(request)]({ root, clock, region, request, payload })
}

/** A page in a browser that reaches us under a name of its own (DNS rebinding) says so in Host. */
function checkHost(incoming: IncomingMessage): void {
  const { host } = incoming.headers
  const port = incoming.socket.localPort
  if (host === `127.0.0.1:${port}` || host === `localhost:${port}`) return
  throw new S3Error('AccessDenied', `This endpoint serves 127.0.0.1:${port} only, not ${host}`)
}

/** Anything may be asked from anywhere: what counts is the signature of the request that follows. */
function preflight(incoming: IncomingMessage): Answer {
  return {
    status: 200,
    headers: {
      'access-control-allow-methods': 'GET, HEAD, PUT, POST, DELETE',
      'access-control-allow-headers': incoming.headers['access-control-request-headers'] ?? '*',
      'access-control-max-age': '3000',
    },
  }
}

function refused(error: unknown, incoming: IncomingMessage, id: string, log: Log): Answer {
  const known = error instanceof S3Error
  if (!known) {
    log.emit(message('warning', `S3 endpoint: ${bug(String(error), error).message}`))
  }
  const problem = known ? error : new S3Error('InternalError', `We encountered an internal error: ${error}`)
  if (problem.code === 'NotModified') return { status: 304, headers: problem.headers }
  const [resource = ''] = (incoming.url ?? '').split('?')
  return {
    status: problem.status,
    headers: problem.headers,
    body: errorDocument([
      ['Code', problem.code],
      ['Message', problem.message],
      ['Resource', resource],
      ['RequestId', id],
    ]),
  }
}

/** Headers are latin1 on the wire; S3 sends other characters as UTF-8 bytes. */
function headerValue(value: string): string {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(value) ? value : Buffer.from(value, 'utf8').toString('latin1')
}
