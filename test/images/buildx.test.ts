import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startBuildkit, type TestBuildkit } from '../real/buildkit.ts'
import { type DockerEngine, dockerEngine, pushBusybox } from '../real/docker-engine.ts'
import { startRegistry, type TestRegistry } from '../real/docker-registry.ts'
import { describeReal } from '../real.ts'
import { folder } from '../tools/context/tree.ts'
import { toolBin } from '../tools-folder.ts'
import { registryWorld, skopeo, skopeoDigest } from './world.ts'

const SECRET = 'canary-1f60a7-do-not-show'

describeReal(
  'images built by docker buildx',
  ['docker-buildx', 'buildkitd', 'dockerd', 'docker-registry', 'skopeo'],
  () => {
    const config = folder({})
    let engine: DockerEngine
    let registry: TestRegistry
    let buildkit: TestBuildkit
    let base: string

    beforeAll(async () => {
      engine = await dockerEngine()
      registry = await startRegistry()
      base = pushBusybox(registry.host)
      buildkit = await startBuildkit([registry.host])
      mkdirSync(join(config.path, 'cli-plugins'))
      symlinkSync(join(toolBin, 'docker-buildx'), join(config.path, 'cli-plugins/docker-buildx'))
      const argv = ['buildx', 'create', '--name=remote', '--driver=remote', buildkit.address]
      const env = { ...engine.env, HOME: config.path, DOCKER_CONFIG: config.path }
      execFileSync('/usr/bin/docker', argv, { env, stdio: 'pipe' })
    })
    afterAll(async () => {
      config[Symbol.dispose]()
      await buildkit[Symbol.asyncDispose]()
      await registry[Symbol.asyncDispose]()
    })

    const open = (builder: 'daemon' | 'remote', more: Partial<Parameters<typeof registryWorld>[0]> = {}) => {
      const env = { ...engine.env, DOCKER_CONFIG: config.path }
      return registryWorld({
        engine: { env },
        host: registry.host,
        ...more,
        env: {
          ...(builder === 'remote' ? { BUILDX_BUILDER: 'remote', SLUICE_BUILD_NETWORK: 'default' } : {}),
          ...more.env,
        },
        tree: { Dockerfile: `FROM ${base}\nCOPY . /app\nRUN cat /app/x > /y\n`, x: '1', ...more.tree },
      })
    }
    const indexOf = async (reference: string) =>
      JSON.parse(await skopeo('inspect', '--tls-verify=false', '--raw', `docker://${reference}`)) as {
        manifests?: { platform: { os: string; architecture: string } }[]
      }

    test("R27 the daemon's own builder: built there, pushed under its tag, known by one digest", async () => {
      using world = open('daemon')
      const built = await world.build()
      expect(world.said()).toContainEqual(
        expect.stringMatching(/images are built by docker buildx .*0\.29\.1/),
      )
      expect(await skopeoDigest(built.reference)).toBe(built.digest)
      expect(await skopeoDigest(`${registry.host}/shop/api:${built.tag}`)).toBe(built.digest)
      expect(await world.build()).toEqual({ ...built, how: 'known' })
    })

    test('R27 a builder of its own: pushed by digest with provenance, and every step is told', async () => {
      using world = open('remote', { image: { name: 'remote' } })
      const built = await world.build()
      expect(await skopeoDigest(built.reference)).toBe(built.digest)
      const { manifests = [] } = await indexOf(built.reference)
      expect(manifests.map(({ platform }) => platform.os)).toEqual(['linux', 'unknown'])
      expect((await world.store().inspect(built.reference, 'whole'))?.attestations).toEqual([
        expect.stringMatching(/^https:\/\/slsa\.dev\/provenance\//),
      ])
      expect(world.events).toContainEqual(
        expect.objectContaining({ kind: 'progress', text: expect.stringContaining('RUN cat /app/x') }),
      )
      expect(await world.build()).toEqual({ ...built, how: 'known' })
    })

    test('several platforms are one image', async () => {
      using world = open('remote', {
        image: { name: 'both', platforms: ['linux/amd64', 'linux/arm64'] },
        tree: { Dockerfile: 'FROM scratch\nCOPY x /x\n' },
      })
      const built = await world.build()
      const { manifests = [] } = await indexOf(built.reference)
      const platforms = manifests.map(({ platform }) => `${platform.os}/${platform.architecture}`)
      expect(platforms.filter((one) => one !== 'unknown/unknown').sort()).toEqual([
        'linux/amd64',
        'linux/arm64',
      ])
      expect((await world.store().inspect(built.reference))?.platforms).toEqual([
        'linux/amd64',
        'linux/arm64',
      ])
    })

    test.each(['daemon', 'remote'] as const)(
      'R5 a secret is there for RUN and nowhere else (%s)',
      async (builder) => {
        using world = open(builder, {
          env: { TOKEN: SECRET },
          image: { name: `secret-${builder}`, secrets: { token: 'TOKEN' } },
          tree: {
            Dockerfile: `FROM ${base}\nCOPY x /x\nRUN --mount=type=secret,id=token wc -c < /run/secrets/token\n`,
          },
        })
        await world.build()
        const said = world.events.flatMap((event) => (event.kind === 'output' ? [event.line.trim()] : []))
        expect(said).toContain(String(SECRET.length))
        expect(JSON.stringify(world.events.filter(({ kind }) => kind !== 'mask'))).not.toContain(SECRET)
      },
    )

    test.each(['daemon', 'remote'] as const)(
      'a step that fails is told with its last output (%s)',
      async (builder) => {
        using world = open(builder, {
          image: { name: 'broken' },
          tree: { Dockerfile: `FROM ${base}\nRUN echo the-reason; exit 7\n` },
        })
        await expect(world.build()).rejects.toMatchObject({
          outcome: 'external',
          message: expect.stringContaining('the-reason'),
        })
      },
    )
  },
)
