import { expect, test } from 'vitest'
import { Secret } from '../../../src/domain/secret.ts'
import { type CredentialSource, firstOf, IDENTITY_TOKEN } from '../../../src/images/registry/credentials.ts'
import type { FaultPlan } from '../../world/registry/faults.ts'
import { strike } from '../../world/registry/faults.ts'
import { putImage } from '../../world/registry/images.ts'
import { startFakeRegistry } from '../../world/registry/server.ts'
import { client, errorOf } from './client.ts'

const users = { ada: 'correct-horse' }
const ada: CredentialSource = { of: async () => ({ username: 'ada', password: new Secret('correct-horse') }) }
/** One clock for registry and client; the client's is the one that moves. */
function bearer(life: number, clock: { now(): number }, anonymous = false) {
  return { kind: 'bearer' as const, users, life, now: () => clock.now(), anonymous }
}

test('Basic is given where it is asked for, and nowhere before', async () => {
  await using server = await startFakeRegistry({ access: { kind: 'basic', users } })
  await using registry = client({ credentials: ada })
  const { digest } = putImage(server.store, 'app', { tag: 'v1' })
  expect((await registry.head(`${server.host}/app:v1`))?.digest).toBe(digest)
  await registry.head(`${server.host}/app:v1`)
  expect(server.asked).toHaveLength(3)
})

test('a token is got for just the scopes of a request, and used again', async () => {
  await using registry = client({ credentials: ada })
  await using server = await startFakeRegistry({ access: bearer(300, registry.runtime.clock) })
  const { digest } = putImage(server.store, 'app', { tag: 'v1' })
  await registry.read(`${server.host}/app@${digest}`)
  expect(server.gate.logins).toEqual([{ user: 'ada', scopes: ['repository:app:pull'] }])
  expect(await registry.tag(`${server.host}/app@${digest}`, 'v2')).toBe('tagged')
  expect(server.gate.logins.at(-1)?.scopes).toEqual(['repository:app:pull,push'])
})

test('a public image needs no login', async () => {
  await using registry = client()
  await using server = await startFakeRegistry({ access: bearer(300, registry.runtime.clock, true) })
  putImage(server.store, 'app', { tag: 'v1' })
  expect(await registry.head(`${server.host}/app:v1`)).toBeDefined()
  expect(server.gate.logins).toEqual([{ user: '', scopes: ['repository:app:pull'] }])
})

test('an identity token is exchanged for an access token', async () => {
  const token: CredentialSource = {
    of: async () => ({ username: IDENTITY_TOKEN, password: new Secret('correct-horse') }),
  }
  await using registry = client({ credentials: token })
  await using server = await startFakeRegistry({ access: bearer(300, registry.runtime.clock) })
  putImage(server.store, 'app', { tag: 'v1' })
  expect(await registry.head(`${server.host}/app:v1`)).toBeDefined()
  expect(server.asked).toContain('POST /token')
})

test('a mount asks for both repositories', async () => {
  await using registry = client({ credentials: ada })
  await using server = await startFakeRegistry({ access: bearer(300, registry.runtime.clock) })
  const { digest } = putImage(server.store, 'up/app')
  expect(await registry.copy(`${server.host}/up/app@${digest}`, `${server.host}/shop/app`)).toMatchObject({
    mounted: 3,
  })
  expect(server.gate.logins.map(({ scopes }) => scopes)).toContainEqual([
    'repository:shop/app:pull,push',
    'repository:up/app:pull',
  ])
})

test('a token that ends in the middle of a push is renewed, and the push goes on', async () => {
  await using from = await startFakeRegistry()
  await using registry = client({ credentials: ada })
  const ends: FaultPlan = strike(
    'PATCH',
    /uploads/,
    { kind: 'meanwhile', happens: () => to.gate.tokens.clear() },
    2,
  )
  await using to = await startFakeRegistry({ access: bearer(300, registry.runtime.clock), faults: ends })
  const { digest } = putImage(from.store, 'up/app', { layers: [2_500_000, 2_000_000] })
  await registry.copy(`${from.host}/up/app@${digest}`, `${to.host}/app`)
  expect(to.store.make('app').blobs).toEqual(from.store.make('up/app').blobs)
  expect(to.gate.logins.length).toBeGreaterThan(2)
})

test('a token is renewed before it ends, without a refusal', async () => {
  await using registry = client({ credentials: ada })
  await using server = await startFakeRegistry({ access: bearer(100, registry.runtime.clock) })
  putImage(server.store, 'app', { tag: 'v1' })
  await registry.head(`${server.host}/app:v1`)
  registry.runtime.clock.advance(90_000)
  server.asked.length = 0
  await registry.head(`${server.host}/app:v1`)
  expect(server.asked).toEqual(['GET /token', 'HEAD /v2/app/manifests/v1'])
})

test('a password that ended is asked for again, and the new one is used', async () => {
  let asked = 0
  const rotating: CredentialSource = {
    of: async () => ({ username: 'ada', password: new Secret(asked++ === 0 ? 'over' : 'correct-horse') }),
  }
  await using registry = client({ credentials: rotating })
  await using server = await startFakeRegistry({ access: { kind: 'basic', users } })
  putImage(server.store, 'app', { tag: 'v1' })
  expect(await registry.head(`${server.host}/app:v1`)).toBeDefined()
  expect(asked).toBe(2)
})

