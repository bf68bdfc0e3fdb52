import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatReference, originOf, parseReference } from '../../../src/images/registry/reference.ts'

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}` as const

test.each([
  ['postgres', 'docker.io/library/postgres'],
  ['postgres:16', 'docker.io/library/postgres:16'],
  ['grafana/grafana', 'docker.io/grafana/grafana'],
  ['index.docker.io/library/redis', 'docker.io/library/redis'],
  ['docker.io/redis', 'docker.io/library/redis'],
  ['ghcr.io/mlflow/mlflow:v3.4.0', 'ghcr.io/mlflow/mlflow:v3.4.0'],
  ['localhost/app', 'localhost/app'],
  ['localhost:5000/app:1', 'localhost:5000/app:1'],
  ['127.0.0.1:5000/a/b/c', '127.0.0.1:5000/a/b/c'],
  ['[::1]:5000/app', '[::1]:5000/app'],
  [`app@${DIGEST}`, `docker.io/library/app@${DIGEST}`],
  [`ghcr.io/a/b:v1@${DIGEST}`, `ghcr.io/a/b@${DIGEST}`],
  [
    '123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/prod/api:f-1',
    '123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/prod/api:f-1',
  ],
  ['a__b/c-d.e---f', 'docker.io/a__b/c-d.e---f'],
])('%s is %s', (text, whole) => {
  expect(formatReference(parseReference(text))).toBe(whole)
})

test.each([
  '',
  ':tag',
  'App',
  'ghcr.io/',
  'ghcr.io/a//b',
  'a:',
  'a:-tag',
  `a:${'t'.repeat(129)}`,
  'a@sha256:12',
  'a@md5:0123',
  'a b',
  '../etc/passwd',
  'ghcr.io/a/../b',
  'ghcr.io/a?x=1',
  'ghcr.io/a#b',
  'user@ghcr.io/a',
  'http://ghcr.io/a',
  'ghcr.io:port/a',
  '-host.io/a',
  `ghcr.io/${'a'.repeat(250)}`,
  'a\nb',
])('%j is refused with its rule', (text) => {
  expect(() => parseReference(text)).toThrow(
    expect.objectContaining({
      outcome: 'usage',
      whose: 'user',
      remedy: expect.stringContaining('host/repository'),
    }),
  )
})

test('PROPERTY whatever is taken is written the same again, and never leaves its host', () => {
  const part = fc.stringMatching(/^[a-z0-9._:@/%?#A-Z[\]-]{1,40}$/)
  fc.assert(
    fc.property(part, (text) => {
      let reference: ReturnType<typeof parseReference>
      try {
        reference = parseReference(text)
      } catch {
        return
      }
      const { tag: _, ...withoutTag } = parseReference(formatReference(reference))
      const { tag: __, ...expected } = reference
      expect(withoutTag).toEqual(expected)
      const url = new URL(`/v2/${reference.repository}/manifests/x`, originOf(reference.host))
      expect(url.pathname).toBe(`/v2/${reference.repository}/manifests/x`)
      expect(url.origin).toBe(new URL(originOf(reference.host)).origin)
    }),
    { numRuns: 2000 },
  )
})

test('only this machine is spoken to in the clear', () => {
  expect(originOf('127.0.0.1:5000')).toBe('http://127.0.0.1:5000')
  expect(originOf('localhost:5000')).toBe('http://localhost:5000')
  expect(originOf('[::1]:5000')).toBe('http://[::1]:5000')
  expect(originOf('docker.io')).toBe('https://registry-1.docker.io')
  expect(originOf('localhost.example')).toBe('https://localhost.example')
  expect(originOf('127.0.0.1.example')).toBe('https://127.0.0.1.example')
  expect(originOf('10.0.0.1:5000')).toBe('https://10.0.0.1:5000')
})
