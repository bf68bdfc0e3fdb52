import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { awsStateBucket } from '../../src/domain/stacks/state-buckets.ts'
import { describeReal } from '../real.ts'
import { type EngineWorld, openEngineWorld } from '../world/cloud-world/engine-world.ts'
import { typesUsed } from '../world/cloud-world/types-used.ts'
import { type FakeGitHub, startFakeGitHub, TOKEN } from '../world/github/server.ts'
import { REPOSITORY } from '../world/github/store.ts'
import { ownHclOnAws } from '../world/own-hcl.ts'
import { type Caller, type Ended, filledIn, openCaller, type Run } from './act.ts'
import { builtDist } from './dist.ts'

const root = join(import.meta.dirname, '../..')
const ACCOUNT = '222222222222'
const REGION = 'us-east-1'
const STATES = awsStateBucket({ account: ACCOUNT, region: REGION })
const LEDGER = `tiny-production-ledger-${ACCOUNT}`
const KEY = 'a key of sixteen and more characters'
const ROLE = (role: string): string =>
  `arn:aws:iam::${ACCOUNT}:role/sluice/bootstrap/SYSTEM-production-${role}`

const template = (name: string): string =>
  filledIn(readFileSync(join(root, 'workflows-templates', `${name}.yml`), 'utf8'))
// act does not know which branches are protected.
const deployCaller = template('deploy').replace(/( {4}with:\n)/, '$1      protected-only: false\n')

const SYSTEM = `system: tiny
environments:
  production: { cloud: aws, account: "${ACCOUNT}", region: ${REGION} }
infra: { hcl: own }
`

const HCL = ownHclOnAws({
  system: 'tiny',
  states: STATES,
  region: REGION,
  targets: `region = "${REGION}", ledger = "s3://${LEDGER}/ledger/"`,
})
const BUCKETS = (...names: string[]): string =>
  JSON.stringify({
    resource: { aws_s3_bucket: Object.fromEntries(names.map((name) => [name, { bucket: `tiny-${name}` }])) },
  })

