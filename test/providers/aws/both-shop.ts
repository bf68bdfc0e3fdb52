import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import type { ImageReference } from '../../../src/domain/digest.ts'
import { withReleasedFunctions } from '../../../src/domain/releases/released-functions.ts'
import type { Targets } from '../../../src/domain/stacks/targets.ts'
import type { FunctionCheck } from '../../../src/domain/system/function-check.ts'
import type { RolloutPolicy } from '../../../src/domain/system/rollout-policy.ts'
import { lambdaApi } from '../../../src/providers/aws/functions/api.ts'
import { LambdaFunctions } from '../../../src/providers/aws/functions/host.ts'
import { openUnits } from '../../../src/providers/aws/units.ts'
import type { Provider } from '../../../src/providers/provider.ts'
import { rollOut } from '../../world/client.ts'
import { type FunctionBehaviour, openLambda } from '../../world/cloud-world/http/lambda.ts'
import type { LoopbackClock } from '../../world/cloud-world/http/loopback-clock.ts'
import { byImage, ecsShop, openEcsWorld } from '../../world/ecs-world.ts'
import type { Wire } from '../../world/faults.ts'
import { testSession } from './session.ts'

const func = {
  name: 'thumb',
  image: 'thumb',
  memory: 2 ** 29,
  timeout: 60_000,
  env: {},
  secrets: {},
  connects: [],
}

export interface BothOptions {
  readonly policy?: Partial<RolloutPolicy>
  readonly check?: FunctionCheck
  /** Without the service. */
  readonly alone?: boolean
}

/** The shop of ECS with a function, on one virtual time. */
export async function openBoth(
  bad: readonly ImageReference[] = [],
  functions?: (image: string) => FunctionBehaviour,
  { policy = {}, check, alone = false }: BothOptions = {},
) {
  const plain = ecsShop(alone ? { services: {} } : {})
  const base = { ...plain, rollout: { ...plain.rollout, ...policy } }
  const system = withReleasedFunctions({ ...base, functions: { thumb: func } })
  const world = await openEcsWorld({
    system: { ...system, services: base.services },
    behaviour: byImage(bad.map((image) => [image, { startsIn: 2_000, fails: { exitCode: 9, reason: '' } }])),
  })
  for (const [type, attributes] of [
    ['aws_lambda_function', { function_name: 'shop-test-thumb', image_uri: 'repository/thumb:template' }],
    ['aws_lambda_alias', { function_name: 'shop-test-thumb', name: 'live', function_version: '1' }],
  ] as const) {
    world.cloud.store.put({ provider: 'aws', type, key: 'shop-test-thumb', attributes })
  }
  const door = await openLambda(world.cloud, functions)
  door.stuck = () => world.loopback.release()
  // Virtual time would pass while it is loaded.
  await import('../../../src/providers/aws/sdk/lambda.ts')
  const services = world.targets.bind(world)
  world.targets = (): Targets => ({
    ...services(),
    functions: {
      thumb: { kind: 'lambda-alias', region: 'us-east-1', function: 'shop-test-thumb', alias: 'live' },
    },
  })
  const both = async (): Promise<Targets> => world.targets()
  const runtime = world.machine()
  const session = testSession({ endpoint: door.url })
  const requestHandler = heldRequests(world.loopback) as never
  const api = lambdaApi({ ...session, clients: { ...session.clients, requestHandler } }, runtime)
  const lambda = new LambdaFunctions(api, runtime, both, check === undefined ? {} : { thumb: check })
  const provider = world.provider.bind(world)
  world.provider = (wire?: Wire): Provider => {
    const opened = provider(wire)
    const { pace = { every: 3_000, patience: 60_000 } } = opened.services
    const hosts = {
      ecs: async () => opened.services,
      lambda: async () => (wire === undefined ? lambda : wire.wrap('functions', lambda)),
      workers: nobody,
    }
    return { ...opened, targets: both, services: openUnits(pace, system, both, hosts) }
  }
  return {
    world,
    door,
    system,
    roll: async (content: string) =>
      (await rollOut(world, { system, content: { web: content, thumb: content }, commit: content })).report,
    [Symbol.asyncDispose]: async () => {
      api.close()
      await door[Symbol.asyncDispose]()
      await world[Symbol.asyncDispose]()
    },
  }
}

const nobody = async (): Promise<never> => {
  throw new Error('there is no worker')
}

/** Requests whose answers are whole before virtual time goes on. */
function heldRequests(loopback: LoopbackClock) {
  const handler = new NodeHttpHandler()
  return {
    handle: (...request: Parameters<NodeHttpHandler['handle']>) =>
      loopback.during(async () => {
        const { response } = await handler.handle(...request)
        response.body = Readable.from([await buffer(response.body as Readable)])
        return { response }
      }),
    destroy: () => handler.destroy(),
  }
}
