import { expect, test } from 'vitest'
import { parsePairs } from '../../src/domain/pairs.ts'

test('pairs are a record; a word of JavaScript is a name like any other, and only what is given twice is told so', () => {
  expect(parsePairs(['epochs=3', 'note=a=b', 'constructor='])).toEqual({
    epochs: '3',
    note: 'a=b',
    constructor: '',
  })
  expect(() => parsePairs(['epochs=3', 'epochs=4'])).toThrow('epochs is given twice')
  expect(() => parsePairs(['__proto__=1'])).toThrow('"__proto__" is not a name')
})
