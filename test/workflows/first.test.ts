import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { synthesizer } from '../../cdktf/index.ts'
import { loadSystem } from '../../src/config/load.ts'
import { digestOf } from '../../src/domain/digest.ts'
import { awsStateBucket } from '../../src/domain/stacks/state-buckets.ts'
import { nodeFiles } from '../../src/runtime/node/files.ts'
import { describeReal } from '../real.ts'
import { type EngineWorld, openEngineWorld } from '../world/cloud-world/engine-world.ts'
import { typesUsed } from '../world/cloud-world/types-used.ts'
import { type FakeGitHub, startFakeGitHub } from '../world/github/server.ts'
import { type Ended, openCaller } from './act.ts'
import { approve, awsRuns, deployCaller, roleOf } from './aws-runs.ts'
import { builtDist } from './dist.ts'
import { ACCOUNT, REGION } from './shop.ts'

const SYSTEM = `system: films
environments:
  production: { cloud: aws, region: ${REGION}, account: "${ACCOUNT}" }
images:
  thumb: { context: app }
functions:
  thumb: { image: thumb }
`
const IMAGE = `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/films/thumb@${digestOf('thumb')}`
/** What build leaves where it has pushed. */
const IMAGES = {
  schema: 'sluice.images/v1',
  images: {
    thumb: {
      reference: IMAGE,
      digest: digestOf('thumb'),
      fingerprint: digestOf('app'),
      tag: 'f-1',
      platforms: ['linux/amd64'],
      how: 'built',
    },
  },
}
const BUILD = `import { writeFileSync } from 'node:fs'
writeFileSync('.sluice/production/images.json', ${JSON.stringify(JSON.stringify(IMAGES))})
`

const PROJECT = 'films-1'
const LOCATION = 'europe-west1'
const ON_GOOGLE = `system: films
environments:
  production: { cloud: gcp, project: ${PROJECT}, region: ${LOCATION} }
images: { api: { mirror: "registry.example/api:1" } }
services: { api: { image: api, port: 80, public: true, connects: [db] } }
databases: { db: {} }
`

const EXAMPLE = join(import.meta.dirname, '../../examples/actor-detection')

