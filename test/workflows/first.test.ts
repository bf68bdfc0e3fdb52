import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { synthesizer } from '../../cdktf/index.ts'
import { loadSystem } from '../../src/config/load.ts'
import { digestOf } from '../../src/domain/digest.ts'
import { awsStateBucket } from '../../src/domain/state-buckets.ts'
import { nodeFiles } from '../../src/runtime/node/files.ts'
import { describeReal } from '../real.ts'
import { type EngineWorld, openEngineWorld } from '../world/cloud-world/engine-world.ts'
import { typesUsed } from '../world/cloud-world/types-used.ts'
import { type FakeGitHub, startFakeGitHub } from '../world/github/server.ts'
import { type Ended, openCaller } from './act.ts'
import { approve, awsRuns, deployCaller } from './aws-runs.ts'
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
      const engine = opened.use(
        await openEngineWorld({
          account: ACCOUNT,
          region: REGION,
          buckets: [
            awsStateBucket({ account: ACCOUNT, region: REGION }),
            `${system.name}-production-ledger-${ACCOUNT}`,
          ],
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
      const run = awsRuns(caller, engine, github)
      return { engine, github, deploy: () => run({ workflow: 'sluice-deploy.yml' }) }
    }

    const jobs = (...names: string[]): Record<string, string> =>
      Object.fromEntries(names.map((name) => [`production/deploy/${name}`, 'success']))

    test('R13 actor-detection from nothing: each plan is reviewed, and one run brings all of it live', async () => {
      opened = new AsyncDisposableStack()
      const { engine, github, deploy } = await place(EXAMPLE, dist)
      approve(github, 3)
      const { code, log, jobs: ended } = await deploy()
      expect(code, log).toBe(0)
      expect(ended).toEqual(
        jobs(
          'plan production',
          'apply production (1)',
          'plan production (2)',
          'apply production (2)',
          'plan production (3)',
          'deploy production',
        ),
      )
      const made = engine.world.store
        .list('aws_lambda_function')
        .map(({ attributes }) => attributes['handler'])
      expect(made).toEqual(['index.handler', 'index.handler', 'index.handler'])
      expect(log).toContain('release 1 is live')
    }, 600_000)

    /** A system of one function, whose image is nowhere yet, and a build that pushes to no registry. */
    function functionOfAnImage(): { readonly folder: string; readonly bundles: string } {
      const scratch = mkdtempSync(join(tmpdir(), 'sluice-first-'))
      opened.defer(() => rmSync(scratch, { recursive: true, force: true }))
      const [folder, bundles] = [join(scratch, 'films'), join(scratch, 'dist')]
      mkdirSync(join(folder, 'app'), { recursive: true })
      writeFileSync(join(folder, 'app/Dockerfile'), 'FROM scratch\n')
      writeFileSync(join(folder, 'sluice.yml'), SYSTEM)
      cpSync(dist, bundles, { recursive: true })
      writeFileSync(join(bundles, 'build.js'), BUILD)
      writeFileSync(join(bundles, 'release.js'), '')
      return { folder, bundles }
    }

    test('R13 a function is made of the image that the same run has built, after a review of its own', async () => {
      opened = new AsyncDisposableStack()
      const { folder, bundles } = functionOfAnImage()
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
  },
)
