import { expect, test } from 'vitest'
import { isName, variableStem } from '../../src/domain/name.ts'
import { nearestName } from '../../src/domain/nearest.ts'

const KEYS = ['port', 'health', 'image', 'scale', 'connects']

test.each([
  ['prot', 'port'],
  ['heath', 'health'],
  ['Image', 'image'],
  ['conects', 'connects'],
  ['scal', 'scale'],
])('%s is nearest to %s', (typed, known) => {
  expect(nearestName(typed, KEYS)).toBe(known)
})

test('a word that resembles nothing has no nearest name', () => {
  expect(nearestName('replicas', KEYS)).toBeUndefined()
  expect(nearestName('', KEYS)).toBeUndefined()
})

test.each(['api', 'query-api', '0-raw', 'a.b_c', 'a'.repeat(63)])('R2 %s is a name', (text) => {
  expect(isName(text)).toBe(true)
})

test.each(['', '-x', '.hidden', 'a..b', 'API', 'a b', 'a/b', 'a\n', 'ä', '$(x)', 'a'.repeat(64)])(
  'R2 %j is no name',
  (text) => {
    expect(isName(text)).toBe(false)
  },
)

test('a name becomes the stem of its variables', () => {
  expect(variableStem('query-api.v2')).toBe('QUERY_API_V2')
})
