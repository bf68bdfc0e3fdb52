import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { digestOf } from '../../src/domain/digest.ts'
import { Secret } from '../../src/domain/secret.ts'
import { imageRecordSchema } from '../../src/domain/system/images.ts'
import { imageStoreContract } from '../contract/image-store.ts'
import { type DockerEngine, dockerEngine, pushBusybox } from '../real/docker-engine.ts'
import { startRegistry, type TestRegistry } from '../real/docker-registry.ts'
import { describeReal } from '../real.ts'
import { folder } from '../tools/context/tree.ts'
import { type CountingProxy, countingProxy } from './counting-proxy.ts'
import { registryWorld, skopeo, skopeoDigest } from './world.ts'

const SECRET = 'canary-4f7d1b-do-not-show'
/** Writes down how it is called, beside itself. */
const LOGGING_DOCKER = '#!/bin/sh\necho "$@" >> "$(dirname "$0")/argv"\nexec /usr/bin/docker "$@"\n'

describeReal(
  'images built by a real engine, in a real registry',
  ['dockerd', 'docker-registry', 'skopeo'],
  () => {
    let engine: DockerEngine
    let registry: TestRegistry
    let proxy: CountingProxy
    let base: string

    beforeAll(async () => {
      engine = await dockerEngine()
      registry = await startRegistry()
      proxy = await countingProxy(registry.host)
      base = pushBusybox(registry.host)
    })
    afterAll(async () => {
      await proxy[Symbol.asyncDispose]()
      await registry[Symbol.asyncDispose]()
    })

    const open = (more: Partial<Parameters<typeof registryWorld>[0]> = {}) =>
      registryWorld({
        engine,
        host: proxy.host,
        ...more,
        tree: { Dockerfile: `FROM ${base}\nCOPY . /app\nRUN cat /app/x > /y\n`, x: '1', ...more.tree },
      })
    const layersOf = async (reference: string): Promise<Buffer[]> => {
      const raw = JSON.parse(
        await skopeo('inspect', '--tls-verify=false', '--raw', `docker://${reference}`),
      ) as {
        layers: { digest: string }[]
      }
      return raw.layers.map(({ digest }) => {
        const hex = digest.slice(7)
        const blob = join(registry.storage, 'docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data')
        return execFileSync('gzip', ['-dc', blob], { maxBuffer: 2 ** 28 })
      })
    }

    test('R27 what was built is known by one HEAD, by the digest that skopeo sees', async () => {
      using world = open()
      const built = await world.build()
      expect(imageRecordSchema.parse(built)).toEqual(built)
      expect(built).toMatchObject({ how: 'built', platforms: ['linux/amd64'] })
      expect(await skopeoDigest(built.reference)).toBe(built.digest)
      expect(await skopeoDigest(`${proxy.host}/shop/api:${built.tag}`)).toBe(built.digest)
      expect(world.said()).toContainEqual(expect.stringContaining('images are built by docker build 20.10'))
      const fingerprint = await world.key()
      proxy.seen.length = 0
      const known = await world.store().find('api', fingerprint)
      expect(known).toEqual({ ...built, how: 'known' })
      expect(proxy.seen).toEqual([`HEAD /v2/shop/api/manifests/${built.tag}`])
    })

    test('R27 an image says what it was made from, and reads back every byte', async () => {
      using world = open({
        image: { name: 'labelled' },
        env: { GITHUB_SERVER_URL: 'https://github.com', GITHUB_REPOSITORY: 'o/shop', GITHUB_SHA: 'abc' },
      })
      const built = await world.build()
      const read = await world.store().inspect(built.reference)
      expect(read).toMatchObject({
        digest: built.digest,
        platforms: ['linux/amd64'],
        labels: {
          'org.opencontainers.image.source': 'https://github.com/o/shop',
          'org.opencontainers.image.revision': 'abc',
          'dev.sluice.fingerprint': built.fingerprint,
        },
      })
    })

    test('R5 a build secret is in no layer, on no command line and in no event', async () => {
      using tools = open({ tree: { 'bin/docker': { exec: LOGGING_DOCKER } } })
      using world = open({
        env: { TOKEN: SECRET, PATH: `${join(tools.root, 'bin')}:${engine.env.PATH}` },
        image: { secrets: { token: 'TOKEN' }, args: { MODE: '-chdir=/ @file --x' } },
        tree: {
          Dockerfile: `FROM ${base}\nARG MODE\nRUN --mount=type=secret,id=token wc -c < /run/secrets/token > /size && echo "mode $MODE"\nCOPY x /x\n`,
        },
      })
      const built = await world.build()
      const bytes = await layersOf(built.reference)
      expect(bytes.some((layer) => layer.includes(`${SECRET.length}\n`))).toBe(true)
      for (const layer of bytes) expect(layer.includes(SECRET)).toBe(false)
      const argv = readFileSync(join(tools.root, 'bin/argv'), 'utf8')
      expect(argv).toContain('--secret=id=token,env=TOKEN')
      expect(argv).toContain('--build-arg=MODE=-chdir=/ @file --x')
      expect(argv).not.toContain(SECRET)
      expect(JSON.stringify(world.events.filter(({ kind }) => kind !== 'mask'))).not.toContain(SECRET)
      expect(world.events).toContainEqual({ kind: 'mask', value: SECRET })
      expect(world.events).toContainEqual(
        expect.objectContaining({ kind: 'output', line: 'mode -chdir=/ @file --x' }),
      )
    })

    test('a secret that is not set stops the build before it starts', async () => {
      using world = open({ image: { secrets: { token: 'TOKEN' } } })
      await expect(world.build()).rejects.toMatchObject({
        outcome: 'usage',
        message: expect.stringContaining('TOKEN is not set'),
      })
    })

    test('R46 secret files of the context never enter the image, whatever .dockerignore says', async () => {
      using world = open({
        tree: {
          '.env': SECRET,
          'sub/.env.local': SECRET,
          'server.key': SECRET,
          '.ENV': SECRET,
          '.dockerignore': '!.env\n',
        },
      })
      const built = await world.build()
      for (const layer of await layersOf(built.reference)) expect(layer.includes(SECRET)).toBe(false)
    })

    test('R46 a FIFO, a link that leaves and a named secret file are refused by name, and nothing is built', async () => {
      for (const [tree, name] of [
        [{ away: { link: '/etc/passwd' } }, 'away'],
        [{ Dockerfile: `FROM ${base}\nCOPY .npmrc /\n`, '.npmrc': 'x' }, '.npmrc'],
      ] as const) {
        using world = open({ tree })
        await expect(world.build()).rejects.toMatchObject({
          outcome: 'usage',
          message: expect.stringContaining(name),
        })
      }
      using world = open()
      execFileSync('mkfifo', [join(world.root, 'pipe')])
      await expect(world.build()).rejects.toMatchObject({
        outcome: 'usage',
        message: expect.stringContaining('pipe'),
      })
    })

    test('R27 a moved tag of the image changes nothing; a moved tag of its base makes another image', async () => {
      const moving = `${registry.host}/base/moving:1`
      const move = (content: string): void => {
        using world = open({ tree: { Dockerfile: `FROM ${base}\nCOPY x /moved\n`, x: `${content}\n` } })
        engine.docker('build', '--quiet', '--network=host', `--tag=${moving}`, world.root)
        engine.docker('push', '--quiet', moving)
      }
      move('first')
      using world = open({
        tree: {
          Dockerfile: `ARG FROM=${moving}\nFROM $FROM AS one\nFROM one\nCOPY --from=${base} /bin/sh /other\nRUN cat /moved\n`,
        },
      })
      const asked = world.store()
      const fingerprint = await world.key(world.image, asked)
      move('second')
      // This run asked for the tag already: it builds on what the tag was then.
      const built = await asked.publish(world.image, fingerprint)
      expect(world.events).toContainEqual(expect.objectContaining({ kind: 'output', line: 'first' }))
      // Somebody moves our tag to another image; what images.json holds is the digest.
      await skopeo(
        'copy',
        '--src-tls-verify=false',
        '--dest-tls-verify=false',
        `docker://${base}`,
        `docker://${proxy.host}/shop/api:latest`,
      )
      expect((await world.store().inspect(built.reference))?.digest).toBe(built.digest)
      expect(await world.key()).not.toBe(fingerprint)
      expect((await world.build()).digest).not.toBe(built.digest)
      expect(world.events).toContainEqual(expect.objectContaining({ kind: 'output', line: 'second' }))
    })

    test('R27 an image of another platform than asked for is refused and not pushed', async () => {
      using world = open({ image: { name: 'arm', platforms: ['linux/arm64'] } })
      await expect(world.build()).rejects.toMatchObject({
        outcome: 'usage',
        message: expect.stringContaining('not for linux/arm64'),
      })
      expect(await world.store().find('arm', await world.key())).toBeUndefined()
    })

    test('several platforms need a builder that can push them', async () => {
      using world = open({ image: { platforms: ['linux/amd64', 'linux/arm64'] } })
      await expect(world.build()).rejects.toMatchObject({
        outcome: 'usage',
        remedy: expect.stringContaining('buildx create'),
      })
    })

    test('a step that fails is told with its last output, and nothing is pushed', async () => {
      using world = open({
        image: { name: 'broken' },
        tree: { Dockerfile: `FROM ${base}\nCOPY x /x\nRUN echo the-reason; exit 7\n` },
      })
      await expect(world.build()).rejects.toMatchObject({
        outcome: 'external',
        message: expect.stringContaining('the-reason'),
      })
      expect(await world.store().find('broken', await world.key())).toBeUndefined()
    })

    test('R42 a context that changes while it is built is not pushed', async () => {
      using world = open({ image: { name: 'shifty' } })
      const store = world.store()
      const fingerprint = await world.key(world.image, store)
      world.runtime.log.emit = (event) => {
        if (event.kind === 'progress' && event.text.includes('RUN')) world.write({ x: 'changed meanwhile' })
      }
      await expect(store.publish(world.image, fingerprint)).rejects.toMatchObject({ outcome: 'stale' })
      expect(await world.store().find('shifty', fingerprint)).toBeUndefined()
    })

    test('a mirrored image has the digest of its source, needs no engine, and is known by it', async () => {
      const mirror = { kind: 'mirror', name: 'mlflow', source: base } as const
      using world = open({ others: [mirror], env: { PATH: '/nowhere' } })
      const made = await world.build(mirror)
      expect(made).toMatchObject({
        how: 'mirrored',
        digest: await skopeoDigest(base),
        platforms: ['linux/amd64'],
      })
      expect(await skopeoDigest(made.reference)).toBe(made.digest)
      expect(await world.build(mirror)).toEqual({ ...made, how: 'known' })
    })

    test('without an engine the error says what to install, and that local needs none', async () => {
      using world = open({ image: { name: 'none' }, env: { PATH: '/nowhere' } })
      await expect(world.build()).rejects.toMatchObject({
        outcome: 'usage',
        message: expect.stringContaining('no container engine was found'),
        remedy: expect.stringContaining('"cloud: local" needs neither'),
      })
    })

    test('an engine that does not answer is told apart from none', async () => {
      using world = open({ image: { name: 'none' }, env: { DOCKER_HOST: 'unix:///nowhere/docker.sock' } })
      await expect(world.build()).rejects.toMatchObject({
        message: expect.stringContaining('its daemon does not answer'),
      })
    })

    test('a registry that refuses us is told as what it is, before anything is built', async () => {
      using world = open()
      proxy.fail(403)
      try {
        await expect(world.build()).rejects.toMatchObject({
          outcome: 'external',
          message: expect.stringContaining('403'),
        })
        expect(world.events.filter(({ kind }) => kind === 'progress')).toEqual([])
      } finally {
        proxy.fail(undefined)
      }
    })

    test('a registry that nobody listens at, or that never answers, is told after all tries, and nothing is built', async () => {
      const silent = createServer(() => {})
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
      const at = (): string => `127.0.0.1:${(silent.address() as AddressInfo).port}`
      const told = async (host: string): Promise<string> => {
        using world = open({ host, timeouts: { connect: 300, headers: 300 } })
        // The pauses between the tries.
        Object.assign(world.runtime.clock, { sleep: async () => {} })
        const error = await world.build().catch((cause: unknown) => cause)
        expect(error).toMatchObject({ outcome: 'external', whose: 'service' })
        expect(world.events.filter(({ kind }) => kind === 'progress')).toEqual([])
        return (error as Error).message
      }
      const host = at()
      expect(await told(host)).toMatch(new RegExp(`${host}.*no answer in time`))
      await new Promise((resolve) => {
        silent.close(resolve)
        silent.closeAllConnections()
      })
      expect(await told(host)).toMatch(new RegExp(`${host}.*ECONNREFUSED`))
    })

    test('a base image that does not exist is named', async () => {
      using world = open({ tree: { Dockerfile: `FROM ${registry.host}/base/none:1\nCOPY . /\n` } })
      await expect(world.build()).rejects.toMatchObject({
        outcome: 'usage',
        message: expect.stringContaining(`there is no image ${registry.host}/base/none:1`),
      })
    })

    test('R46 foreign code is not built with an engine that does not tell its BuildKit', async () => {
      using world = open()
      const event = join(world.root, '.git/event.json')
      writeFileSync(
        event,
        JSON.stringify({ pull_request: { head: { repo: { full_name: 'stranger/shop' } } } }),
      )
      using foreign = open({
        image: { name: 'foreign' },
        env: { GITHUB_EVENT_NAME: 'pull_request', GITHUB_REPOSITORY: 'o/shop', GITHUB_EVENT_PATH: event },
      })
      await expect(foreign.build()).rejects.toMatchObject({
        outcome: 'refused',
        message: expect.stringContaining('0.28.1'),
      })
    })

    test('R5 a login reaches the engine through a file of this build, never the command line', async () => {
      const password = new Secret('hunter2-not-on-argv')
      using tools = open({ tree: { 'bin/docker': { exec: LOGGING_DOCKER } } })
      using world = open({
        image: { name: 'guarded' },
        env: { PATH: `${join(tools.root, 'bin')}:${engine.env.PATH}` },
        credentials: {
          of: async (host) => (host === proxy.host ? { username: 'AWS', password } : undefined),
        },
      })
      proxy.guard(`AWS:${password.reveal()}`)
      try {
        const built = await world.build()
        expect(built.how).toBe('built')
        using stranger = open({ image: { name: 'guarded' } })
        await expect(stranger.build()).rejects.toMatchObject({
          outcome: 'external',
          message: expect.stringContaining('lets us not in'),
        })
      } finally {
        proxy.guard(undefined)
      }
      const argv = readFileSync(join(tools.root, 'bin/argv'), 'utf8')
      expect(argv).toContain('push -- ')
      expect(argv).not.toContain(password.reveal())
      expect(argv).not.toContain(Buffer.from(`AWS:${password.reveal()}`).toString('base64'))
    })

    test('a disk that fills up is told as that, with what to do', async () => {
      const full = `#!/bin/sh
[ "$1" = build ] || exec /usr/bin/docker "$@"
echo '#8 ERROR: failed to copy: write /var/lib/docker/x: no space left on device' >&2
exit 1
`
      using tools = open({ tree: { 'bin/docker': { exec: full } } })
      using world = open({
        image: { name: 'large' },
        env: { PATH: `${join(tools.root, 'bin')}:${engine.env.PATH}` },
      })
      await expect(world.build()).rejects.toMatchObject({
        message: expect.stringContaining('the disk is full'),
        remedy: expect.stringContaining('docker builder prune'),
      })
    })

    test('R5 nothing of a build stays in the folder of temporary files', async () => {
      using place = folder()
      vi.stubEnv('TMPDIR', place.path)
      try {
        using world = open({ tree: { x: 'temporary' } })
        await world.build()
        expect(readdirSync(place.path).filter((name) => name.startsWith('sluice-build-'))).toEqual([])
        using broken = open({ tree: { Dockerfile: `FROM ${base}\nRUN false\n` } })
        await expect(broken.build()).rejects.toThrow('was not built')
        expect(readdirSync(place.path).filter((name) => name.startsWith('sluice-build-'))).toEqual([])
      } finally {
        vi.unstubAllEnvs()
      }
    })

    imageStoreContract('registry and engine', async () => {
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

    test('a digest that is not there is not read', async () => {
      using world = open()
      expect(await world.store().inspect(`${proxy.host}/shop/api@${digestOf('nothing')}`)).toBeUndefined()
    })
  },
)
