import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { createScope, getCanonicalHeaders, getCanonicalQuery, getSigningKey } from '@smithy/signature-v4'
import type { Secret } from '../../../../domain/secret.ts'
import { S3Error } from './error.ts'

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: Secret
}

export interface SignedRequest {
  readonly method: string
  /** Exactly as it was on the wire. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** sha256 of the body, hex, for a service whose clients do not say it in `x-amz-content-sha256`. */
  readonly bodyHash?: string
}

/** What the signature covers besides the head: enough to check the chunks of a streamed body (see payload.ts). */
export interface Verified {
  /** `x-amz-content-sha256`, or `UNSIGNED-PAYLOAD`. */
  readonly payloadHash: string
  readonly signature: string
  readonly longDate: string
  readonly scope: string
  readonly key: Uint8Array
}

const SKEW = 15 * 60_000
const LONGEST_LIFE = 7 * 86_400
const ALGORITHM = 'AWS4-HMAC-SHA256'

interface Authorization {
  readonly credential: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
  readonly longDate: string
  readonly payloadHash: string
  /** Seconds that a presigned URL lives; absent for a signed header. */
  readonly expires?: number
}

/**
 * Signature Version 4 of a request, from its Authorization header or its presigned query ("Authenticating Requests", Amazon
 * S3 API Reference). The signature is computed anew and compared in constant time.
 *
 * @param expected the service that the credential has to be scoped to
 * @throws S3Error with the code that S3 gives.
 */
export async function verifySignature(
  request: SignedRequest,
  credentials: Credentials,
  now: number,
  expected = 's3',
): Promise<Verified> {
  const auth = 'X-Amz-Signature' in request.query ? fromQuery(request) : fromHeaders(request)
  const [accessKeyId, shortDate = '', region = '', service = '', end] = auth.credential.split('/')
  if (end !== 'aws4_request' || service !== expected || shortDate !== auth.longDate.slice(0, 8)) {
    throw new S3Error('AuthorizationHeaderMalformed', `The credential ${auth.credential} is malformed`)
  }
  if (accessKeyId !== credentials.accessKeyId) {
    throw new S3Error(
      'InvalidAccessKeyId',
      'The AWS Access Key Id you provided does not exist in our records.',
    )
  }
  checkTime(auth, now)
  checkSignedHeaders(auth, request.headers)
  const key = await getSigningKey(
    NodeSha256,
    { accessKeyId, secretAccessKey: credentials.secretAccessKey.reveal() },
    shortDate,
    region,
    service,
  )
  const scope = createScope(shortDate, region, service)
  const text = [ALGORITHM, auth.longDate, scope, sha256(canonicalRequest(request, auth))].join('\n')
  if (!sameText(hmac(key, text), auth.signature)) {
    throw new S3Error(
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    )
  }
  const { payloadHash, signature, longDate } = auth
  return { payloadHash, signature, longDate, scope, key }
}

function canonicalRequest(request: SignedRequest, auth: Authorization): string {
  const { 'X-Amz-Signature': _, ...query } = request.query
  const names = [...auth.signedHeaders].sort()
  const signed = Object.fromEntries(names.map((name) => [name, request.headers[name] ?? '']))
  const canonical = getCanonicalHeaders(
    { method: request.method, protocol: 'http:', hostname: '', path: request.path, headers: signed },
    new Set(),
    new Set(names),
  )
  return [
    request.method,
    request.path,
    getCanonicalQuery({
      method: request.method,
      protocol: 'http:',
      hostname: '',
      path: request.path,
      headers: {},
      query,
    }),
    ...names.map((name) => `${name}:${canonical[name] ?? ''}`),
    '',
    names.join(';'),
    auth.payloadHash,
  ].join('\n')
}

function fromHeaders({ headers, bodyHash }: SignedRequest): Authorization {
  const header = headers['authorization']
  if (header === undefined) throw new S3Error('AccessDenied', 'Access Denied: the request is not signed')
  const fields = Object.fromEntries(
    header
      .replace(/^\S+\s+/, '')
      .split(',')
      .map((field) => field.trim().split(/=(.*)/s).slice(0, 2)),
  ) as Record<string, string | undefined>
  const { Credential: credential, SignedHeaders: signedHeaders, Signature: signature } = fields
  const longDate = headers['x-amz-date'] ?? ''
  const payloadHash = bodyHash ?? headers['x-amz-content-sha256']
  if (!header.startsWith(`${ALGORITHM} `) || !credential || !signedHeaders || !signature) {
    throw new S3Error('AuthorizationHeaderMalformed', 'The authorization header you provided is invalid.')
  }
  if (payloadHash === undefined) {
    throw new S3Error('InvalidRequest', 'Missing required header for this request: x-amz-content-sha256')
  }
  return { credential, signedHeaders: signedHeaders.split(';'), signature, longDate, payloadHash }
}

function fromQuery({ query, headers }: SignedRequest): Authorization {
  const expires = Number(query['X-Amz-Expires'])
  const credential = query['X-Amz-Credential']
  const signedHeaders = query['X-Amz-SignedHeaders']
  const longDate = query['X-Amz-Date']
  const valid = Number.isInteger(expires) && expires >= 1 && expires <= LONGEST_LIFE
  if (query['X-Amz-Algorithm'] !== ALGORITHM || !credential || !signedHeaders || !longDate || !valid) {
    throw new S3Error(
      'AuthorizationQueryParametersError',
      `Query-string authentication needs X-Amz-Algorithm, -Credential, -SignedHeaders, -Date and -Expires of 1 to ${LONGEST_LIFE}`,
    )
  }
  return {
    credential,
    signedHeaders: signedHeaders.split(';'),
    signature: query['X-Amz-Signature'] ?? '',
    longDate,
    payloadHash: query['X-Amz-Content-Sha256'] ?? headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD',
    expires,
  }
}

function checkTime({ longDate, expires }: Authorization, now: number): void {
  const match = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(longDate)
  if (match === null) throw new S3Error('AccessDenied', 'AWS authentication requires a valid Date')
  const [year, month, ...rest] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const signed = Date.UTC(year, month - 1, ...rest)
  if (expires !== undefined && now > signed + expires * 1000) {
    throw new S3Error('AccessDenied', 'Request has expired')
  }
  if (signed - now > SKEW || (expires === undefined && now - signed > SKEW)) {
    throw new S3Error(
      'RequestTimeTooSkewed',
      'The difference between the request time and the current time is too large.',
    )
  }
}

/** As S3: an `x-amz-` header that stands outside of the signature could have been put there by anybody. */
function checkSignedHeaders(auth: Authorization, headers: Readonly<Record<string, string>>): void {
  const must = Object.keys(headers).filter((name) => name === 'host' || name.startsWith('x-amz-'))
  const hash = 'x-amz-content-sha256'
  const missing = must.filter(
    (name) => !auth.signedHeaders.includes(name) && !(auth.expires && name === hash),
  )
  if (missing.length > 0) {
    throw new S3Error(
      'AccessDenied',
      `There were headers present in the request which were not signed: ${missing.join(', ')}`,
    )
  }
}

export function sha256(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex')
}

export function hmac(key: Uint8Array, text: string): string {
  return createHmac('sha256', key).update(text).digest('hex')
}

export function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

/** node:crypto in the form that the signing library asks for. */
class NodeSha256 {
  readonly #hash

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    const key = typeof secret === 'string' ? secret : secret === undefined ? undefined : bytesOf(secret)
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', key)
  }

  update(chunk: Uint8Array): void {
    this.#hash.update(chunk)
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }

  reset(): void {
    throw new Error('a digest is used once')
  }
}

function bytesOf(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data)
}
