import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Resource } from '../store.ts'
import type { CloudWorld } from '../world.ts'
import { snake } from './ecs/wire.ts'
import type { HttpDoor } from './sts.ts'

interface Input {
  readonly ResourceId?: string
  readonly ResourceIds?: readonly string[]
  readonly SuspendedState?: Readonly<Record<string, boolean>>
}

/**
 * Application Auto Scaling, as far as pausing asks: a target is found by its resource, and suspended without its limits being
 * said (https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html: what is left out of
 * a registration stays).
 */
export async function openScalingDoor({ store }: CloudWorld): Promise<HttpDoor> {
  const targets = (): readonly Resource[] => store.list('aws_appautoscaling_target')
  const answer = (operation: string, input: Input): [number, object] => {
    if (operation === 'DescribeScalableTargets') {
      const wanted = input.ResourceIds ?? []
      const found = targets().filter(({ attributes }) => wanted.includes(String(attributes['resource_id'])))
      return [200, { ScalableTargets: found.map(targetJson) }]
    }
    const target = targets().find(({ attributes }) => attributes['resource_id'] === input.ResourceId)
    if (operation !== 'RegisterScalableTarget' || target === undefined) {
      return [400, { __type: 'ValidationException', Message: `${operation} of ${input.ResourceId}` }]
    }
    const state = Object.entries(input.SuspendedState ?? {}).map(
      ([name, on]) => [snake(name).slice(1), on] as const,
    )
    store.move(target.type, target.key, { suspended_state: [Object.fromEntries(state)] })
    return [200, {}]
  }
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const operation = String(request.headers['x-amz-target']).split('.')[1] ?? ''
      const [status, said] = answer(operation, JSON.parse(body) as Input)
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
      response.end(JSON.stringify(said))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

function targetJson({ attributes }: Resource): object {
  const [state = {}] = (attributes['suspended_state'] ?? []) as readonly Readonly<Record<string, unknown>>[]
  return {
    ServiceNamespace: attributes['service_namespace'],
    ResourceId: attributes['resource_id'],
    ScalableDimension: attributes['scalable_dimension'],
    MinCapacity: attributes['min_capacity'],
    MaxCapacity: attributes['max_capacity'],
    SuspendedState: {
      DynamicScalingInSuspended: state['dynamic_scaling_in_suspended'] === true,
      DynamicScalingOutSuspended: state['dynamic_scaling_out_suspended'] === true,
      ScheduledScalingSuspended: state['scheduled_scaling_suspended'] === true,
    },
  }
}
