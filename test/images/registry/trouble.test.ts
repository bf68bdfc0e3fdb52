import { expect, test } from 'vitest'
import { pauseBefore, retryAfter } from '../../../src/images/registry/backoff.ts'
import { parseDocument } from '../../../src/images/registry/document.ts'
import type { Fault } from '../../world/registry/faults.ts'
import { strike } from '../../world/registry/faults.ts'
import { putImage } from '../../world/registry/images.ts'
import { startFakeRegistry } from '../../world/registry/server.ts'
import { client, errorOf } from './client.ts'

const always = (fault: Fault) => () => fault

test.each([
  [
    { kind: 'status', status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } },
    'user',
    /lets us not in/,
    /docker login/,
  ],
  [{ kind: 'status', status: 403, code: 'DENIED' }, 'user', /answers 403 to manifest/, /give the role/],
  [
    { kind: 'status', status: 429, headers: { 'retry-after': '1' } },
    'service',
    /answers 429.*asks to wait 1/,
    /wait, or log in/,
  ],
  [{ kind: 'status', status: 500 }, 'service', /answers 500/, /status page/],
  [{ kind: 'status', status: 502 }, 'service', /answers 502/, /run it again/],
  [{ kind: 'status', status: 418 }, 'service', /answers 418/, /says why/],
  [{ kind: 'hang' }, 'service', /no answer in time/, /can be reached/],
  [{ kind: 'truncate', after: 10 }, 'service', /manifest app v1: /, /can be reached/],
  [{ kind: 'truncate', after: 10, hang: true }, 'service', /nothing more came for 200 ms/, /can be reached/],
] satisfies [Fault, string, RegExp, RegExp][])(
  '%j is an error of the %s',
  async (fault, whose, what, remedy) => {
    // Of a manifest: first asked for by HEAD, which has no body to cut.
    await using server = await startFakeRegistry({ faults: always(fault), terse: true })
    await using registry = client({ timeouts: { connect: 500, headers: 200, idle: 200, commit: 500 } })
    putImage(server.store, 'app', { tag: 'v1' })
    const error = await errorOf(registry.head(`${server.host}/app:v1`))
    expect(error).toMatchObject({ outcome: 'external', whose })
    expect(error.message).toMatch(what)
    expect(error.message).toContain(server.host)
    expect((error as { remedy?: string }).remedy).toMatch(remedy)
  },
)

test('what the registry says of a refusal stands in the error', async () => {
  await using server = await startFakeRegistry({
    faults: ({ method }) => (method === 'PUT' ? { kind: 'status', status: 403, code: 'DENIED' } : undefined),
  })
  await using registry = client()
  const { digest } = putImage(server.store, 'app')
  const error = await errorOf(registry.tag(`${server.host}/app@${digest}`, 'f-1'))
  expect(error.message).toMatch(/answers 403 to putting manifest app f-1 \(DENIED: a fault\)/)
})

test('nobody listening is an error of the service', async () => {
  let host = ''
  {
    await using server = await startFakeRegistry()
    host = server.host
  }
  await using registry = client()
  const error = await errorOf(registry.head(`${host}/app:v1`))
  expect(error).toMatchObject({ outcome: 'external', whose: 'service' })
  expect(error.message).toContain('ECONNREFUSED')
})

test('what is not there is undefined, not an error', async () => {
  await using server = await startFakeRegistry()
  await using registry = client()
  const { digest } = putImage(server.store, 'app')
  expect(await registry.head(`${server.host}/app:v1`)).toBeUndefined()
  expect(await registry.head(`${server.host}/nothing:v1`)).toBeUndefined()
  expect(await registry.read(`${server.host}/other@${digest}`)).toBeUndefined()
})

test('a repository that the foundation should have made is an error that says so', async () => {
  await using server = await startFakeRegistry({ mustExist: true })
  await using registry = client({ foundation: [server.host] })
  const error = await errorOf(registry.head(`${server.host}/shop/api:v1`))
  expect(error).toMatchObject({ outcome: 'usage', whose: 'user' })
  expect(error.message).toContain(
    `${server.host} has no repository shop/api (repositories belong to the stack "foundation")`,
  )
  expect((error as { remedy?: string }).remedy).toContain('sluice apply')
  await using from = await startFakeRegistry()
  const { digest } = putImage(from.store, 'up')
  const copying = await errorOf(registry.copy(`${from.host}/up@${digest}`, `${server.host}/shop/api`))
  expect(copying.message).toContain('has no repository shop/api')
})

