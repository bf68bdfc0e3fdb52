import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { awsStateBucket } from '../../src/domain/stacks/state-buckets.ts'
import { type DockerEngine, dockerEngine, pushBusybox } from '../real/docker-engine.ts'
import { startRegistry, type TestRegistry } from '../real/docker-registry.ts'
import { startFakeGcs } from '../real/fake-gcs.ts'
import { describeReal } from '../real.ts'
import { type EngineWorld, openEngineWorld } from '../world/cloud-world/engine-world.ts'
import { openEcs } from '../world/cloud-world/http/ecs.ts'
import { RunDoor } from '../world/cloud-world/http/run/door.ts'
import type { RunProgram } from '../world/cloud-world/http/run/programs.ts'
import { typesUsed } from '../world/cloud-world/types-used.ts'
import { type FakeGitHub, startFakeGitHub, TOKEN } from '../world/github/server.ts'
import { REPOSITORY } from '../world/github/store.ts'
import { type Caller, type Ended, filledIn, openCaller, type Run } from './act.ts'
import { builtDist } from './dist.ts'
import { ACCOUNT, LOCATION, PROJECT, PUSH, REGION, shopFiles, shopOnAws, shopOnGoogle } from './shop.ts'

const root = join(import.meta.dirname, '../..')
const KEY = 'a key of sixteen and more characters'
const LEDGER = `shop-production-ledger-${ACCOUNT}`
const STATES = awsStateBucket({ account: ACCOUNT, region: REGION })
const ROLE = (role: string): string =>
  `arn:aws:iam::${ACCOUNT}:role/sluice/bootstrap/SYSTEM-production-${role}`

const deployCaller = filledIn(
  readFileSync(join(root, 'workflows-templates/deploy.yml'), 'utf8'),
  // act does not know which branches are protected.
).replace(/( {4}with:\n)/, '$1      protected-only: false\n')

