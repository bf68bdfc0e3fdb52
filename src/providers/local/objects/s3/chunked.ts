import { createHash } from 'node:crypto'
import { S3Error } from './error.ts'
import { hmac, sameText, sha256, type Verified } from './signature.ts'

const LONGEST_LINE = 4096

/**
 * `aws-chunked` content ("Signature calculations for transferring payload in multiple chunks" and "including trailing
 * headers", Amazon S3 API Reference): `SIZE[;chunk-signature=S]CRLF bytes CRLF`, an empty chunk, then trailers. Each chunk's
 * signature covers the one before, so none can be left out or moved; bytes flow on before their signature is known, and a
 * bad one throws before the end, when nothing is kept yet. Trailers are put into `trailers`.
 */
export async function* readChunks(
  incoming: AsyncIterable<Uint8Array>,
  verified: Verified,
  trailers: Record<string, string>,
): AsyncGenerator<Uint8Array> {
  const signed = verified.payloadHash.startsWith('STREAMING-AWS4-HMAC-SHA256-PAYLOAD')
  const known = signed || verified.payloadHash === 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'
  if (!known) throw new S3Error('NotImplemented', `x-amz-content-sha256: ${verified.payloadHash}`)
  const reader = new ByteReader(incoming)
  let previous = verified.signature
  for (;;) {
    const { size, signature } = parseChunkHead(await reader.line())
    const hash = createHash('sha256')
    for (let left = size; left > 0; ) {
      const bytes = await reader.some(left)
      hash.update(bytes)
      left -= bytes.length
      yield bytes
    }
    if (signed) {
      const text = [
        'AWS4-HMAC-SHA256-PAYLOAD',
        verified.longDate,
        verified.scope,
        previous,
        sha256(''),
        hash.digest('hex'),
      ]
      if (!sameText(hmac(verified.key, text.join('\n')), signature)) throw mismatch('A chunk')
      previous = signature
    }
    if (size === 0) break
    if ((await reader.line()) !== '') throw broken('a chunk does not end where it says')
  }
  await readTrailers(reader, signed, previous, verified, trailers)
}

async function readTrailers(
  reader: ByteReader,
  signed: boolean,
  previous: string,
  verified: Verified,
  trailers: Record<string, string>,
): Promise<void> {
  let signature: string | undefined
  let covered = ''
  for (let line = await reader.line(); line !== ''; line = await reader.line()) {
    const colon = line.indexOf(':')
    if (colon < 1) throw broken('a trailer is malformed')
    const [name, value] = [line.slice(0, colon), line.slice(colon + 1).trim()]
    if (name.toLowerCase() === 'x-amz-trailer-signature') signature = value
    else {
      trailers[name.toLowerCase()] = value
      covered += `${name.toLowerCase()}:${value}\n`
    }
  }
  if (!signed || covered === '') return
  const text = ['AWS4-HMAC-SHA256-TRAILER', verified.longDate, verified.scope, previous, sha256(covered)]
  if (!sameText(hmac(verified.key, text.join('\n')), signature ?? '')) throw mismatch('The trailer')
}

function parseChunkHead(line: string): { readonly size: number; readonly signature: string } {
  const match = /^([0-9a-fA-F]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line)
  if (match === null) throw broken('a chunk has no size')
  return { size: Number.parseInt(match[1] ?? '', 16), signature: match[2] ?? '' }
}

/** Lines and runs of bytes from a stream of pieces of any size. */
class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>
  #rest: Buffer = Buffer.alloc(0)

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  /** Without its CRLF. */
  async line(): Promise<string> {
    for (;;) {
      const end = this.#rest.indexOf('\r\n')
      if (end >= 0) {
        const text = this.#rest.toString('latin1', 0, end)
        this.#rest = this.#rest.subarray(end + 2)
        return text
      }
      if (this.#rest.length > LONGEST_LINE) throw broken('a line is too long')
      if (!(await this.#more())) throw broken('the body ends too early')
    }
  }

  /** At least one byte and at most `limit`. */
  async some(limit: number): Promise<Uint8Array> {
    if (this.#rest.length === 0 && !(await this.#more())) throw broken('the body ends too early')
    const bytes = this.#rest.subarray(0, limit)
    this.#rest = this.#rest.subarray(bytes.length)
    return bytes
  }

  async #more(): Promise<boolean> {
    const next = await this.#source.next()
    if (next.done) return false
    this.#rest = this.#rest.length === 0 ? Buffer.from(next.value) : Buffer.concat([this.#rest, next.value])
    return next.value.length > 0 || (await this.#more())
  }
}

function broken(why: string): S3Error {
  return new S3Error('IncompleteBody', `The aws-chunked body is broken: ${why}`)
}

function mismatch(what: string): S3Error {
  return new S3Error('SignatureDoesNotMatch', `${what} does not match its signature.`)
}
