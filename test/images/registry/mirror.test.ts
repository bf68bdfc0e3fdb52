import { expect, test } from 'vitest'
import { SluiceError } from '../../../src/domain/error.ts'
import { strike } from '../../world/registry/faults.ts'
import { putImage, putIndex } from '../../world/registry/images.ts'
import { startFakeRegistry } from '../../world/registry/server.ts'
import { client, errorOf } from './client.ts'

test('an image is at the target under its own digest, with the bytes it had', async () => {
  await using from = await startFakeRegistry()
  await using to = await startFakeRegistry()
  await using registry = client()
  const { digest } = putImage(from.store, 'up/app', { tag: 'v1' })
  const copied = await registry.copy(`${from.host}/up/app:v1`, `${to.host}/shop/app`)
  expect(copied).toMatchObject({ digest, mounted: 0, present: 0 })
  const [source, target] = [from.store.make('up/app'), to.store.make('shop/app')]
  expect(target.manifests.get(digest)).toEqual(source.manifests.get(digest))
  expect(target.blobs).toEqual(source.blobs)
  expect(target.uploads.size).toBe(0)
})

test('R27 an index goes with every platform and its attestation manifests', async () => {
  await using from = await startFakeRegistry()
  await using to = await startFakeRegistry()
  await using registry = client()
  const index = putIndex(from.store, 'up/app', 'v1')
  await registry.copy(`${from.host}/up/app:v1`, `${to.host}/shop/app`)
  const target = to.store.make('shop/app')
  expect([...target.manifests.keys()].sort()).toEqual(
    [index.digest, index.amd64.digest, index.arm64.digest, index.attestation.digest].sort(),
  )
  expect(target.blobs).toEqual(from.store.make('up/app').blobs)
  expect(await registry.read(`${to.host}/shop/app@${index.digest}`)).toMatchObject({
    digest: index.digest,
    platforms: ['linux/amd64', 'linux/arm64/v8'],
    labels: { made: 'here' },
  })
})

test("Docker's own manifest list stays one, byte for byte", async () => {
  await using from = await startFakeRegistry()
  await using to = await startFakeRegistry()
  await using registry = client()
  const { digest, size, mediaType } = putImage(from.store, 'up/app')
  const list = 'application/vnd.docker.distribution.manifest.list.v2+json'
  const platform = { os: 'linux', architecture: 'amd64' }
  const made = from.store.manifest(
    'up/app',
    { schemaVersion: 2, manifests: [{ mediaType, digest, size, platform }] },
    list,
    'v1',
  )
  await registry.copy(`${from.host}/up/app:v1`, `${to.host}/app`)
  expect(to.store.make('app').manifests.get(made.digest)?.mediaType).toBe(list)
})

test('R27 a tag that moves between resolve and copy changes nothing: the digest that it had is copied', async () => {
  await using from = await startFakeRegistry()
  await using to = await startFakeRegistry()
  await using registry = client()
  const first = putImage(from.store, 'up/app', { seed: 'first', tag: 'v1' })
  from.faults = strike('GET', /manifests\/sha256/, {
    kind: 'meanwhile',
    happens: () => putImage(from.store, 'up/app', { seed: 'second', tag: 'v1' }),
  })
  const copied = await registry.copy(`${from.host}/up/app:v1`, `${to.host}/app`)
  expect(copied.digest).toBe(first.digest)
  expect([...to.store.make('app').manifests.keys()]).toEqual([first.digest])
  expect(from.asked.filter((one) => one.endsWith('/manifests/v1'))).toHaveLength(1)
  expect(from.store.make('up/app').tags.get('v1')).not.toBe(first.digest)
})

test('R27 a manifest that is deleted between resolve and copy is named, and nothing is pushed', async () => {
  await using from = await startFakeRegistry()
  await using to = await startFakeRegistry()
  await using registry = client()
  const { digest } = putImage(from.store, 'up/app', { tag: 'v1' })
  from.faults = strike('GET', /manifests\/sha256/, {
    kind: 'meanwhile',
    happens: () => from.store.make('up/app').manifests.delete(digest),
  })
  const error = await errorOf(registry.copy(`${from.host}/up/app:v1`, `${to.host}/app`))
  expect(error).toMatchObject({ outcome: 'external', whose: 'user' })
  expect(error.message).toContain(`registry ${from.host} has no manifest up/app ${digest}`)
  expect(to.store.make('app').blobs.size).toBe(0)
})

