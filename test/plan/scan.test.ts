import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ScanError, Scanner, type Wanted } from '../../src/plan/scan.ts'
import { chunksOf } from './document.ts'

/** Every part of a text, by key, as the scanner hands it out. */
function parts(text: string, wanted: (key: string) => Wanted, lengths: readonly number[] = [1 << 20]) {
  const found: [key: string, text: string][] = []
  const scanner = new Scanner({
    want: wanted,
    found: (key, bytes) => found.push([key, Buffer.from(bytes).toString('utf8').trim()]),
  })
  for (const chunk of chunksOf(text, lengths)) {
    const copy = Uint8Array.from(chunk)
    scanner.push(copy)
    copy.fill(0x2a) // a reader fills its buffer again
  }
  scanner.end()
  return found
}

describe('the scanner', () => {
  test('hands out what is wanted and passes over the rest, in chunks of any size', () => {
    const key = fc.string()
    fc.assert(
      fc.property(
        fc.dictionary(key, fc.jsonValue({ maxDepth: 4 }), { maxKeys: 5 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
        fc.constantFrom(undefined, 2),
        (object, lengths, indent) => {
          const text = JSON.stringify(object, undefined, indent)
          const keys = Object.keys(JSON.parse(text) as object)
          const all = parts(text, () => 'value', lengths)
          expect(all.map(([name, part]) => [name, JSON.parse(part)])).toEqual(
            keys.map((name) => [name, (JSON.parse(text) as Record<string, unknown>)[name]]),
          )
        },
      ),
    )
  })

  test('hands out the members of an array one by one', () => {
    const text = '{"skip":[{"a":[1]}],"list":[{"a":"}]"}, 7 ,"x",[],{},null],"none":[],"object":{"a":1}}'
    expect(parts(text, (key) => (key === 'skip' ? 'skip' : 'elements'), [3])).toEqual([
      ['list', '{"a":"}]"}'],
      ['list', '7'],
      ['list', '"x"'],
      ['list', '[]'],
      ['list', '{}'],
      ['list', 'null'],
      ['object', '"a":1'],
    ])
  })

  test.each([
    ['', 'it is empty'],
    ['{"a":[1,2', 'it is cut off after 9 bytes'],
    ['{"a":"b', 'it is cut off after 7 bytes'],
    ['Warning: {"a":1}', 'found text at byte 0'],
    ['[1]', 'found an array at byte 0'],
    ['{"a":1} done', 'found more text after the object at byte 8'],
    ['{"a":1}{"a":2}', 'found more text after the object at byte 7'],
    ['{"a":[1}}', 'found a bracket that nothing opened at byte 7'],
    ['}', 'found a bracket that nothing opened at byte 0'],
    ['{:1}', 'found a colon without a name at byte 1'],
    ['{"a":1:2}', 'found a colon without a name at byte 6'],
    [`{"a":${'['.repeat(1100)}`, 'found more than 1024 brackets in one another at byte 1028'],
  ])('refuses %j', (text, reason) => {
    for (const lengths of [[1], [1 << 20]]) {
      expect(() => parts(text, () => 'value', lengths)).toThrow(new ScanError(reason))
    }
  })
})
