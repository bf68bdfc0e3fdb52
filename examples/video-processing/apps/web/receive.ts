import { createWriteStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** More bytes came than may come. */
export class TooLarge extends Error {}

/** What Content-Length promises; undefined where the client does not say. */
export function announcedBytes(header: string | undefined): number | undefined {
  const bytes = Number(header)
  return header === undefined || !Number.isSafeInteger(bytes) ? undefined : bytes
}

/**
 * Writes a body to a file as it comes, never more of it than `largest` bytes. Resolves to their number.
 *
 * @throws TooLarge as soon as there is one byte more
 */
export async function receive(body: Readable, path: string, largest: number): Promise<number> {
  let bytes = 0
  async function* counted(): AsyncGenerator<Buffer> {
    // The body of a request is its connection too, which has yet to carry the refusal.
    for await (const chunk of body.iterator({ destroyOnReturn: false })) {
      bytes += (chunk as Buffer).length
      if (bytes > largest) throw new TooLarge(`more than ${largest} bytes`)
      yield chunk as Buffer
    }
  }
  await pipeline(counted, createWriteStream(path))
  return bytes
}
