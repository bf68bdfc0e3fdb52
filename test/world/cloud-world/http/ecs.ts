import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { CloudError } from '../faults.ts'
import type { CloudWorld } from '../world.ts'
import { type Schedule, type Scheduling, schedulerDoor } from './ec2/scheduler.ts'
import { EcsApi } from './ecs/api.ts'
import type { TaskBehaviour } from './ecs/behaviour.ts'
import type { Program } from './ecs/one-shot.ts'
import { type HttpFault, type HttpFaultPlan, send } from './http-faults.ts'
import type { HttpDoor } from './sts.ts'

/** The door of ECS: the API of the real SDK over the store that an apply fills. */
export interface EcsDoor extends HttpDoor {
  readonly api: EcsApi
  /** Who answers from now on: the credentials are of another account, or lead to another region. */
  elsewhere: EcsApi | undefined
  /** Every request in order, by the name of its operation, with when it came. */
  readonly requests: { readonly name: string; readonly at: number; readonly input: unknown }[]
  /** What goes wrong, by the name of a request and its number, from 1. */
  faults: HttpFaultPlan
  /** Called when a client waits for what will never come. */
  stuck: () => void
}

export interface EcsDoorOptions {
  /** By image reference; default: good in 30 s. */
  readonly behaviour?: (image: string) => TaskBehaviour
  /** What runs in a task of its own; default: nothing, and it ends well. */
  readonly program?: Program
}

/** AWS JSON 1.1: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html */
export async function openEcs(
  world: CloudWorld,
  { behaviour = () => ({}), program = async () => 0 }: EcsDoorOptions = {},
): Promise<EcsDoor> {
  const api = new EcsApi(world, behaviour, program)
  const requests: EcsDoor['requests'] = []
  const answer = (
    name: string,
    body: string,
    fault: HttpFault | undefined,
  ): { status: number; body: string } => {
    if (fault?.kind === 'answer') {
      return {
        status: fault.status,
        body: JSON.stringify({ __type: fault.code, message: fault.message ?? fault.code }),
      }
    }
    // A request that never gets an answer was never read either.
    if (fault?.kind === 'hang') return { status: 200, body: '' }
    try {
      return {
        status: 200,
        body: JSON.stringify((door.elsewhere ?? api).call(name, JSON.parse(body) as Record<string, unknown>)),
      }
    } catch (error) {
      if (!(error instanceof CloudError)) throw error
      const message = error.message.slice(error.code.length + 2)
      return { status: 400, body: JSON.stringify({ __type: error.code, message }) }
    }
  }
  // Nothing fires here: a killer that is asked for is there, and no more.
  const schedules = new Map<string, Schedule>()
  const scheduling: Scheduling = {
    clock: world.clock,
    schedules,
    schedule: (one) => {
      if (schedules.has(one.name)) return 'there'
      schedules.set(one.name, one)
      return 'made'
    },
  }
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { method = '', url = '' } = request
      if (url.startsWith('/schedules/')) {
        const said = schedulerDoor(scheduling, method, url, body)
        response.writeHead(said.status, { 'content-type': 'application/json' }).end(said.body)
        return
      }
      const name = operationOf(request)
      requests.push({ name, at: world.clock.now(), input: JSON.parse(body) })
      const fault = door.faults(name, requests.length)
      const { status, body: said } = answer(name, body, fault)
      const headers = {
        'content-type': 'application/x-amz-json-1.1',
        ...(fault?.kind === 'answer' && fault.retryAfter !== undefined
          ? { 'retry-after': String(fault.retryAfter) }
          : {}),
      }
      send(response, { status, headers, body: said }, fault, () => door.stuck())
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const door: EcsDoor = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    api,
    elsewhere: undefined,
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

function operationOf(request: IncomingMessage): string {
  const target = request.headers['x-amz-target']
  return typeof target === 'string' ? target.slice(target.indexOf('.') + 1) : ''
}
