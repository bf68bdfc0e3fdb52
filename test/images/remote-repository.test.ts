import { afterAll, beforeAll, expect, test } from 'vitest'
import { startRegistry, type TestRegistry } from '../real/docker-registry.ts'
import { describeReal } from '../real.ts'
import { putImage } from '../world/registry/images.ts'
import { type FakeRegistry, startFakeRegistry } from '../world/registry/server.ts'
import { registryWorld } from './world.ts'

/** A registry in the place of Artifact Registry, which fetches from another one as a remote repository does. */
describeReal('an image that a remote repository fetches', ['docker-registry'], () => {
  let upstream: FakeRegistry
  let fetching: TestRegistry

  beforeAll(async () => {
    upstream = await startFakeRegistry()
    fetching = await startRegistry({ upstream: `http://${upstream.host}` })
  })
  afterAll(async () => {
    await fetching[Symbol.asyncDispose]()
    await upstream[Symbol.asyncDispose]()
  })

  const open = (path: string, repository = `${fetching.host}/${path}`, remote = true) => {
    const mirror = {
      kind: 'mirror',
      name: 'mlflow',
      source: `${upstream.host}/${path}:v3`,
      remote: true,
    } as const
    const world = registryWorld({
      host: upstream.host,
      tree: {},
      others: [mirror],
      env: { PATH: '/nowhere' },
      registries: { mlflow: repository },
      remote,
    })
    return Object.assign(world, { mirror })
  }

  test('R27 it is named by the digest of its upstream in a repository of our own, which has it then', async () => {
    const { digest } = putImage(upstream.store, 'up/one', { tag: 'v3' })
    using world = open('up/one')
    const made = await world.build(world.mirror)
    expect(made).toMatchObject({
      reference: `${fetching.host}/up/one@${digest}`,
      digest,
      platforms: ['linux/amd64'],
    })
    expect(await world.build(world.mirror)).toEqual(made)
    expect(await world.store().inspect(made.reference)).toMatchObject({ digest })
  })

  test('R27 a tag that moves upstream is another image, and no older fingerprint gives the new one', async () => {
    const first = putImage(upstream.store, 'up/moved', { tag: 'v3', seed: 'first' })
    using world = open('up/moved')
    const before = await world.build(world.mirror)
    expect(before.digest).toBe(first.digest)
    const second = putImage(upstream.store, 'up/moved', { tag: 'v3', seed: 'second' })
    expect(await world.store().find('mlflow', before.fingerprint)).toBeUndefined()
    const after = await world.build(world.mirror)
    expect(after.digest).toBe(second.digest)
    expect(after.fingerprint).not.toBe(before.fingerprint)
  })

  test('a repository that fetches something else is told apart from an image that is there', async () => {
    putImage(upstream.store, 'up/lost', { tag: 'v3' })
    using world = open('up/lost', `${upstream.host}/elsewhere/image`)
    await expect(world.build(world.mirror)).rejects.toMatchObject({
      outcome: 'external',
      message: expect.stringContaining(
        `${upstream.host}/elsewhere/image does not fetch ${upstream.host}/up/lost:v3`,
      ),
      remedy: expect.stringContaining('it is copied'),
    })
  })

  test('where repositories do not fetch it is copied', async () => {
    const { digest } = putImage(upstream.store, 'up/copied', { tag: 'v3' })
    using world = open('up/copied', `${upstream.host}/shop/mlflow`, false)
    expect(await world.build(world.mirror)).toMatchObject({
      how: 'mirrored',
      reference: `${upstream.host}/shop/mlflow@${digest}`,
    })
    expect([...upstream.store.make('shop/mlflow').manifests.keys()]).toContain(digest)
  })
})