test('R27 a manifest of an index that is deleted stops the copy before the index is there', async () => {
  await using from = await startFakeRegistry()
  await using to = await startFakeRegistry()
  await using registry = client()
  const index = putIndex(from.store, 'up/app', 'v1')
  from.store.make('up/app').manifests.delete(index.arm64.digest)
  const error = await errorOf(registry.copy(`${from.host}/up/app:v1`, `${to.host}/app`))
  expect(error.message).toContain(index.arm64.digest)
  expect(to.store.make('app').manifests.size).toBe(0)
})

test('R27 an image of the wrong platform is refused, and those it has are named', async () => {
  await using from = await startFakeRegistry()
  await using registry = client()
  putIndex(from.store, 'up/app', 'v1')
  putImage(from.store, 'up/single', { architecture: 'arm64', tag: 'v1' })
  await registry.requirePlatforms(`${from.host}/up/app:v1`, ['linux/amd64', 'linux/arm64'])
  const many = await errorOf(registry.requirePlatforms(`${from.host}/up/app:v1`, ['linux/s390x']))
  expect(many).toMatchObject({ outcome: 'usage', whose: 'user' })
  expect(many.message).toContain('not made for linux/s390x (it is made for linux/amd64, linux/arm64/v8)')
  const one = await errorOf(registry.requirePlatforms(`${from.host}/up/single:v1`, ['linux/amd64']))
  expect(one.message).toContain('it is made for linux/arm64')
})

test('R27 a target that gives another digest back than was put there is found out', async () => {
  await using from = await startFakeRegistry()
  await using to = await startFakeRegistry()
  await using registry = client()
  const { digest } = putImage(from.store, 'up/app', { tag: 'v1' })
  // The first GET asks whether it is there at all.
  to.faults = ({ method, path }) =>
    method === 'GET' && path.includes('/manifests/') && to.store.make('app').manifests.has(digest)
      ? { kind: 'corrupt', at: 30 }
      : undefined
  const error = await errorOf(registry.copy(`${from.host}/up/app:v1`, `${to.host}/app`))
  expect(error).toBeInstanceOf(SluiceError)
  expect(error.message).toContain(`registry ${to.host}`)
  expect(error.message).toContain('bytes are taken only under their own digest')
})

test('R27 reading back with layers finds the one that is damaged; without them the manifests are held alone', async () => {
  await using server = await startFakeRegistry()
  await using registry = client()
  const { digest, layers } = putImage(server.store, 'app')
  const [, layer = { digest: '' }] = layers
  const reference = `${server.host}/app@${digest}`
  expect(await registry.read(reference, { layers: true })).toMatchObject({ digest })
  server.faults = strike('GET', new RegExp(layer.digest), { kind: 'corrupt', at: 100 }, 9)
  expect(await registry.read(reference)).toMatchObject({ digest })
  const error = await errorOf(registry.read(reference, { layers: true }))
  expect(error.message).toContain(`blob ${layer.digest} has another digest`)
})

test('R27 a config whose bytes are not those of its digest gives no labels', async () => {
  await using server = await startFakeRegistry()
  await using registry = client()
  const { digest, config } = putImage(server.store, 'app', { labels: { made: 'here' } })
  server.faults = strike('GET', new RegExp(config.digest), { kind: 'corrupt', at: 3 }, 9)
  const error = await errorOf(registry.read(`${server.host}/app@${digest}`))
  expect(error.message).toContain(`blob ${config.digest} has another digest`)
})

test('R27 a manifest whose bytes are not those of its digest is not taken from the source', async () => {
  await using from = await startFakeRegistry({
    faults: strike('GET', /manifests/, { kind: 'corrupt', at: 60 }, 9),
  })
  await using to = await startFakeRegistry()
  await using registry = client()
  const { digest } = putImage(from.store, 'up/app')
  const error = await errorOf(registry.copy(`${from.host}/up/app@${digest}`, `${to.host}/app`))
  expect(error.message).toContain(digest)
  expect(to.store.make('app').manifests.size).toBe(0)
})

