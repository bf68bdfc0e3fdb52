import { setTimeout as wait } from 'node:timers/promises'
import { targetsSchema } from '../../../src/domain/stacks/targets.ts'
import type { FunctionCheck } from '../../../src/domain/system/function-check.ts'
import { lambdaApi } from '../../../src/providers/aws/functions/api.ts'
import { LambdaFunctions } from '../../../src/providers/aws/functions/host.ts'
import { fakeRuntime } from '../../../src/runtime/fake/index.ts'
import type { Clock } from '../../../src/runtime/runtime.ts'
import { type FunctionBehaviour, type LambdaDoor, openLambda } from '../../world/cloud-world/http/lambda.ts'
import { CloudWorld } from '../../world/cloud-world/world.ts'
import { testSession } from './session.ts'

export const NAME = 'shop-test-api'
export const targets = targetsSchema.parse({
  schema: 'sluice.targets/v1',
  system: 'shop',
  environment: 'test',
  functions: { api: { kind: 'lambda-alias', region: 'eu-west-1', function: NAME, alias: 'live' } },
  ledger: 's3://shop-test-ledger-123456789012/ledger',
})

export interface FunctionShop {
  readonly cloud: CloudWorld
  readonly door: LambdaDoor
  /** A process of its own. */
  open(check?: FunctionCheck): LambdaFunctions
  readonly clock: Clock
  close(): Promise<void>
}

/** What an apply leaves: a function of a template, and the alias that leads to it. */
export async function openShop(behaviour?: (image: string) => FunctionBehaviour): Promise<FunctionShop> {
  const cloud = new CloudWorld({ account: '123456789012' })
  cloud.store.put({
    provider: 'aws',
    type: 'aws_lambda_function',
    key: NAME,
    attributes: { function_name: NAME, image_uri: 'repository/api:template', package_type: 'Image' },
  })
  cloud.store.put({
    provider: 'aws',
    type: 'aws_lambda_alias',
    key: `${NAME}/live`,
    attributes: { function_name: NAME, name: 'live', function_version: '1', routing_config: [] },
  })
  const door = await openLambda(cloud, behaviour)
  // Pauses pass at once in the cloud's time; what bounds a request is the machine's.
  const clock: Clock = {
    now: () => cloud.clock.now(),
    sleep: async (ms, signal) => {
      if (ms > 25_000) await wait(ms, undefined, signal === undefined ? {} : { signal })
      else cloud.clock.advance(ms)
    },
  }
  const { random } = fakeRuntime()
  const apis: { close(): void }[] = []
  return {
    cloud,
    door,
    clock,
    open: (check) => {
      const api = lambdaApi(testSession({ endpoint: door.url }), { clock, random })
      apis.push(api)
      const checks = check === undefined ? {} : { api: check }
      return new LambdaFunctions(api, { clock, random }, async () => targets, checks)
    },
    close: async () => {
      for (const api of apis) api.close()
      await door[Symbol.asyncDispose]()
    },
  }
}
