import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CreateRepositoryCommand, ECRClient } from '@aws-sdk/client-ecr'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { build } from '../../../src/commands/build.ts'
import type { World } from '../../../src/commands/command.ts'
import { imagesFileSchema } from '../../../src/domain/system/images.ts'
import { openProvider } from '../../../src/providers/index.ts'
import { nodeRuntime } from '../../../src/runtime/node/index.ts'
import { errorOf } from '../../images/registry/client.ts'
import { skopeo } from '../../images/world.ts'
import { type DockerEngine, dockerEngine, pushBusybox } from '../../real/docker-engine.ts'
import { startRegistry, type TestRegistry } from '../../real/docker-registry.ts'
import { type Ministack, startMinistack } from '../../real/ministack.ts'
import { describeReal } from '../../real.ts'
import { folder, type TestFolder } from '../../tools/context/tree.ts'
import { testSession } from './session.ts'

const LEDGER = 'shop-production-ledger-123456789012'

describeReal(
  'sluice build of an environment on AWS',
  ['ministack', 'dockerd', 'docker-registry', 'skopeo'],
  () => {
    let engine: DockerEngine
    let upstream: TestRegistry
    let cloud: Ministack
    let place: TestFolder

    beforeAll(async () => {
      engine = await dockerEngine()
      upstream = await startRegistry()
      cloud = await startMinistack()
      const base = pushBusybox(upstream.host)
      place = folder({
        '.git/HEAD': '',
        'sluice.yml': [
          'system: shop',
          'environments:',
          `  production: { cloud: aws, region: ${cloud.region}, account: "${cloud.account}", zone: shop.example }`,
          'images:',
          '  api: { context: api }',
          `  tools: { mirror: "${base}" }`,
          'services:',
          '  api: { image: api, port: 8000, health: /health }',
          '',
        ].join('\n'),
        'api/Dockerfile': `FROM ${base}\nCOPY x /x\n`,
        'api/x': 'one',
      })
    }, 180_000)
    afterAll(async () => {
      place[Symbol.dispose]()
      await cloud[Symbol.asyncDispose]()
      await upstream[Symbol.asyncDispose]()
    })

    const said: string[] = []
    /** A machine of its own: nothing of another one's `.sluice` is there. */
    const worldOf = (state: string): World => ({
      runtime: nodeRuntime(
        { emit: (event) => void said.push(JSON.stringify(event)) },
        { cancelled: new AbortController().signal },
        place.path,
        {
          ...engine.env,
          HOME: place.path,
          SLUICE_BUILD_NETWORK: 'host',
          SLUICE_BUILD_CACHE: 'off',
          AWS_ENDPOINT_URL: `http://${cloud.host}`,
          AWS_ACCESS_KEY_ID: 'test',
          AWS_SECRET_ACCESS_KEY: 'test',
        },
      ),
      openProvider,
      request: {
        file: 'sluice.yml',
        environment: 'production',
        dryRun: false,
        state: join(place.path, state),
      },
    })

    test('before the foundation is applied, it says to apply it first', async () => {
      const error = await errorOf(build(worldOf('first')))
      expect(error).toMatchObject({ outcome: 'usage', whose: 'user' })
      expect(error.message).toContain(`s3://${LEDGER}/sluice/targets.json`)
      expect((error as { remedy?: string }).remedy).toContain('sluice apply --env production')
    })

    test('R27 builds and mirrors into ECR by what apply published, and knows the images from then on', async () => {
      await foundation(cloud)
      const made = await build(worldOf('first'))
      expect(made).toMatchObject({ outcome: 'done', message: 'made 2 of 2 images: api, tools' })
      const file = readFileSync(join(place.path, 'first/production/images.json'), 'utf8')
      const { images } = imagesFileSchema.parse(JSON.parse(file))
      expect(images).toMatchObject({ api: { how: 'built' }, tools: { how: 'mirrored' } })
      for (const { reference, digest } of Object.values(images)) {
        const raw = await skopeo(
          'inspect',
          '--tls-verify=false',
          '--creds=AWS:ministack-auth-token',
          '--raw',
          `docker://${reference}`,
        )
        expect(`sha256:${execFileSync('sha256sum', { input: raw, encoding: 'utf8' }).slice(0, 64)}`).toBe(
          digest,
        )
      }
      const again = await build(worldOf('second'))
      expect(again.message).toBe('nothing to do: all 2 images are known')
      expect(JSON.parse(again.outputs['images'] ?? '')).toEqual(JSON.parse(made.outputs['images'] ?? ''))
    }, 120_000)

    test('an image whose repository the foundation has not made is refused by name', async () => {
      const more = readFileSync(join(place.path, 'sluice.yml'), 'utf8')
      place.write({
        'sluice.yml': more.replace('  tools:', '  late: { context: api, args: { A: b } }\n  tools:'),
      })
      const error = await errorOf(build(worldOf('third')))
      expect(error.message).toContain('there is no repository for image late')
      expect((error as { remedy?: string }).remedy).toContain('sluice apply')
      place.write({ 'sluice.yml': more })
    })
  },
)

/** What the stack `foundation` leaves, and what apply publishes of it. */
async function foundation({ host, account, region }: Ministack): Promise<void> {
  const ecr = new ECRClient(testSession({ account, region, endpoint: `http://${host}` }).clients)
  const registries: Record<string, string> = {}
  for (const image of ['api', 'tools']) {
    const repositoryName = `shop-production/${image}`
    await ecr.send(new CreateRepositoryCommand({ repositoryName, imageTagMutability: 'IMMUTABLE' }))
    registries[image] = `${host}/${repositoryName}`
  }
  ecr.destroy()
  await fetch(`http://${host}/${LEDGER}`, { method: 'PUT' })
  const targets = {
    schema: 'sluice.targets/v1',
    system: 'shop',
    environment: 'production',
    region,
    registries,
    ledger: `s3://${LEDGER}/ledger`,
  }
  await fetch(`http://${host}/${LEDGER}/sluice/targets.json`, {
    method: 'PUT',
    body: JSON.stringify(targets),
  })
}
