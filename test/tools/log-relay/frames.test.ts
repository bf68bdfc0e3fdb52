import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FrameReader, frameHeader } from '../../../src/tools/log-relay/frames.ts'

const frame = fc.record({
  at: fc.nat(),
  stream: fc.constantFrom('stdout' as const, 'stderr' as const),
  bytes: fc.uint8Array({ maxLength: 40 }),
})

test('frames come back whole and in order, wherever the pieces of the file end', () => {
  fc.assert(
    fc.property(fc.array(frame), fc.integer({ min: 1, max: 50 }), (frames, size) => {
      const file = Buffer.concat(
        frames.flatMap(({ at, stream, bytes }) => [
          Buffer.from(frameHeader(at, stream, bytes.length)),
          Buffer.from(bytes),
        ]),
      )
      const reader = new FrameReader()
      const back = []
      for (let at = 0; at < file.length; at += size) back.push(...reader.push(file.subarray(at, at + size)))
      expect(back.map((one) => ({ ...one, bytes: new Uint8Array(one.bytes) }))).toEqual(frames)
    }),
  )
})

test('the end of a writer that was killed waits and is never shown half', () => {
  const reader = new FrameReader()
  expect(reader.push(Buffer.from('1 o 10\nhalf'))).toEqual([])
  expect(reader.push(Buffer.from('-whole')).map((one) => Buffer.from(one.bytes).toString())).toEqual([
    'half-whole',
  ])
})

test('a file that is no log is an error', () => {
  expect(() => new FrameReader().push(Buffer.from('hello\n'))).toThrow('a header is damaged')
  expect(() => new FrameReader().push(Buffer.alloc(64, 'x'))).toThrow('a header is missing')
})
