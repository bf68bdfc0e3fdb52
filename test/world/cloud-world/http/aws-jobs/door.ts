import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Clock } from '../../../../../src/runtime/runtime.ts'
import { CloudError } from '../../faults.ts'
import type { CloudWorld } from '../../world.ts'
import { type HttpFaultPlan, send } from '../http-faults.ts'
import type { HttpDoor } from '../sts.ts'
import { Batch } from './batch.ts'
import { Ecs } from './ecs.ts'
import { Logs } from './logs.ts'
import type { Place } from './part.ts'
import { SageMaker } from './sagemaker.ts'

/** What runs steps on AWS beside ECS, and what they wrote, spoken to by the real SDKs. */
export interface AwsJobsDoor extends HttpDoor {
  readonly batch: Batch
  readonly ecs: Ecs
  readonly sagemaker: SageMaker
  /** Every request in order: `submitjob`, `CreateTrainingJob`, `GetLogEvents`. */
  readonly requests: { readonly name: string; readonly input: unknown }[]
  /** What goes wrong, by the name of a request and its number, from 1. */
  faults: HttpFaultPlan
  /** Called when a client waits for what will never come. */
  stuck: () => void
}

/**
 * Batch is REST with one path an operation (https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html);
 * SageMaker and CloudWatch Logs are AWS JSON 1.1 (https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html).
 */
export async function openAwsJobsDoor(
  world: CloudWorld,
  place: Place,
  clock: Pick<Clock, 'now'> = world.clock,
): Promise<AwsJobsDoor> {
  const logs = new Logs(clock)
  const batch = new Batch(world.store, clock, logs, place)
  const sagemaker = new SageMaker(clock, logs, place)
  const ecs = new Ecs(clock, logs, place)
  const requests: AwsJobsDoor['requests'] = []
  const call = (service: string, name: string, input: Record<string, unknown>): object => {
    if (service === 'batch') return batch.call(name, input)
    if (service === 'scheduler') return {}
    if (service.startsWith('AmazonEC2ContainerService')) return ecs.call(name, input)
    return service.startsWith('Logs') ? logs.call(name, input) : sagemaker.call(name, input)
  }
  const server = createServer((request, response) => {
    void text(request).then((content) => {
      const { service, name } = operationOf(request)
      const input = (content === '' ? {} : JSON.parse(content)) as Record<string, unknown>
      requests.push({ name, input })
      const fault = door.faults(name, requests.length)
      let status = 200
      let body = '{}'
      let code = ''
      if (fault?.kind === 'answer') {
        status = fault.status
        code = fault.code
        body = JSON.stringify({ __type: code, message: fault.message ?? code })
      } else if (fault?.kind !== 'hang') {
        try {
          body = JSON.stringify(call(service, name, input))
        } catch (error) {
          if (!(error instanceof CloudError)) throw error
          status = 400
          code = error.code
          body = JSON.stringify({ __type: code, message: error.message.slice(code.length + 2) })
        }
      }
      const headers = {
        'content-type': 'application/x-amz-json-1.1',
        ...(code === '' ? {} : { 'x-amzn-errortype': code }),
      }
      send(response, { status, headers, body }, fault, () => door.stuck())
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const door: AwsJobsDoor = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    batch,
    ecs,
    sagemaker,
    requests,
    faults: () => undefined,
    stuck: () => {},
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
  return door
}

/** `SageMaker.CreateTrainingJob` in a header, or `/v1/submitjob`. */
function operationOf({ headers, url = '' }: IncomingMessage): { service: string; name: string } {
  const target = headers['x-amz-target']
  // Of schedules it is enough here that they are made and removed.
  if (url.startsWith('/schedules/')) return { service: 'scheduler', name: url }
  if (typeof target !== 'string') return { service: 'batch', name: url.replace(/^\/v1\//, '') }
  const [service = '', name = ''] = target.split('.')
  return { service, name }
}
