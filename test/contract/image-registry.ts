import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digestOf } from '../../src/domain/digest.ts'
import type { CredentialSource } from '../../src/images/registry/credentials.ts'
import type { RegistryOptions } from '../../src/images/registry/index.ts'
import { client } from '../images/registry/client.ts'
import { hasReal } from '../real.ts'
import { startCuttingProxy } from '../world/registry/cutting-proxy.ts'
import { putImage, putIndex } from '../world/registry/images.ts'
import { writeTestLayout } from '../world/registry/layout.ts'
import { startFakeRegistry } from '../world/registry/server.ts'

export interface RegistryWorld {
  readonly host: string
  readonly credentials?: CredentialSource
  /** `user:password`, for tools. */
  readonly login?: string
  /** Makes a repository, where a push makes none. */
  make?(repository: string): Promise<unknown>
  close(): PromiseLike<void>
}

const run = promisify(execFile)

/** What the client and a registry are to each other; the fake and every real registry pass it. */
export function imageRegistryContract(name: string, open: () => Promise<RegistryWorld>): void {
  describe(`image registry: ${name}`, () => {
    let world: RegistryWorld
    let folder = ''
    let count = 0
    beforeAll(async () => {
      world = await open()
      folder = await mkdtemp(join(tmpdir(), 'sluice-registry-contract-'))
    })
    afterAll(async () => {
      await world.close()
      await rm(folder, { recursive: true, force: true })
    })

    const connect = (options: RegistryOptions = {}) =>
      client({ ...(world.credentials === undefined ? {} : { credentials: world.credentials }), ...options })
    const fresh = async (): Promise<string> => {
      const repository = `team/app${++count}`
      await world.make?.(repository)
      return `${world.host}/${repository}`
    }
    const layoutOf = (size = 200_000) =>
      writeTestLayout(join(folder, `layout${++count}`), (store, at) =>
        putImage(store, at, { seed: `${name}${count}`, layers: [2_000, size], labels: { made: 'here' } }),
      )

    test('what was pushed from a layout reads back under its digest, every byte', async () => {
      await using registry = connect()
      const { layout, image } = layoutOf()
      const repository = await fresh()
      await registry.push(layout, image.digest, repository)
      const found = await registry.read(`${repository}@${image.digest}`, { layers: true })
      expect(found).toEqual({
        digest: image.digest,
        size: image.size + image.config.size + image.layers.reduce((sum, { size }) => sum + size, 0),
        platforms: ['linux/amd64'],
        labels: { made: 'here' },
        attestations: [],
      })
      expect(await registry.head(`${repository}@${image.digest}`)).toMatchObject({
        digest: image.digest,
        mediaType: image.mediaType,
        size: image.size,
      })
    })

    test('R27 an index with attestation manifests is copied whole and reads back', async () => {
      await using from = await startFakeRegistry()
      await using registry = connect()
      const { digest } = putIndex(from.store, 'up/app', 'v1', name)
      const repository = await fresh()
      await registry.copy(`${from.host}/up/app:v1`, repository)
      expect(await registry.read(`${repository}@${digest}`, { layers: true })).toMatchObject({
        digest,
        platforms: ['linux/amd64', 'linux/arm64/v8'],
        labels: { made: 'here' },
      })
    })

    test('a tag is set, set again, and stays where it is', async () => {
      await using registry = connect()
      const repository = await fresh()
      const [one, two] = [layoutOf(), layoutOf()]
      await registry.push(one.layout, one.image.digest, repository)
      await registry.push(two.layout, two.image.digest, repository)
      expect(await registry.head(`${repository}:f-1`)).toBeUndefined()
      expect(await registry.tag(`${repository}@${one.image.digest}`, 'f-1')).toBe('tagged')
      expect(await registry.tag(`${repository}@${one.image.digest}`, 'f-1')).toBe('tagged')
      expect(await registry.tag(`${repository}@${two.image.digest}`, 'f-1')).toBe('conflict')
      expect((await registry.head(`${repository}:f-1`))?.digest).toBe(one.image.digest)
    })

    test('what is not there is undefined', async () => {
      await using registry = connect()
      const repository = await fresh()
      const digest = digestOf('nothing')
      expect(await registry.head(`${repository}:v1`)).toBeUndefined()
      expect(await registry.read(`${repository}@${digest}`)).toBeUndefined()
    })

    test('between two repositories blobs are mounted', async () => {
      await using registry = connect()
      const { layout, image } = layoutOf()
      const [from, to] = [await fresh(), await fresh()]
      await registry.push(layout, image.digest, from)
      expect(await registry.copy(`${from}@${image.digest}`, to)).toMatchObject({ moved: 0, mounted: 3 })
      expect(await registry.read(`${to}@${image.digest}`, { layers: true })).toBeDefined()
    })

    test('in chunks it is the same image', async () => {
      await using registry = connect({ chunk: 5_000_000 })
      const { layout, image } = layoutOf(12_000_000)
      const repository = await fresh()
      await registry.push(layout, image.digest, repository)
      expect(await registry.read(`${repository}@${image.digest}`, { layers: true })).toBeDefined()
    })

    test('an upload that is cut, again and again, is whole in the end', async () => {
      await using proxy = await startCuttingProxy(world.host, 5_000_000, 2)
      await using registry = connect()
      const { layout, image } = layoutOf(12_000_000)
      const repository = await fresh()
      await registry.push(layout, image.digest, repository.replace(world.host, proxy.host))
      expect(proxy.cuts()).toBe(2)
      expect(await registry.read(`${repository}@${image.digest}`, { layers: true })).toBeDefined()
    })

    const skopeo = async (...argv: string[]): Promise<string> => {
      const { stdout } = await run('skopeo', argv, { encoding: 'utf8' })
      return stdout
    }
    const inspect = (): string[] => [
      'inspect',
      '--raw',
      '--tls-verify=false',
      ...(world.login === undefined ? [] : ['--creds', world.login]),
    ]
    const copying = (side: 'src' | 'dest'): string[] => [
      `--${side}-tls-verify=false`,
      ...(world.login === undefined ? [] : [`--${side}-creds`, world.login]),
    ]

    describe.skipIf(!hasReal('skopeo'))('with skopeo', () => {
      test('its digest is ours, and it pulls what we pushed', async () => {
        await using registry = connect()
        const { layout, image } = layoutOf()
        const repository = await fresh()
        await registry.push(layout, image.digest, repository)
        await registry.tag(`${repository}@${image.digest}`, 'v1')
        expect(digestOf(await skopeo(...inspect(), `docker://${repository}:v1`))).toBe(image.digest)
        const pulled = join(folder, `pulled${++count}`)
        await skopeo('copy', '--quiet', ...copying('src'), `docker://${repository}:v1`, `dir:${pulled}`)
      })

      test("what it pushed as Docker's own manifest we read and copy under the same digest", async () => {
        await using registry = connect()
        const { layout } = layoutOf()
        const [from, to] = [await fresh(), await fresh()]
        const argv = ['copy', '--quiet', '--format', 'v2s2', ...copying('dest')]
        await skopeo(...argv, `oci:${layout.folder}`, `docker://${from}:v1`)
        const { digest } = await registry.copy(`${from}:v1`, to)
        expect(digestOf(await skopeo(...inspect(), `docker://${from}:v1`))).toBe(digest)
        expect(await registry.read(`${to}@${digest}`, { layers: true })).toMatchObject({ digest })
        expect((await registry.head(`${to}@${digest}`))?.mediaType).toContain('docker')
      })
    })
  })
}
