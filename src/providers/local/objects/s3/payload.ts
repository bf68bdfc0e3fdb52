import { createHash } from 'node:crypto'
import { checksumOf, type Written } from '../blob.ts'
import { CHECKSUMS, type ChecksumAlgorithm } from '../record.ts'
import { readChunks } from './chunked.ts'
import { S3Error } from './error.ts'
import type { Verified } from './signature.ts'

/** One body: streamed once, and checked against everything that was said about it. */
export interface Payload {
  /** Throws where the body is shorter, longer or other than its head or its signature says. */
  readonly body: AsyncIterable<Uint8Array>
  /** Which checksum to compute on the way, where the client sends one. */
  readonly algorithm?: ChecksumAlgorithm
  /** To call when the body was read to its end. */
  check(written: Written): void
}

/** Of one PUT, as S3 has it; more needs a multipart upload. */
const LARGEST = 5 * 1024 ** 3

export function openPayload(
  incoming: AsyncIterable<Uint8Array>,
  headers: Readonly<Record<string, string>>,
  verified: Verified,
  largest = LARGEST,
): Payload {
  const { payloadHash } = verified
  const streamed = payloadHash.startsWith('STREAMING-')
  const length = lengthOf(headers, streamed)
  if (length > largest) {
    throw new S3Error(
      'EntityTooLarge',
      `Your proposed upload exceeds the maximum allowed size: ${largest} bytes`,
    )
  }
  const trailers: Record<string, string> = {}
  const source = streamed ? readChunks(incoming, verified, trailers) : incoming
  const algorithm = CHECKSUMS.find(
    (name) => `x-amz-checksum-${name}` in headers || headers['x-amz-trailer'] === `x-amz-checksum-${name}`,
  )
  return {
    body: exactly(source, length, /^[0-9a-f]{64}$/.test(payloadHash) ? payloadHash : undefined),
    ...(algorithm !== undefined && { algorithm }),
    check({ checksums }) {
      const claims = { ...headers, ...trailers }
      for (const name of algorithm === undefined ? [] : [algorithm]) {
        if (claims[`x-amz-checksum-${name}`] !== checksums[name]) {
          throw new S3Error(
            'BadDigest',
            `The ${name.toUpperCase()} you specified did not match the calculated checksum.`,
          )
        }
      }
      const md5 = headers['content-md5']
      if (md5 !== undefined && md5 !== checksums.md5) {
        throw new S3Error('BadDigest', 'The Content-MD5 you specified did not match what we received.')
      }
    },
  }
}

function lengthOf(headers: Readonly<Record<string, string>>, streamed: boolean): number {
  const text = headers[streamed ? 'x-amz-decoded-content-length' : 'content-length']
  // A request that has neither a length nor chunks has no body at all (RFC 9112, 6.3).
  if (text === undefined && !streamed && headers['transfer-encoding'] === undefined) return 0
  if (text === undefined || !/^\d{1,15}$/.test(text)) {
    throw new S3Error('MissingContentLength', 'You must provide the Content-Length HTTP header.')
  }
  return Number(text)
}

async function* exactly(
  source: AsyncIterable<Uint8Array>,
  length: number,
  hash: string | undefined,
): AsyncGenerator<Uint8Array> {
  const sha = hash === undefined ? undefined : createHash('sha256')
  let seen = 0
  for await (const chunk of source) {
    seen += chunk.length
    if (seen > length) break
    sha?.update(chunk)
    yield chunk
  }
  if (seen !== length) {
    throw new S3Error('IncompleteBody', `You did not provide the number of bytes specified: ${length}`)
  }
  if (sha !== undefined && sha.digest('hex') !== hash) {
    throw new S3Error(
      'XAmzContentSHA256Mismatch',
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    )
  }
}

/** A small document. */
export async function readText(payload: Payload, limit = 2 * 1024 * 1024): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of payload.body) {
    size += chunk.length
    if (size > limit) throw new S3Error('EntityTooLarge', `The document is longer than ${limit} bytes`)
    chunks.push(chunk)
  }
  const bytes = Buffer.concat(chunks)
  const md5 = createHash('md5').update(bytes).digest('base64')
  // Only what stands in the head: a small document has no trailer of ours to wait for.
  payload.check({
    blob: { id: '', size },
    md5: '',
    checksums: {
      md5,
      ...(payload.algorithm !== undefined && { [payload.algorithm]: checksumOf(payload.algorithm, bytes) }),
    },
  })
  return bytes.toString('utf8')
}
