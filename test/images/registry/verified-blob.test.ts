import fc from 'fast-check'
import { expect, test } from 'vitest'
import { digestOf } from '../../../src/domain/digest.ts'
import { VerifiedBlob } from '../../../src/images/registry/verified-blob.ts'
import { bytesOf } from '../../world/registry/images.ts'

const SIZE = 1000
const GOOD = bytesOf('good', SIZE)
const blob = { mediaType: 'x', digest: digestOf(GOOD), size: SIZE }

/** Gives `bytes` in pieces of this length. */
function source(bytes: Uint8Array, piece: number) {
  return async function* (from: number, to: number) {
    for (let at = from; at < to; at += piece) yield bytes.subarray(at, Math.min(at + piece, to))
  }
}

async function read(verified: VerifiedBlob, from: number, to: number, sink: number[]): Promise<void> {
  for await (const piece of verified.read(from, to)) sink.push(...piece)
}

const part = fc.tuple(fc.nat(SIZE), fc.nat(SIZE)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const)
const pieceSize = fc.integer({ min: 1, max: 300 })

test('PROPERTY whatever parts are read, twice or with gaps, the bytes are right and the whole passes at the end', () =>
  fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 6 }), pieceSize, async (parts, piece) => {
      const verified = new VerifiedBlob(blob, source(GOOD, piece), 'test')
      for (const [from, to] of [...parts, [0, SIZE] as const]) {
        const sink: number[] = []
        await read(verified, from, to, sink)
        expect(sink).toEqual([...GOOD.subarray(from, to)])
      }
    }),
    { numRuns: 200 },
  ))

test('PROPERTY one wrong byte anywhere, and the end is never given', () =>
  fc.assert(
    fc.asyncProperty(fc.nat(SIZE - 1), fc.nat(SIZE - 1), pieceSize, async (at, cut, piece) => {
      const bad = Buffer.from(GOOD)
      bad[at] = (bad[at] ?? 0) ^ 64
      const verified = new VerifiedBlob(blob, source(bad, piece), 'test')
      const sink: number[] = []
      await read(verified, 0, cut, sink)
      await expect(read(verified, cut, SIZE, sink)).rejects.toThrow('has another digest')
      expect(sink.length).toBeLessThan(SIZE)
    }),
    { numRuns: 200 },
  ))

test('PROPERTY a source that changes between two readings is found out', () =>
  fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: SIZE - 1 }), pieceSize, async (cut, piece) => {
      let bytes: Uint8Array = bytesOf('other', SIZE)
      const verified = new VerifiedBlob(blob, (from, to) => source(bytes, piece)(from, to), 'test')
      await read(verified, 0, cut, [])
      bytes = GOOD
      await expect(read(verified, cut, SIZE, [])).rejects.toThrow('has another digest')
    }),
    { numRuns: 100 },
  ))

test.each([
  ['shorter', SIZE - 1],
  ['empty', 0],
])('a source that is %s is an error', async (_, length) => {
  const verified = new VerifiedBlob(blob, source(GOOD.subarray(0, length), 100), 'test')
  await expect(read(verified, 0, SIZE, [])).rejects.toThrow('bytes in place of 1000')
})

test('an empty blob is whole', async () => {
  const empty = new VerifiedBlob({ mediaType: 'x', digest: digestOf(''), size: 0 }, source(GOOD, 9), 'test')
  const sink: number[] = []
  await read(empty, 0, 0, sink)
  expect(sink).toEqual([])
})