test('a corrupted blob is refused before it completes, and the upload is given up', async () => {
  await using from = await startFakeRegistry()
  await using to = await startFakeRegistry()
  await using registry = client()
  const { digest, layers } = putImage(from.store, 'up/app', { layers: [3_000_000] })
  const [layer = { digest: '' }] = layers
  from.faults = strike('GET', new RegExp(`blobs/${layer.digest}`), { kind: 'corrupt', at: 17 }, 99)
  const error = await errorOf(registry.copy(`${from.host}/up/app@${digest}`, `${to.host}/app`))
  expect(error).toMatchObject({ outcome: 'external', whose: 'service' })
  expect(error.message).toContain(`blob ${layer.digest} has another digest`)
  const target = to.store.make('app')
  expect([...target.blobs.keys()]).not.toContain(layer.digest)
  expect(target.manifests.size).toBe(0)
  // The registry never had all of it: the last piece waits for the digest.
  expect(to.asked.filter((one) => one.startsWith('PUT') && one.includes('manifests'))).toEqual([])
  expect(to.received()).toBeLessThan(3_000_000)
})

test('a source that is cut in the middle of a blob goes on where it broke', async () => {
  await using from = await startFakeRegistry({
    faults: strike('GET', /blobs/, { kind: 'truncate', after: 100_000 }, 3),
  })
  await using to = await startFakeRegistry()
  await using registry = client()
  const { digest } = putImage(from.store, 'up/app', { layers: [2_000_000] })
  await registry.copy(`${from.host}/up/app@${digest}`, `${to.host}/app`)
  expect(to.store.make('app').blobs).toEqual(from.store.make('up/app').blobs)
})

test('a source without byte ranges is read again from the start, and the bytes count once', async () => {
  await using from = await startFakeRegistry({
    noRanges: true,
    faults: strike('GET', /blobs/, { kind: 'truncate', after: 100_000 }, 2),
  })
  await using to = await startFakeRegistry()
  await using registry = client()
  const { digest } = putImage(from.store, 'up/app', { layers: [1_000_000] })
  await registry.copy(`${from.host}/up/app@${digest}`, `${to.host}/app`)
  expect(to.store.make('app').blobs).toEqual(from.store.make('up/app').blobs)
})

test('a source that stops in the middle of a blob for good ends the copy with the byte where it stopped', async () => {
  await using from = await startFakeRegistry({
    faults: ({ path }) => (path.includes('/blobs/') ? { kind: 'truncate', after: 0, hang: true } : undefined),
  })
  await using to = await startFakeRegistry()
  await using registry = client({ timeouts: { connect: 1000, headers: 1000, idle: 150, commit: 2000 } })
  const { digest } = putImage(from.store, 'up/app', { layers: [2_000_000] })
  const error = await errorOf(registry.copy(`${from.host}/up/app@${digest}`, `${to.host}/app`))
  expect(error).toMatchObject({ outcome: 'external', whose: 'service' })
  expect(error.message).toMatch(/cut at byte 0 of \d+: nothing more came for 150 ms/)
})

test('what is there does not move, and an image that is there costs one HEAD', async () => {
  await using from = await startFakeRegistry()
  await using to = await startFakeRegistry()
  await using registry = client()
  const one = putImage(from.store, 'up/app', { seed: 'one', layers: [5000, 6000] })
  await registry.copy(`${from.host}/up/app@${one.digest}`, `${to.host}/app`)
  to.asked.length = 0
  from.asked.length = 0
  await registry.copy(`${from.host}/up/app@${one.digest}`, `${to.host}/app`)
  expect(to.asked).toEqual([`HEAD /v2/app/manifests/${one.digest}`])
  expect(from.asked).toEqual([])
  const layer = one.layers[0] ?? { digest: '', size: 0, mediaType: '' }
  const two = from.store.manifest(
    'up/app',
    { schemaVersion: 2, config: one.config, layers: [layer] },
    one.mediaType,
  )
  expect(await registry.copy(`${from.host}/up/app@${two.digest}`, `${to.host}/app`)).toMatchObject({
    moved: 0,
    present: 2,
  })
})

