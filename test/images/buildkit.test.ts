import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { imageStoreContract } from '../contract/image-store.ts'
import { startBuildkit, type TestBuildkit } from '../real/buildkit.ts'
import { dockerEngine, pushBusybox } from '../real/docker-engine.ts'
import { startRegistry, type TestRegistry } from '../real/docker-registry.ts'
import { describeReal } from '../real.ts'
import { type CountingProxy, countingProxy } from './counting-proxy.ts'
import { registryWorld, skopeo, skopeoDigest } from './world.ts'

const SECRET = 'canary-8c2e90-do-not-show'

describeReal(
  'images built by a BuildKit daemon',
  ['buildkitd', 'dockerd', 'docker-registry', 'skopeo'],
  () => {
    let registry: TestRegistry
    let buildkit: TestBuildkit
    let proxy: CountingProxy
    let base: string

    beforeAll(async () => {
      await dockerEngine()
      registry = await startRegistry()
      base = pushBusybox(registry.host)
      proxy = await countingProxy(registry.host)
      buildkit = await startBuildkit([registry.host, proxy.host])
    })
    afterAll(async () => {
      await buildkit[Symbol.asyncDispose]()
      await proxy[Symbol.asyncDispose]()
      await registry[Symbol.asyncDispose]()
    })

    const open = (more: Partial<Parameters<typeof registryWorld>[0]> = {}) =>
      registryWorld({
        host: registry.host,
        ...more,
        env: { BUILDKIT_HOST: buildkit.address, SLUICE_BUILD_NETWORK: 'default', ...more.env },
        tree: { Dockerfile: `FROM ${base}\nCOPY . /app\nRUN cat /app/x > /y\n`, x: '1', ...more.tree },
      })

    test('R27 what is pushed by digest gets its tag afterwards; with provenance the digest is the index', async () => {
      using world = open()
      const built = await world.build()
      expect(world.said()).toContainEqual(expect.stringContaining('images are built by buildctl'))
      expect(await skopeoDigest(built.reference)).toBe(built.digest)
      expect(await skopeoDigest(`${registry.host}/shop/api:${built.tag}`)).toBe(built.digest)
      const index = JSON.parse(
        await skopeo('inspect', '--tls-verify=false', '--raw', `docker://${built.reference}`),
      ) as { mediaType: string; manifests: { platform: { os: string } }[] }
      expect(index.mediaType).toContain('index')
      expect(index.manifests.map(({ platform }) => platform.os)).toEqual(['linux', 'unknown'])
      const read = await world.store().inspect(built.reference, 'whole')
      expect(read).toMatchObject({
        platforms: ['linux/amd64'],
        labels: { 'dev.sluice.fingerprint': built.fingerprint },
        attestations: [expect.stringMatching(/^https:\/\/slsa\.dev\/provenance\//)],
      })
      expect(await world.build()).toEqual({ ...built, how: 'known' })
    })

    test('R5 a secret is there for RUN and nowhere else; secret files of the context stay out', async () => {
      using world = open({
        env: { TOKEN: SECRET },
        image: { name: 'secret', secrets: { token: 'TOKEN' } },
        tree: {
          Dockerfile: `FROM ${base}\nCOPY . /app\nRUN --mount=type=secret,id=token wc -c < /run/secrets/token && ls -A /app\n`,
          '.env': SECRET,
        },
      })
      await world.build()
      const said = world.events.flatMap((event) => (event.kind === 'output' ? [event.line.trim()] : []))
      expect(said).toContain(String(SECRET.length))
      expect(said).toContain('x')
      expect(said).not.toContain('.env')
      expect(JSON.stringify(world.events.filter(({ kind }) => kind !== 'mask'))).not.toContain(SECRET)
    })

    test('the cache of layers lies beside the image', async () => {
      using world = open({ image: { name: 'cached' }, env: { SLUICE_BUILD_CACHE: '' } })
      await world.build()
      const cache = `docker://${registry.host}/shop/cached:buildcache`
      // As one manifest, which registries take that have no index of caches (ECR).
      const raw = await skopeo('inspect', '--tls-verify=false', '--raw', cache)
      expect(JSON.parse(raw)).toMatchObject({
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        config: { mediaType: 'application/vnd.buildkit.cacheconfig.v0' },
      })
    })

    test('where tags never move, the cache of a Dockerfile is written once and read from then on', async () => {
      const host = proxy.host
      using world = open({
        host,
        foundation: true,
        image: { name: 'frozen' },
        env: { SLUICE_BUILD_CACHE: '' },
      })
      const puts = () => proxy.seen.filter((line) => /^PUT .*\/manifests\/buildcache-/.test(line))
      await world.build()
      expect(puts()).toHaveLength(1)
      world.write({ x: '2' })
      await world.build()
      expect(puts()).toHaveLength(1)
      expect(proxy.seen).toContainEqual(expect.stringMatching(/^GET .*\/manifests\/buildcache-/))
      world.write({ Dockerfile: `FROM ${base}\nCOPY x /other\n` })
      await world.build()
      expect(new Set(puts()).size).toBe(2)
    })

    test('a step that fails is told with its last output and its line', async () => {
      using world = open({
        image: { name: 'broken' },
        tree: { Dockerfile: `FROM ${base}\nRUN echo the-reason; exit 7\n` },
      })
      const error = await world.build().catch((cause: unknown) => cause)
      expect((error as Error).message).toContain('the-reason')
      expect((error as Error).message).toContain('>>> RUN echo the-reason; exit 7')
    })

    test('a disk that fills up during the build is told as that, and nothing is pushed', async () => {
      await using small = await startBuildkit([registry.host], 48)
      using world = open({
        image: { name: 'large' },
        env: { BUILDKIT_HOST: small.address },
        tree: { Dockerfile: `FROM ${base}\nRUN dd if=/dev/zero of=/large bs=1M count=200\n` },
      })
      await expect(world.build()).rejects.toMatchObject({
        outcome: 'external',
        whose: 'user',
        message: expect.stringContaining('the disk is full'),
        remedy: expect.stringContaining('builder prune'),
      })
      expect(await world.store().find('large', await world.key())).toBeUndefined()
    })

    test('a daemon that does not answer is named', async () => {
      using world = open({
        image: { name: 'gone' },
        env: { BUILDKIT_HOST: `unix://${join(registry.storage, 'nothing')}` },
      })
      await expect(world.build()).rejects.toMatchObject({
        outcome: 'usage',
        message: expect.stringContaining('no BuildKit daemon answers'),
      })
    })

    imageStoreContract('registry and BuildKit', async () => {
      const world = open({ image: { name: 'contract' } })
      let count = 0
      return {
        open: () => world.store(),
        content: async (variant) => {
          world.write({ variant: `${variant} ${++count}` })
          return { image: world.image, fingerprint: await world.key() }
        },
        close: async () => world[Symbol.dispose](),
      }
    })
  },
)