test('credentials that say when they end are asked for again in time', async () => {
  let asked = 0
  await using server = await startFakeRegistry({ access: { kind: 'basic', users } })
  await using registry = client({
    credentials: {
      of: async () => {
        asked++
        const expiresAt = registry.runtime.clock.now() + 60_000
        return { username: 'ada', password: new Secret('correct-horse'), expiresAt }
      },
    },
  })
  putImage(server.store, 'app', { tag: 'v1' })
  await registry.head(`${server.host}/app:v1`)
  await registry.head(`${server.host}/app:v1`)
  expect(asked).toBe(1)
  registry.runtime.clock.advance(50_000)
  await registry.head(`${server.host}/app:v1`)
  expect(asked).toBe(2)
})

test('a wrong password, and none at all, say how to log in', async () => {
  const wrong: CredentialSource = { of: async () => ({ username: 'ada', password: new Secret('guess') }) }
  for (const kind of ['basic', 'bearer'] as const) {
    for (const credentials of [wrong, undefined]) {
      await using registry = client(credentials === undefined ? {} : { credentials })
      const access = kind === 'basic' ? { kind, users } : bearer(300, registry.runtime.clock)
      await using server = await startFakeRegistry({ access })
      const error = await errorOf(registry.head(`${server.host}/app:v1`))
      expect(error).toMatchObject({ outcome: 'external', whose: 'user' })
      expect((error as { remedy?: string }).remedy).toContain(`docker login ${server.host}`)
      expect(error.message).not.toContain('guess')
    }
  }
})

test('R5 passwords and tokens are masked, and stand in no error and no event in the clear', async () => {
  await using registry = client({ credentials: ada })
  await using server = await startFakeRegistry({
    access: bearer(300, registry.runtime.clock),
    faults: ({ method }) => (method === 'GET' ? undefined : { kind: 'status', status: 403, code: 'DENIED' }),
  })
  const { digest } = putImage(server.store, 'app')
  const error = await errorOf(registry.tag(`${server.host}/app@${digest}`, 'v2'))
  const { events } = registry.runtime
  const token = [...server.gate.tokens.keys()][0] ?? ''
  expect(events).toContainEqual({ kind: 'mask', value: 'correct-horse' })
  expect(events).toContainEqual({ kind: 'mask', value: token })
  const shown = JSON.stringify([events.filter(({ kind }) => kind !== 'mask'), error.message, error.stack])
  expect(shown).not.toContain('correct-horse')
  expect(shown).not.toContain(token)
})

test('R5 a password goes to no other host: not with a redirect, not to an upload elsewhere', async () => {
  await using elsewhere = await startFakeRegistry()
  const { digest, config } = putImage(elsewhere.store, 'app', { tag: 'v1' })
  await using server = await startFakeRegistry({ access: { kind: 'basic', users } })
  const seen: (string | undefined)[] = []
  const location = (path: string) => `http://${elsewhere.host}${path}`
  server.faults = ({ path }) =>
    path.includes(config.digest)
      ? { kind: 'status', status: 307, headers: { location: location(path) } }
      : undefined
  elsewhere.onRequest = ({ headers }) => seen.push(headers.authorization)
  putImage(server.store, 'app', { tag: 'v1' })
  await using registry = client({ credentials: ada })
  expect(await registry.read(`${server.host}/app@${digest}`)).toBeDefined()
  expect(seen).toEqual([undefined])
})

test.each([
  ['realm in the clear', 'Bearer realm="http://auth.example/token"', 'a login goes over HTTPS'],
  ['no realm', 'Bearer service="x"', 'without a way to log in'],
  ['nonsense', 'Bearer realm="::::"', 'to log in'],
])('a challenge with %s is refused', async (_, challenge, said) => {
  await using server = await startFakeRegistry({
    faults: () => ({ kind: 'status', status: 401, headers: { 'www-authenticate': challenge } }),
  })
  await using registry = client({ credentials: ada })
  const error = await errorOf(registry.head(`${server.host}/app:v1`))
  expect(error.message).toContain(said)
})

test.each([
  ['answers 503', 503, 'answers 503'],
  ['answers 429', 429, 'answers 429'],
])('a login server that %s for good is named', async (_, status, said) => {
  await using registry = client({ credentials: ada })
  await using server = await startFakeRegistry({
    access: bearer(300, registry.runtime.clock),
    faults: ({ path }) => (path === '/token' ? { kind: 'status', status } : undefined),
  })
  const error = await errorOf(registry.head(`${server.host}/app:v1`))
  expect(error).toMatchObject({ whose: 'service' })
  expect(error.message).toContain(said)
  expect(error.message).toContain('the login of registry')
})

test('the first source that knows a host is asked', async () => {
  const none: CredentialSource = { of: async () => undefined }
  expect((await firstOf(none, ada).of('ghcr.io'))?.username).toBe('ada')
  expect(await firstOf(none).of('ghcr.io')).toBeUndefined()
})