describeReal(
  'a first deployment, by the caller that is copied',
  ['act', 'git', 'tofu', 'plugin protocol'],
  () => {
    let dist: string
    beforeAll(async () => {
      dist = await builtDist()
    }, 120_000)

    let opened: AsyncDisposableStack
    afterEach(() => opened.disposeAsync())

    interface Place {
      readonly engine: EngineWorld
      readonly github: FakeGitHub
      deploy(): Promise<Ended>
    }

    /** A cloud in which nothing is, and a repository with the files of a folder. */
    async function place(folder: string, bundles: string): Promise<Place> {
      const { system } = await loadSystem(nodeFiles, join(folder, 'sluice.yml'), 'production', folder)
      const stacks = await synthesizer.synthesize({ system, images: {} })
      const google = system.environment.cloud === 'gcp'
      const engine = opened.use(
        await openEngineWorld({
          account: ACCOUNT,
          ...(google
            ? { project: PROJECT }
            : {
                region: REGION,
                buckets: [
                  awsStateBucket({ account: ACCOUNT, region: REGION }),
                  `${system.name}-production-ledger-${ACCOUNT}`,
                ],
              }),
          types: () => typesUsed(stacks.map(({ json }) => json)),
        }),
      )
      const github = opened.use(await startFakeGitHub())
      const caller = opened.use(
        openCaller({
          dist: bundles,
          files: { '.github/workflows/sluice-deploy.yml': deployCaller() },
          folders: { '.': folder },
        }),
      )
      caller.write('.github/CODEOWNERS', '* @acme/platform\n')
      const run = awsRuns(caller, engine, github, google ? onGoogle(engine) : {})
      return { engine, github, deploy: () => run({ workflow: 'sluice-deploy.yml' }) }
    }

    /** Both clouds are signed in to by the roles of the caller; here they give a token of Google. */
    const onGoogle = ({ env }: EngineWorld): Record<string, string> => {
      const given = { CLOUDSDK_AUTH_ACCESS_TOKEN: 'simulated' }
      return {
        CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE: String(
          env['GOOGLE_BACKEND_STORAGE_CUSTOM_ENDPOINT'],
        ).replace(/\/storage\/v1\/$/, ''),
        SLUICE_TEST_ROLES: JSON.stringify({ [roleOf('plan')]: given, [roleOf('apply')]: given }),
      }
    }

    const jobs = (...names: string[]): Record<string, string> =>
      Object.fromEntries(names.map((name) => [`production/deploy/${name}`, 'success']))

    /** Where a stack waits for another, which waits for a third. */
    const SIX = [
      'plan production',
      'apply production (1)',
      'plan production (2)',
      'apply production (2)',
      'plan production (3)',
      'deploy production',
    ]

    test('R13 actor-detection from nothing: each plan is reviewed, and one run brings all of it live', async () => {
      opened = new AsyncDisposableStack()
      const { engine, github, deploy } = await place(EXAMPLE, dist)
      approve(github, 3)
      const { code, log, jobs: ended } = await deploy()
      expect(code, log).toBe(0)
      expect(ended).toEqual(jobs(...SIX))
      const made = engine.world.store
        .list('aws_lambda_function')
        .map(({ attributes }) => attributes['handler'])
      expect(made).toEqual(['index.handler', 'index.handler', 'index.handler'])
      expect(log).toContain('release 1 is live')
    }, 600_000)

    /** A system whose images are nowhere yet, a build that pushes to no registry, and a release that only ends. */
    function withoutImages(system: string): { readonly folder: string; readonly bundles: string } {
      const scratch = mkdtempSync(join(tmpdir(), 'sluice-first-'))
      opened.defer(() => rmSync(scratch, { recursive: true, force: true }))
      const [folder, bundles] = [join(scratch, 'films'), join(scratch, 'dist')]
      mkdirSync(join(folder, 'app'), { recursive: true })
      writeFileSync(join(folder, 'app/Dockerfile'), 'FROM scratch\n')
      writeFileSync(join(folder, 'sluice.yml'), system)
      cpSync(dist, bundles, { recursive: true })
      writeFileSync(join(bundles, 'build.js'), BUILD)
      writeFileSync(join(bundles, 'release.js'), '')
      return { folder, bundles }
    }

    test('R13 a function is made of the image that the same run has built, after a review of its own', async () => {
      opened = new AsyncDisposableStack()
      const { folder, bundles } = withoutImages(SYSTEM)
      const { engine, github, deploy } = await place(folder, bundles)
      const made = (): unknown[] =>
        engine.world.store.list('aws_lambda_function').map(({ attributes }) => attributes['image_uri'])
      approve(github)
      const first = await deploy()
      expect(first.code, first.log).not.toBe(0)
      expect(first.log).toContain('Run "sluice build", and plan again')
      // One review is of one plan.
      expect(first.log).toContain('this is plan 2 of the run, and 1 of its plans were reviewed by others')
      expect(first.jobs).toEqual({
        ...jobs('plan production', 'apply production (1)', 'plan production (2)'),
        'production/deploy/deploy production': 'failure',
      })
      expect(made()).toEqual([])
      approve(github)
      const second = await deploy()
      expect(second.code, second.log).toBe(0)
      expect(made()).toEqual([IMAGE])
    }, 600_000)

    test('R13 on Google Cloud too, plan by plan, each behind its own review', async () => {
      opened = new AsyncDisposableStack()
      const { folder, bundles } = withoutImages(ON_GOOGLE)
      const { engine, github, deploy } = await place(folder, bundles)
      approve(github, 3)
      const { code, log, jobs: ended } = await deploy()
      expect(code, log).toBe(0)
      expect(ended).toEqual(jobs(...SIX))
      expect(engine.world.store.list('google_cloud_run_v2_service')).toHaveLength(1)
      expect(engine.world.store.list('google_sql_database_instance')).toHaveLength(1)
    }, 600_000)
  },
)
