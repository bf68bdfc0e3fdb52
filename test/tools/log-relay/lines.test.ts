import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LineSplitter } from '../../../src/tools/log-relay/lines.ts'

function split(text: string, sizes: readonly number[], limit?: number): string[] {
  const bytes = Buffer.from(text)
  const splitter = new LineSplitter(limit)
  const lines: string[] = []
  let at = 0
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes[i % Math.max(1, sizes.length)] ?? bytes.length
    lines.push(...splitter.push(bytes.subarray(at, at + size)))
    at += size
  }
  return [...lines, ...splitter.end()]
}

const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 5 })

test('the lines are the same wherever the chunks end, inside characters too', () => {
  const line = fc.string({ unit: 'binary' }).map((text) => text.replace(/[\r\n]/g, '·'))
  fc.assert(
    fc.property(fc.array(line), sizes, (lines, cuts) => {
      expect(split(lines.map((one) => `${one}\n`).join(''), cuts)).toEqual(
        lines.map((one) => Buffer.from(one).toString('utf8')),
      )
    }),
  )
})

test('a last line needs no newline, CR LF ends a line, a bare CR stays', () => {
  expect(split('a\r\n10%\r20%\nlast', [])).toEqual(['a', '10%\r20%', 'last'])
})

test('a line beyond the limit is cut, and nothing of it is lost', () => {
  fc.assert(
    fc.property(fc.nat(200), sizes, (length, cuts) => {
      const pieces = split('x'.repeat(length), cuts, 16)
      expect(pieces.join('')).toBe('x'.repeat(length))
      expect(pieces.every((piece) => piece.length <= 16)).toBe(true)
    }),
  )
})

test('blocks of whole lines are the lines, wherever the chunks end', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('a', 'bc', '\n', '\n\n', 'ü', '\r\n')),
      fc.array(fc.nat(9)),
      (words, sizes) => {
        const bytes = Buffer.from(words.join(''))
        const [one, other] = [new LineSplitter(), new LineSplitter()]
        const lines = [...one.push(bytes), ...one.end()]
        const blocks: string[] = []
        let at = 0
        for (const size of [...sizes, bytes.length]) {
          const text = other.block(bytes.subarray(at, at + size))
          if (text !== undefined) blocks.push(...text.split('\n'))
          at = Math.min(bytes.length, at + size)
        }
        expect([...blocks, ...other.end()].map((line) => line.replace(/\r$/, ''))).toEqual(lines)
      },
    ),
  )
})