test('a registry that comes back is waited for, as long as it asks', async () => {
  await using server = await startFakeRegistry({
    faults: strike('HEAD', /manifests/, { kind: 'status', status: 429, headers: { 'retry-after': '7' } }, 2),
  })
  await using registry = client()
  const { digest } = putImage(server.store, 'app', { tag: 'v1' })
  expect((await registry.head(`${server.host}/app:v1`))?.digest).toBe(digest)
  const { slept } = registry.runtime.clock
  expect(slept).toHaveLength(2)
  for (const pause of slept) expect(pause).toBeGreaterThanOrEqual(7000)
})

test('a tag that names another digest stays, and one that names this is fine, at registries of both kinds', async () => {
  for (const immutable of [true, false]) {
    await using server = await startFakeRegistry({ immutable })
    await using registry = client()
    const one = putImage(server.store, 'app', { seed: 'one' })
    const two = putImage(server.store, 'app', { seed: 'two' })
    expect(await registry.tag(`${server.host}/app@${one.digest}`, 'f-1')).toBe('tagged')
    expect(await registry.tag(`${server.host}/app@${one.digest}`, 'f-1')).toBe('tagged')
    expect(await registry.tag(`${server.host}/app@${two.digest}`, 'f-1')).toBe('conflict')
    expect(server.store.make('app').tags.get('f-1')).toBe(one.digest)
  }
})

test('a tag whose first answer was lost is fine at a registry whose tags may not move', async () => {
  await using server = await startFakeRegistry({
    immutable: true,
    faults: strike('PUT', /manifests\/f-1/, { kind: 'lost' }),
  })
  await using registry = client()
  const { digest } = putImage(server.store, 'app')
  expect(await registry.tag(`${server.host}/app@${digest}`, 'f-1')).toBe('tagged')
})

test('a reference that must be a digest is refused without one, and so is a tag that is none', async () => {
  await using registry = client()
  const digest = `sha256:${'a'.repeat(64)}` as const
  expect((await errorOf(registry.read('ghcr.io/a/b:v1'))).message).toContain('names no digest')
  expect((await errorOf(registry.tag(`ghcr.io/a/b@${digest}`, 'a/b'))).message).toContain('a/b is no tag')
})

test('pauses are random up to a limit that doubles, never less than asked, and end', () => {
  const at = (byte: number) => ({ bytes: () => Uint8Array.from([byte, byte]) })
  expect(pauseBefore(1, undefined, at(0))).toBe(0)
  expect(pauseBefore(1, undefined, at(255))).toBe(500)
  expect(pauseBefore(3, undefined, at(255))).toBe(2000)
  expect(pauseBefore(5, 3000, at(0))).toBe(3000)
  expect(pauseBefore(6, undefined, at(0))).toBe('give-up')
  expect(pauseBefore(1, 121_000, at(0))).toBe('give-up')
})

test('Retry-After is seconds or a date', () => {
  const now = Date.UTC(2026, 0, 1)
  expect(retryAfter('3', now)).toBe(3000)
  expect(retryAfter(new Date(now + 5000).toUTCString(), now)).toBe(5000)
  expect(retryAfter(new Date(now - 5000).toUTCString(), now)).toBe(0)
  expect(retryAfter('soon', now)).toBeUndefined()
  expect(retryAfter(undefined, now)).toBeUndefined()
})

test.each([
  ['no JSON', '{', 'no JSON'],
  ['index and manifest at once (CVE-2021-41190)', '{"manifests":[],"layers":[]}', 'at once'],
  [
    'the form of 2015',
    '{"mediaType":"application/vnd.docker.distribution.manifest.v1+json"}',
    'no image of today',
  ],
  ['null', 'null', 'no image of today'],
  ['a size below zero', '{"manifests":[{"mediaType":"x","digest":"sha256:aa","size":-1}]}', 'manifests.0'],
])('a manifest that is %s is refused', (_, text, said) => {
  const index = 'application/vnd.oci.image.index.v1+json'
  const header = text.includes('mediaType":"app') || text === 'null' ? '' : index
  expect(() => parseDocument(Buffer.from(text), header)).toThrow(said)
})
