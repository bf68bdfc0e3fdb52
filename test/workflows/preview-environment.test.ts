import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { synthesizer } from '../../cdktf/index.ts'
import { loadSystem } from '../../src/config/load.ts'
import { awsStateBucket } from '../../src/domain/stacks/state-buckets.ts'
import { nodeFiles } from '../../src/runtime/node/files.ts'
import { describeReal } from '../real.ts'
import { type EngineWorld, openEngineWorld } from '../world/cloud-world/engine-world.ts'
import { typesUsed } from '../world/cloud-world/types-used.ts'
import { type FakeGitHub, startFakeGitHub } from '../world/github/server.ts'
import { REPOSITORY } from '../world/github/store.ts'
import { type Caller, type Ended, openCaller } from './act.ts'
import { approve, awsRuns, callerOf } from './aws-runs.ts'
import { builtDist } from './dist.ts'

/** As the callers to copy name it. */
const ACCOUNT = '333333333333'
const REGION = 'us-east-1'
const previewRole = (role: 'plan' | 'apply'): string =>
  `arn:aws:iam::${ACCOUNT}:role/sluice/bootstrap/SYSTEM-pr-${role}`
const SYSTEM = `system: films
environments:
  pr: { cloud: aws, account: "${ACCOUNT}", region: ${REGION}, preview: { keep: 3d } }
functions:
  hello: { source: app, runtime: nodejs22.x, handler: index.handler }
`

describeReal(
  'the environment of a pull request, by the callers that are copied',
  ['act', 'git', 'tofu', 'plugin protocol'],
  () => {
    let dist: string
    beforeAll(async () => {
      dist = await builtDist()
    }, 120_000)

    let opened: AsyncDisposableStack
    let caller: Caller
    let engine: EngineWorld
    let github: FakeGitHub
    beforeEach(async () => {
      opened = new AsyncDisposableStack()
      caller = opened.use(
        openCaller({
          dist,
          files: {
            '.github/workflows/sluice-preview-environment.yml': callerOf('preview-environment'),
            '.github/workflows/sluice-preview-remove.yml': callerOf('preview-remove'),
            'sluice.yml': SYSTEM,
            'app/index.js': 'exports.handler = async () => ({ statusCode: 200 })\n',
          },
        }),
      )
      const file = join(caller.folder, 'sluice.yml')
      const { system } = await loadSystem(nodeFiles, file, 'pr-7', caller.folder)
      const stacks = await synthesizer.synthesize({ system, images: {} })
      engine = opened.use(
        await openEngineWorld({
          account: ACCOUNT,
          region: REGION,
          buckets: [awsStateBucket({ account: ACCOUNT, region: REGION }), `films-pr-7-ledger-${ACCOUNT}`],
          types: () => typesUsed(stacks.map(({ json }) => json)),
        }),
      )
      github = opened.use(await startFakeGitHub())
    }, 120_000)
    afterEach(() => opened.disposeAsync())

    const runs = (): ReturnType<typeof awsRuns> => {
      const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } = engine.env
      const given = { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY }
      const roles = { [previewRole('plan')]: given, [previewRole('apply')]: given }
      return awsRuns(caller, engine, github, { SLUICE_TEST_ROLES: JSON.stringify(roles) })
    }
    const labelled = (label: string): Promise<Ended> =>
      runs()({
        workflow: 'sluice-preview-environment.yml',
        event: 'pull_request',
        payload: {
          action: 'labeled',
          repository: { id: REPOSITORY.id },
          pull_request: {
            number: 7,
            labels: [{ name: label }],
            head: { sha: caller.git('rev-parse', 'HEAD'), repo: { id: REPOSITORY.id } },
          },
        },
      })
    const functions = (): readonly string[] =>
      engine.world.store.list('aws_lambda_function').map(({ key }) => key)

    test('R16 a label brings it up behind a review, and when the pull request is closed all of it goes', async () => {
      const pull = github.store.pull(7, github.store.account('ada', 'write'), caller.git('rev-parse', 'HEAD'))
      pull.updated_at = new Date().toISOString()
      expect((await labelled('documentation')).jobs).toEqual({})
      approve(github, 3, 'grace', 'pr')
      const up = await labelled('preview')
      expect(up.code, up.log).toBe(0)
      expect(up.jobs).toEqual({
        'preview of pull request 7/deploy/plan pr-7': 'success',
        'preview of pull request 7/deploy/deploy pr-7': 'success',
      })
      expect(functions()).toEqual([expect.stringContaining('films-pr-7')])
      expect(up.log).toContain('release 1 is live')

      const remove = (): Promise<Ended> =>
        runs()({ workflow: 'sluice-preview-remove.yml', event: 'schedule' })
      const open = await remove()
      expect(open.code, open.log).toBe(0)
      expect(functions()).toHaveLength(1)
      pull.state = 'closed'
      const gone = await remove()
      expect(gone.code, gone.log).toBe(0)
      expect(gone.log).toContain('removed 1 of 1 previews')
      expect(engine.world.store.list()).toEqual([])
    }, 400_000)
  },
)
