import { createHash } from 'node:crypto'
import type { Digest } from '../../domain/digest.ts'

export type Damage = (what: string, cause?: unknown) => Error

/**
 * The same bytes, held back by one piece, so that the last one is only given when size and digest are right: who
 * writes them as they come never completes a corrupted blob.
 */
export async function* verifiedBytes(
  source: AsyncIterable<Uint8Array>,
  expected: { readonly digest: Digest; readonly size?: number },
  damage: Damage,
): AsyncIterable<Uint8Array> {
  const hash = createHash('sha256')
  let size = 0
  let held: Uint8Array | undefined
  try {
    for await (const bytes of source) {
      if (held !== undefined) yield held
      held = bytes
      hash.update(bytes)
      size += bytes.length
      if (expected.size !== undefined && size > expected.size) break
    }
  } catch (cause) {
    throw damage(`blob ${expected.digest} cannot be read: ${(cause as Error).message}`, cause)
  }
  if (expected.size !== undefined && size !== expected.size) {
    throw damage(`blob ${expected.digest} is damaged: it has not the ${expected.size} bytes it should have`)
  }
  if (`sha256:${hash.digest('hex')}` !== expected.digest) {
    throw damage(`blob ${expected.digest} is damaged: its bytes have another digest`)
  }
  if (held !== undefined) yield held
}
