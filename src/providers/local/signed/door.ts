import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { message } from '../../../runtime/events.ts'
import type { Clock, Log } from '../../../runtime/runtime.ts'
import { type Loopback, listenOnLoopback } from '../loopback.ts'
import { S3Error } from '../objects/s3/error.ts'
import { parseRequest } from '../objects/s3/request.ts'
import { type Credentials, sha256, verifySignature } from '../objects/s3/signature.ts'

/** A request whose signature and size have been checked. */
export interface SignedCall {
  readonly method: string
  /** As it was on the wire, without its query. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

export interface SignedAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

export interface SignedDoorOptions {
  /** What the credential has to be scoped to: `dynamodb`, `lambda`, ... */
  readonly service: string
  readonly credentials: Credentials
  readonly clock: Clock
  readonly log: Log
  /** 0: any free one. */
  readonly port: number
  /** Bytes of a body. */
  readonly largest: number
  readonly answer: (call: SignedCall) => Promise<SignedAnswer>
  /** How this service says no. @default in JSON, as DynamoDB and Lambda do */
  readonly refusal?: (status: number, code: string, text: string) => SignedAnswer
}

export type SignedDoor = Loopback

/** A refusal with the code that AWS gives it. */
export class AwsRefusal extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, text: string) {
    super(text)
    this.status = status
    this.code = code
  }
}

/**
 * The API of an AWS service on 127.0.0.1 for the SDKs: only requests that are signed with the environment's own key
 * (Signature Version 4) and address this very host come in.
 */
export async function openSignedDoor(options: SignedDoorOptions): Promise<SignedDoor> {
  const server = createServer({ requestTimeout: 0, headersTimeout: 60_000 }, (incoming, outgoing) => {
    void serve(incoming, outgoing, options)
  })
  return listenOnLoopback(server, options.port)
}

async function serve(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  options: SignedDoorOptions,
): Promise<void> {
  let answer: SignedAnswer
  try {
    answer = await options.answer(await admitted(incoming, options))
  } catch (error) {
    answer = refusal(error, options)
    // What is left of the body is not read: the connection cannot serve another request.
    outgoing.setHeader('connection', 'close')
  }
  if (outgoing.destroyed) return
  outgoing.writeHead(answer.status, {
    ...answer.headers,
    'content-length': Buffer.byteLength(answer.body),
  })
  outgoing.end(answer.body)
}

/** @throws AwsRefusal, S3Error where the request may not come in. */
async function admitted(incoming: IncomingMessage, options: SignedDoorOptions): Promise<SignedCall> {
  const { host } = incoming.headers
  const port = incoming.socket.localPort
  // A page in a browser that reaches us under a name of its own (DNS rebinding) says so in Host.
  if (host !== `127.0.0.1:${port}` && host !== `localhost:${port}`) {
    throw new AwsRefusal(403, 'AccessDeniedException', `this endpoint serves 127.0.0.1:${port} only`)
  }
  const { method, path, query, headers } = parseRequest(incoming)
  // Nothing is read for somebody who does not even claim the key.
  if (!(headers['authorization'] ?? '').includes(`Credential=${options.credentials.accessKeyId}/`)) {
    throw new AwsRefusal(
      403,
      'UnrecognizedClientException',
      'the request is not signed with the key of this environment',
    )
  }
  const body = await bodyOf(incoming, options.largest)
  // Of all services S3 alone signs the path as it is on the wire; the others encode it once more.
  const signedPath = path.replaceAll('%', '%25')
  const signed = { method, path: signedPath, query, headers, bodyHash: sha256(body) }
  await verifySignature(signed, options.credentials, options.clock.now(), options.service)
  return { method, path, query, headers, body }
}

async function bodyOf(incoming: IncomingMessage, largest: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > largest) {
      throw new AwsRefusal(413, 'RequestTooLargeException', `a request has at most ${largest} bytes`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function refusal(
  error: unknown,
  { service, log, refusal: say = refusalOf }: SignedDoorOptions,
): SignedAnswer {
  if (error instanceof AwsRefusal) return say(error.status, error.code, error.message)
  if (error instanceof S3Error) return say(403, SIGNATURE_CODES[error.code] ?? error.code, error.message)
  const text = error instanceof Error ? error.message : String(error)
  log.emit(message('warning', `endpoint ${service}: ${text}`))
  return say(500, 'InternalServerError', 'the local endpoint failed; its log says why')
}

/** S3 has names of its own for what all other services call otherwise. */
const SIGNATURE_CODES: Readonly<Record<string, string>> = {
  SignatureDoesNotMatch: 'InvalidSignatureException',
  InvalidAccessKeyId: 'UnrecognizedClientException',
  AuthorizationHeaderMalformed: 'IncompleteSignatureException',
  RequestTimeTooSkewed: 'InvalidSignatureException',
  AccessDenied: 'AccessDeniedException',
}

export function refusalOf(status: number, code: string, text: string): SignedAnswer {
  return {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-errortype': code },
    body: JSON.stringify({ __type: code, message: text }),
  }
}
