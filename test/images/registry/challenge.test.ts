import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseChallenge } from '../../../src/images/registry/challenge.ts'

test.each([
  ['Basic realm="Amazon"', { scheme: 'basic' }],
  ['basic', { scheme: 'basic' }],
  [
    'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/a:pull"',
    {
      scheme: 'bearer',
      realm: 'https://auth.docker.io/token',
      service: 'registry.docker.io',
      scopes: ['repository:library/a:pull'],
    },
  ],
  [
    'Bearer realm=https, service = "a \\"b\\""',
    { scheme: 'bearer', realm: 'https', service: 'a "b"', scopes: [] },
  ],
  [
    'bearer REALM="r",scope="a:b:pull,push c:d:pull"',
    { scheme: 'bearer', realm: 'r', scopes: ['a:b:pull,push', 'c:d:pull'] },
  ],
  ['Basic realm="x", Bearer realm="y"', { scheme: 'bearer', realm: 'y', scopes: [] }],
  ['Negotiate, Basic realm="x"', { scheme: 'basic' }],
  ['Bearer service="none"', undefined],
  ['Digest realm="x", nonce="y"', undefined],
  ['', undefined],
])('%s', (header, expected) => {
  expect(parseChallenge(header)).toEqual(expected)
})

test('PROPERTY no header breaks it, and what is quoted comes out as it was', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      parseChallenge(text)
      const quoted = text.replace(/[\\"]/g, '\\$&')
      expect(parseChallenge(`Bearer realm="${quoted}"`)).toMatchObject({ realm: text })
    }),
  )
})