describeReal(
  'deployments with images, by the caller that is copied',
  ['act', 'git', 'tofu', 'plugin protocol', 'dockerd', 'docker-registry', 'fake-gcs-server'],
  () => {
    let dist: string
    let docker: DockerEngine
    let registry: TestRegistry
    let base: string
    beforeAll(async () => {
      dist = await builtDist()
      docker = await dockerEngine()
      registry = await startRegistry()
      base = pushBusybox(registry.host)
    }, 180_000)
    afterAll(async () => {
      await registry[Symbol.asyncDispose]()
    })

    let opened: AsyncDisposableStack
    afterEach(() => opened.disposeAsync())

    interface Place {
      readonly caller: Caller
      readonly engine: EngineWorld
      readonly github: FakeGitHub
      deploy(run?: Partial<Run>): Promise<Ended>
      /** What the containers of the service are, as the cloud has it. */
      served(): string
      /** Until `go`, nothing in the cloud gets any further: a rollout stays where it is, however slow this machine is. */
      hold(): void
      go(): void
    }

    /** The whole: a repository that calls, a cloud whose time runs fast, GitHub, and a registry. */
    async function place(
      engine: EngineWorld,
      files: Record<string, string>,
      env: Record<string, string>,
      roles: Record<string, Record<string, string>>,
    ): Promise<Place> {
      let held = false
      const passing = setInterval(() => held || engine.world.clock.advance(5_000), 100)
      opened.defer(() => clearInterval(passing))
      const github = opened.use(await startFakeGitHub())
      const caller = opened.use(openCaller({ dist, files }))
      const user = github.store.account('grace', 'write')
      github.store.approvals.push({
        run: 31,
        environments: [{ name: 'production' }],
        state: 'approved',
        user,
      })
      const deploy = (more: Partial<Run> = {}): Promise<Ended> =>
        caller.run({
          ...PUSH,
          path: docker.env.PATH,
          token: TOKEN,
          secrets: { SLUICE_PLAN_KEY: KEY },
          env: {
            ...env,
            ...github.env,
            DOCKER_HOST: docker.env.DOCKER_HOST,
            DOCKER_CONFIG: docker.env.DOCKER_CONFIG,
            SLUICE_TEST_ROLES: JSON.stringify(roles),
            GITHUB_RUN_ID: '31',
            GITHUB_REPOSITORY_ID: String(REPOSITORY.id),
          },
          ...more,
        })
      const served = (): string =>
        engine.world.store
          .list('aws_ecs_service')
          .map(({ attributes }) => String(attributes['task_definition']))
          .map((arn) => engine.world.store.get('aws_ecs_task_definition', arn))
          .map((found) => String(found?.attributes['container_definitions']))
          .join()
      return {
        ...{ caller, engine, github, deploy, served },
        hold: () => {
          held = true
        },
        go: () => {
          held = false
        },
      }
    }

    /** Digests that the registry has under a repository, by what a run has said of its images. */
    const imageOf = ({ log }: Ended): string => /"web":"([^"]+@sha256:[0-9a-f]{64})"/.exec(log)?.[1] ?? log

    async function onAws(): Promise<Place> {
      opened = new AsyncDisposableStack()
      const stack = shopOnAws(registry.host, STATES, LEDGER)
      const engine = opened.use(
        await openEngineWorld({
          account: ACCOUNT,
          region: REGION,
          buckets: [STATES, LEDGER],
          types: () => typesUsed([{ resource: stack.resources }]),
        }),
      )
      const ecs = opened.use(await openEcs(engine.world))
      const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '', ...rest } = engine.env
      const given = { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY }
      return place(
        engine,
        {
          '.github/workflows/sluice-deploy.yml': deployCaller,
          '.github/workflows/impatient.yml': deployCaller.replace(/( {4}with:\n)/, '$1      wait-lock: 1s\n'),
          ...shopFiles(stack, base),
        },
        { ...rest, AWS_ENDPOINT_URL_ECS: ecs.url },
        { [ROLE('plan')]: given, [ROLE('apply')]: given },
      )
    }

    test('R13 R22 on AWS a push is planned, reviewed, applied, built, pushed and rolled out; the next one changes nothing', async () => {
      const { deploy, served, caller } = await onAws()
      const first = await deploy()
      expect(first.code, first.log).toBe(0)
      expect(first.jobs).toEqual({
        'production/deploy/plan production': 'success',
        'production/deploy/deploy production': 'success',
      })
      const image = imageOf(first)
      expect(served()).toContain(image)
      const second = await deploy()
      expect(second.code, second.log).toBe(0)
      expect(second.log).toContain('set-output:: changes=false')
      expect(second.log).toContain('no change: release 1 is live')
      // Another page is another image, and nothing else.
      caller.write('app/page', 'two\n')
      const third = await deploy()
      expect(third.code, third.log).toBe(0)
      expect(third.log).toContain('set-output:: changes=false')
      expect(imageOf(third)).not.toBe(image)
      expect(served()).toContain(imageOf(third))
    }, 300_000)

    /** A second deployment that has begun its rollout, and cannot end it. */
    const anotherHeld = async (
      { caller, served, deploy, hold }: Place,
      run?: Partial<Run>,
    ): Promise<{ readonly run: Promise<Ended> }> => {
      caller.write('app/page', 'two\n')
      const before = served()
      hold()
      const begun = deploy(run)
      await expect.poll(served, { timeout: 120_000, interval: 200 }).not.toBe(before)
      return { run: begun }
    }

    test('R30 two deployments at once: one rolls out, one waits for it, and one that does not wait ends as busy', async () => {
      const place = await onAws()
      expect((await place.deploy()).code).toBe(0)
      const first = await anotherHeld(place)
      const waiting = place.deploy()
      const busy = await place.deploy({ workflow: 'impatient.yml' })
      expect(busy.code, busy.log).not.toBe(0)
      expect(busy.log).toContain('set-output:: code=4')
      place.go()
      const { code, log } = await first.run
      expect(code, log).toBe(0)
      const waited = await waiting
      expect(waited.code, waited.log).toBe(0)
      expect(waited.log).toContain('no change: release 2 is live')
      expect(place.served()).toContain(imageOf({ code, log, jobs: {} }))
    }, 300_000)

    test('R28 a run that is cancelled in a rollout leaves one release, and the next run brings the commit live', async () => {
      const place = await onAws()
      expect((await place.deploy()).code).toBe(0)
      const cancel = new AbortController()
      const cancelled = await anotherHeld(place, { cancelled: cancel.signal })
      cancel.abort()
      place.go()
      const ended = await cancelled.run
      expect(ended.code).not.toBe(0)
      const next = await place.deploy()
      expect(next.code, next.log).toBe(0)
      expect(place.served()).toContain(imageOf(next))
      expect(next.log).toMatch(/release \d is live/)
    }, 300_000)

    async function onGoogle(): Promise<Place> {
      opened = new AsyncDisposableStack()
      const states = 'sluice-state-shop'
      const ledger = `shop-production-ledger-${PROJECT}`
      const stack = shopOnGoogle(registry.host, states, ledger)
      const engine = opened.use(
        await openEngineWorld({
          project: PROJECT,
          region: LOCATION,
          types: () => typesUsed([{ resource: stack.resources }]),
        }),
      )
      const everyImage = new (class extends Map<string, RunProgram> {
        override get = (): RunProgram => ({})
      })()
      const door = opened.use(await new RunDoor(engine.world, everyImage).serve())
      const storage = opened.use(await startFakeGcs([ledger]))
      const apis = ['RUN', 'LOGGING', 'MONITORING']
      const given = { CLOUDSDK_AUTH_ACCESS_TOKEN: 'simulated' }
      return place(
        engine,
        { '.github/workflows/sluice-deploy.yml': deployCaller, ...shopFiles(stack, base) },
        {
          ...engine.env,
          CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE: storage.url,
          ...Object.fromEntries(apis.map((name) => [`CLOUDSDK_API_ENDPOINT_OVERRIDES_${name}`, door.url])),
        },
        { [ROLE('plan')]: given, [ROLE('apply')]: given },
      )
    }

    test('R13 on Google Cloud too', async () => {
      const { deploy } = await onGoogle()
      const first = await deploy()
      expect(first.code, first.log).toBe(0)
      const second = await deploy()
      expect(second.code, second.log).toBe(0)
      expect(second.log).toContain('no change: release 1 is live')
    }, 300_000)
  },
)
