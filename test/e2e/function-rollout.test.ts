import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { digestOf, imageReference } from '../../src/domain/digest.ts'
import { type Targets, targetsSchema } from '../../src/domain/stacks/targets.ts'
import { type LambdaApi, lambdaApi } from '../../src/providers/aws/functions/api.ts'
import { LambdaFunctions } from '../../src/providers/aws/functions/host.ts'
import { fakeRuntime } from '../../src/runtime/fake/index.ts'
import type { Clock } from '../../src/runtime/runtime.ts'
import { testSession } from '../providers/aws/session.ts'
import { describeReal } from '../real.ts'
import { service } from '../world/cloud.ts'
import { type LambdaDoor, openLambda } from '../world/cloud-world/http/lambda.ts'
import { type Deployment, openDeployment } from './deployment.ts'

const SYSTEM = `system: filmlens
environments:
  production: { cloud: aws, region: us-east-1, account: "222222222222" }
images:
  thumb: { context: apps/query-api }
functions:
  thumb: { image: thumb }
`

/** What OpenTofu applies, the SDK releases by version and alias, in one simulated cloud. */
describeReal('a release of a function of Lambda after an apply', ['tofu', 'plugin protocol'], () => {
  let environment: Deployment
  let door: LambdaDoor
  let api: LambdaApi
  let functions: LambdaFunctions
  let name = ''

  beforeAll(async () => {
    environment = await openDeployment('filmlens')
    await environment.edit(() => SYSTEM)
    await environment.bring()
    expect(await environment.plan()).toMatchObject({ outcome: 'done' })
    expect(await environment.apply()).toMatchObject({ outcome: 'done' })
    const text = await readFile(join(environment.state, 'targets.json'), 'utf8')
    const targets: Targets = targetsSchema.parse(JSON.parse(text))
    name = targets.functions['thumb']?.kind === 'lambda-alias' ? targets.functions['thumb'].function : ''
    door = await openLambda(environment.world)
    const { clock: virtual } = environment.world
    const clock: Clock = {
      now: () => virtual.now(),
      sleep: async (ms, signal) => {
        // What bounds a request is the machine's time; pauses pass at once.
        if (ms > 25_000) await wait(ms, undefined, signal === undefined ? {} : { signal })
        else virtual.advance(ms)
      },
    }
    const { random } = fakeRuntime()
    api = lambdaApi(testSession({ endpoint: door.url }), { clock, random })
    functions = new LambdaFunctions(api, { clock, random }, async () => targets)
  }, 240_000)
  afterAll(async () => {
    api.close()
    await door[Symbol.asyncDispose]()
    await environment[Symbol.asyncDispose]()
  })

  test('R22 the plan is empty in the middle of its rollout, and after it', async () => {
    const image = imageReference(
      '222222222222.dkr.ecr.us-east-1.amazonaws.com/filmlens/thumb',
      digestOf('one'),
    )
    const spec = { service: service('thumb'), image, models: [], release: digestOf('release') }
    const changes = async (): Promise<unknown> => {
      const plan = await environment.plan()
      expect(plan).toMatchObject({ outcome: 'done' })
      return plan.data['changes']
    }
    const revision = await functions.stage(spec)
    await functions.shift('thumb', revision, 10)
    expect(await changes()).toEqual([])
    await functions.shift('thumb', revision, 100)
    await functions.settle('thumb', revision)
    expect(door.traffic(name)).toEqual({ [image]: 100 })
    expect(await changes()).toEqual([])
  }, 120_000)
})
