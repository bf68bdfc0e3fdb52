import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson } from '../../src/domain/canonical.ts'

test('members are sorted and white space is gone', () => {
  expect(canonicalJson({ b: [1, { d: null, c: 'é' }], a: true })).toBe(
    '{"a":true,"b":[1,{"c":"é","d":null}]}',
  )
})

test('members that are undefined are left out, as JSON.stringify does', () => {
  expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}')
})

test('R42 equal values have equal bytes, whatever order their members were written in', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const reversed = Object.fromEntries(Object.entries(value).reverse())
      expect(canonicalJson(reversed)).toBe(canonicalJson(value))
      // -0 has no JSON form of its own.
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})

test.each([Number.NaN, Number.POSITIVE_INFINITY, () => 1, Symbol('x'), 1n])(
  'what JSON cannot say is refused (%s)',
  (value) => {
    expect(() => canonicalJson({ value })).toThrow(TypeError)
  },
)
