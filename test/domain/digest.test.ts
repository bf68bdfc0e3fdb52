import { expect, test } from 'vitest'
import {
  digestOf,
  hexOf,
  imageReference,
  isDigest,
  parseImageReference,
  shortDigest,
} from '../../src/domain/digest.ts'

// FIPS 180-4, the digest of "abc".
const ABC = 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'

test('a digest is the sha256 of the bytes', () => {
  expect(digestOf('abc')).toBe(ABC)
  expect(hexOf(digestOf('abc'))).toBe(ABC.slice(7))
  expect(shortDigest(digestOf('abc'))).toBe('ba7816bf8f01')
})

test.each([
  '',
  'sha256:',
  ABC.toUpperCase(),
  ABC.slice(0, -1),
  `${ABC}0`,
  ` ${ABC}`,
  `${ABC}\n`,
  'md5:abc',
  7,
  null,
])('%j is no digest', (text) => {
  expect(isDigest(text)).toBe(false)
})

test('R27 an image reference is a repository and a digest, never a tag', () => {
  expect(parseImageReference(imageReference('localhost:5000/team/api', digestOf('abc')))).toEqual({
    repository: 'localhost:5000/team/api',
    digest: ABC,
  })
  expect(parseImageReference('team/api:latest')).toBeUndefined()
  expect(parseImageReference(`@${ABC}`)).toBeUndefined()
  expect(parseImageReference('team/api@sha256:123')).toBeUndefined()
})