test('a registry that keeps its blobs elsewhere is asked no further whether it has one', async () => {
  await using from = await startFakeRegistry()
  await using to = await startFakeRegistry({
    faults: ({ method, path }) =>
      method === 'HEAD' && path.includes('/blobs/')
        ? { kind: 'status', status: 307, headers: { location: 'https://signed.example/only-for-get' } }
        : undefined,
  })
  await using registry = client()
  const { config, layers, digest } = putImage(from.store, 'up/app')
  for (const blob of [config, ...layers]) {
    to.store
      .make('app')
      .blobs.set(blob.digest, from.store.make('up/app').blobs.get(blob.digest) ?? Buffer.alloc(0))
  }
  expect(await registry.copy(`${from.host}/up/app@${digest}`, `${to.host}/app`)).toMatchObject({
    moved: 0,
    present: 3,
  })
})

test('within one registry blobs are mounted and nothing moves', async () => {
  await using registry = client()
  await using one = await startFakeRegistry()
  const { digest } = putImage(one.store, 'up/app')
  expect(await registry.copy(`${one.host}/up/app@${digest}`, `${one.host}/shop/app`)).toMatchObject({
    moved: 0,
    mounted: 3,
  })
  expect(one.store.make('shop/app').blobs).toEqual(one.store.make('up/app').blobs)
  expect(one.asked.some((asked) => asked.startsWith('GET /v2/up/app/blobs'))).toBe(false)
})

test('layers that stay at their publisher are not asked for', async () => {
  await using from = await startFakeRegistry()
  await using to = await startFakeRegistry()
  await using registry = client()
  const { config, layers, mediaType } = putImage(from.store, 'up/app')
  const foreign = {
    mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
    digest: `sha256:${'a'.repeat(64)}`,
    size: 99,
  }
  const made = from.store.manifest(
    'up/app',
    { schemaVersion: 2, config, layers: [foreign, ...layers] },
    mediaType,
  )
  await registry.copy(`${from.host}/up/app@${made.digest}`, `${to.host}/app`)
  expect(to.store.make('app').manifests.has(made.digest)).toBe(true)
})

test('an empty layer goes too', async () => {
  await using from = await startFakeRegistry()
  await using to = await startFakeRegistry()
  await using registry = client()
  const { digest } = putImage(from.store, 'up/app', { layers: [0, 1] })
  await registry.copy(`${from.host}/up/app@${digest}`, `${to.host}/app`)
  expect(to.store.make('app').blobs).toEqual(from.store.make('up/app').blobs)
})

test('progress ends at everything', async () => {
  await using from = await startFakeRegistry()
  await using to = await startFakeRegistry()
  await using registry = client()
  const { digest } = putImage(from.store, 'up/app')
  const seen: [number, number][] = []
  await registry.copy(`${from.host}/up/app@${digest}`, `${to.host}/app`, (done, total) =>
    seen.push([done, total]),
  )
  const total = [...from.store.make('up/app').blobs.values()].reduce((sum, { length }) => sum + length, 0)
  expect(seen.at(-1)).toEqual([total, total])
})

test('a mirror tells how far it is, and when it is done', async () => {
  await using from = await startFakeRegistry()
  await using to = await startFakeRegistry()
  await using registry = client()
  const { digest } = putImage(from.store, 'up/app')
  await registry.mirror(`${from.host}/up/app@${digest}`, `${to.host}/app`)
  const told = registry.runtime.events.filter((event) => event.kind === 'progress')
  expect(told[0]).toMatchObject({ state: 'running', unit: 'bytes' })
  const last = told.at(-1)
  expect(last).toMatchObject({ state: 'done', text: `copying ${from.host}/up/app@${digest}` })
  expect(last?.done).toBe(last?.total)
})

test('cancelling ends a copy that hangs', async () => {
  await using from = await startFakeRegistry()
  await using to = await startFakeRegistry({
    faults: ({ method }) => (method === 'PATCH' ? { kind: 'hang' } : undefined),
  })
  await using registry = client()
  const { digest } = putImage(from.store, 'up/app', { layers: [2_000_000] })
  const copy = errorOf(registry.copy(`${from.host}/up/app@${digest}`, `${to.host}/app`))
  while (!to.asked.some((one) => one.startsWith('PATCH'))) await new Promise((r) => setTimeout(r, 5))
  registry.runtime.cancel()
  expect((await copy).message).toBe('cancelled')
})
