import { Readable } from 'node:stream'

/** The bytes that pass are counted: S3 does not say how large a streamed object became. */
export function counted(body: Uint8Array | Readable): {
  readonly source: Uint8Array | Readable
  readonly size: () => number
} {
  if (body instanceof Uint8Array) return { source: body, size: () => body.length }
  let size = 0
  async function* count(): AsyncGenerator<Uint8Array> {
    for await (const chunk of body as AsyncIterable<Uint8Array | string>) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
      size += bytes.length
      yield bytes
    }
  }
  return { source: Readable.from(count(), { objectMode: false }), size: () => size }
}

/** The body as it comes; one that breaks off, or ends before `size` bytes, fails in our words. */
export function checkedBody(body: Readable, size: number, failed: (error: unknown) => Error): Readable {
  async function* check(): AsyncGenerator<Uint8Array> {
    let seen = 0
    try {
      for await (const chunk of body as AsyncIterable<Uint8Array>) {
        seen += chunk.length
        yield chunk
      }
    } catch (error) {
      throw failed(error)
    }
    if (seen !== size) throw failed(new Error(`the answer ends after ${seen} of ${size} bytes`))
  }
  // An error before anybody reads, or after, is nobody's: it must not end the process.
  body.on('error', () => {})
  const checked = Readable.from(check(), { objectMode: false })
  // Whoever does not read to the end, or at all, lets the connection go.
  checked.once('close', () => body.destroy())
  return checked
}