describeReal(
  'deployments with OpenTofu, by the caller that is copied',
  ['act', 'git', 'tofu', 'plugin protocol'],
  () => {
    let dist: string
    beforeAll(async () => {
      dist = await builtDist()
    })

    let caller: Caller
    let engine: EngineWorld
    let github: FakeGitHub
    beforeEach(async () => {
      engine = await openEngineWorld({
        account: ACCOUNT,
        region: REGION,
        buckets: [STATES, LEDGER],
        types: () => typesUsed([{ resource: { aws_s3_bucket: { a: {} } } }]),
      })
      github = await startFakeGitHub()
      caller = openCaller({
        dist,
        files: {
          '.github/workflows/sluice-deploy.yml': deployCaller,
          '.github/workflows/sluice-preview.yml': template('preview').replace(/^ {6}try: local\n/m, ''),
          '.github/workflows/sluice-drift.yml': template('drift'),
          'sluice.yml': SYSTEM,
          'own/main.tf': HCL,
          'own/cdk.tf.json': BUCKETS('films'),
        },
      })
    })
    afterEach(async () => {
      caller[Symbol.dispose]()
      await engine[Symbol.asyncDispose]()
      await github[Symbol.asyncDispose]()
    })

    const roles = (...names: string[]): string => {
      const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = engine.env
      return JSON.stringify(
        Object.fromEntries(names.map((name) => [ROLE(name), { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY }])),
      )
    }
    /** Credentials come from roles alone: the runner has none. */
    const runner = (allowed: string): Record<string, string> => {
      const { AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, ...rest } = engine.env
      return {
        ...rest,
        ...github.env,
        SLUICE_TEST_ROLES: allowed,
        GITHUB_RUN_ID: '31',
        GITHUB_REPOSITORY_ID: String(REPOSITORY.id),
      }
    }
    const call = (more: Partial<Run> & { readonly allowed?: string } = {}): Promise<Ended> => {
      const { allowed = roles('plan', 'apply'), env, ...run } = more
      return caller.run({
        workflow: 'sluice-deploy.yml',
        event: 'push',
        token: TOKEN,
        secrets: { SLUICE_PLAN_KEY: KEY },
        ...run,
        env: { ...runner(allowed), ...env },
      })
    }
    const approve = (login = 'grace', environment = 'production'): void => {
      const user = github.store.account(login, 'write')
      github.store.approvals.push({ run: 31, environments: [{ name: environment }], state: 'approved', user })
    }
    const buckets = (): string[] => [...engine.world.store.list('aws_s3_bucket')].map(({ key }) => key).sort()

    test('R13 a push is planned by one role, reviewed, and exactly that is applied by the other', async () => {
      approve()
      const first = await call()
      expect(first.log).toContain('applied own')
      expect(buckets()).toEqual(['tiny-films'])
      expect(first.jobs, first.log).toEqual({
        'production/deploy/plan production': 'success',
        'production/deploy/deploy production': 'success',
      })
      // Nothing has changed: nothing is handed over, nothing is applied.
      const second = await call()
      expect(second.code, second.log).toBe(0)
      expect(second.log).toContain('set-output:: changes=false')
      expect(second.log).not.toContain('Main acme/sluice/actions/apply')
    }, 300_000)

    test('a key of plans that is missing is told, and nothing is applied', async () => {
      approve()
      const { code, log } = await call({ secrets: {} })
      expect(code).not.toBe(0)
      expect(log).toContain('set SLUICE_PLAN_KEY for plan and apply alike')
      expect(buckets()).toEqual([])
    }, 300_000)

    test('R8 who started the run does not approve it, nor does nobody', async () => {
      const nobody = await call()
      expect(nobody.code).not.toBe(0)
      expect(nobody.log).toContain('have somebody else approve the run')
      approve('ada')
      const oneself = await call()
      expect(oneself.code).not.toBe(0)
      expect(oneself.jobs).toMatchObject({ 'production/deploy/plan production': 'success' })
      approve('grace', 'production-plan')
      const another = await call()
      expect(another.code).not.toBe(0)
      expect(buckets()).toEqual([])
    }, 300_000)

    test('R12 a job whose role is not given to it ends before it has done anything', async () => {
      approve()
      const { code, log, jobs } = await call({ allowed: roles('plan') })
      expect(code).not.toBe(0)
      expect(jobs).toEqual({
        'production/deploy/plan production': 'success',
        'production/deploy/deploy production': 'failure',
      })
      expect(log).toContain('Not authorized to perform sts:AssumeRoleWithWebIdentity')
      expect(log).not.toContain('Main acme/sluice/actions/apply')
      expect(buckets()).toEqual([])
    }, 300_000)

    test('R12 a caller without id-token: write is told so, before anything signs in', async () => {
      const { code, log, jobs } = await call({ env: { ACTIONS_ID_TOKEN_REQUEST_URL: '' } })
      expect(code).not.toBe(0)
      expect(jobs).toEqual({ 'production/deploy/plan production': 'failure' })
      expect(log).toContain('the calling job needs id-token: write')
      expect(log).not.toContain('Main aws-actions/configure-aws-credentials')
    }, 300_000)

    test('a branch that nothing protects deploys nothing', async () => {
      caller.write('.github/workflows/sluice-deploy.yml', template('deploy'))
      const { code, log, jobs } = await call({ event: 'workflow_dispatch' })
      expect(code).not.toBe(0)
      expect(log).toContain('Failure - Main What nothing protects deploys nothing')
      expect(jobs).toEqual({ 'production/deploy/plan production': 'failure' })
      expect(log).not.toContain('Main aws-actions/configure-aws-credentials')
    }, 300_000)

    test('R44 an environment that sluice.yml does not have is refused with the names that it has', async () => {
      const elsewhere = deployCaller.replace('environment: production', 'environment: prodution')
      caller.write('.github/workflows/sluice-deploy.yml', elsewhere)
      const { code, log } = await call()
      expect(code).not.toBe(0)
      expect(log).toContain('set-output:: code=2')
      expect(log).toMatch(/prodution.*\n?.*production/)
    }, 300_000)

    test('what runs and is not what the commit says has one issue', async () => {
      const drift = (): Promise<Ended> =>
        call({ workflow: 'sluice-drift.yml', event: 'schedule', allowed: roles('plan') })
      const first = await drift()
      expect(first.code, first.log).toBe(0)
      await drift()
      expect(github.store.issues.map(({ state, labels }) => [state, labels])).toEqual([
        ['open', ['sluice-drift']],
      ])
    }, 300_000)

    test('a pull request of the repository itself is planned, and its comment is kept up to date', async () => {
      const head = caller.git('rev-parse', 'HEAD')
      github.store.pull(7, github.store.account('ada', 'write'), head)
      const preview = (): Promise<Ended> =>
        call({
          workflow: 'sluice-preview.yml',
          event: 'pull_request',
          allowed: roles('plan'),
          payload: {
            action: 'synchronize',
            repository: { id: REPOSITORY.id },
            pull_request: {
              number: 7,
              head: { sha: head, repo: { id: REPOSITORY.id } },
              base: { sha: head },
            },
          },
        })
      let said = ''
      for (const _ of [1, 2]) {
        const { code, log, jobs } = await preview()
        expect(code, log).toBe(0)
        expect(jobs).toEqual({ 'preview/preview/plan production': 'success' })
        said += log
      }
      const [posted, ...more] = github.store.commentsOf(7)
      expect(more).toEqual([])
      expect(posted?.body, said).toContain('aws_s3_bucket.films')
      // Each run leaves its plan in the place of the one before.
      expect(readdirSync(caller.artifacts)).toEqual([
        expect.stringMatching(/^\d+=sluice-plan-production\.tiny$/),
      ])
      expect(buckets()).toEqual([])
    }, 300_000)
  },
)
