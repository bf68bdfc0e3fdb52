import { Readable } from 'node:stream'
import { digestOf, type ImageReference, imageReference } from '../../../../../src/domain/digest.ts'
import type { Targets } from '../../../../../src/domain/stacks/targets.ts'
import type { Step } from '../../../../../src/domain/system/step.ts'
import type { System } from '../../../../../src/domain/system/system.ts'
import { openAwsJobs } from '../../../../../src/providers/aws/jobs/index.ts'
import { openAwsReaper } from '../../../../../src/providers/aws/jobs/reaper.ts'
import type { AwsSession } from '../../../../../src/providers/aws/session.ts'
import type { JobEngine, JobSpec } from '../../../../../src/providers/ports/jobs.ts'
import type { Reaper } from '../../../../../src/providers/ports/reaper.ts'
import type { Event } from '../../../../../src/runtime/events.ts'
import { fakeRuntime } from '../../../../../src/runtime/fake/index.ts'
import type { Clock, Runtime } from '../../../../../src/runtime/runtime.ts'
import { aStep } from '../../../../domain/pipeline/builders.ts'
import { Wire } from '../../../faults.ts'
import { schedulerDoor } from '../ec2/scheduler.ts'
import { LoopbackClock } from '../loopback-clock.ts'
import { tasksDoor } from './door.ts'
import { machinesDoor } from './machines.ts'
import type { TaskWorld } from './world.ts'

export const HOUR = 3_600_000
const GROUP = '/pipelines/films/p/train'
export const KILLER = { schedule: 'films-test-task-killer', machine: 'arn:killer', role: 'arn:starter' }

const IMAGE: ImageReference = imageReference(
  '222222222222.dkr.ecr.us-east-1.amazonaws.com/films/app',
  digestOf('a'),
)

/** What synth writes for a step on Fargate, and for one on machines of the cluster's own. */
export const FARGATE = {
  kind: 'ecs-task',
  region: 'us-east-1',
  cluster: 'films-test',
  family: 'films-test-p-train',
  killer: KILLER,
  subnets: ['subnet-1'],
  securityGroups: ['sg-1'],
  publicAddress: false,
} as const
export const MACHINES = {
  kind: 'ecs-task',
  region: 'us-east-1',
  cluster: 'films-test',
  family: 'films-test-p-train',
  killer: KILLER,
  machines: { provider: 'films-test-p-train', type: 'g5.xlarge' },
} as const

export const train: Step = aStep({ name: 'train', engine: 'ecs', timeout: 2 * HOUR })

export const specOf = (id = 'train-1', step: Step = train): JobSpec => ({
  id,
  step,
  image: IMAGE,
  env: { SLUICE_RUN: '7' },
})

export interface TaskClient {
  readonly jobs: JobEngine
  readonly reaper: Reaper
  readonly wire: Wire
  readonly events: readonly Event[]
}

export interface ClientOptions {
  readonly wire?: Wire
  /** Milliseconds that this client's clock goes ahead of the cloud's. */
  readonly skew?: number
  readonly target?: object
  readonly env?: Readonly<Record<string, string>>
}

/** One run of Sluice with tasks on ECS: every request passes the wire, and time stands still meanwhile. */
export function taskClient(world: TaskWorld, options: ClientOptions = {}): TaskClient {
  const { wire = new Wire(), skew = 0, target = FARGATE, env = {} } = options
  applied(world)
  const loopback = new LoopbackClock(world.clock)
  const clock: Clock = { now: () => loopback.now() + skew, sleep: (ms, signal) => loopback.sleep(ms, signal) }
  const events: Event[] = []
  const runtime: Runtime = {
    ...fakeRuntime({ env }),
    clock,
    log: { emit: (event) => void events.push(event) },
    signals: { cancelled: new AbortController().signal },
    http: { request: async ({ body }) => machinesAnswer(world, String(body ?? '')) },
  }
  const session = sessionOf(world, (name, effect) =>
    loopback.during(() =>
      wire.request(name, async () => {
        await world.settle()
        return effect()
      }),
    ),
  )
  const targets = {
    ledger: 's3://ledger/ledger',
    jobs: { 'p.train': target },
    logs: { 'p.train': `cloudwatch:us-east-1:${GROUP}` },
  } as unknown as Targets
  const system = {
    name: 'films',
    environment: { name: 'test' },
    pipelines: { p: { name: 'p', parameters: {}, steps: { train } } },
  } as unknown as System
  const objects = wire.wrap('objects', world.objects)
  const parts = { context: { runtime, system }, session, targets: async () => targets, objects }
  return { jobs: openAwsJobs(parts), reaper: openAwsReaper(parts), wire, events }
}

/** The definition that the stacks made. */
function applied(world: TaskWorld): void {
  if (world.definitions.has('films-test-p-train')) return
  const containerDefinitions = [{ name: 'step', image: 'r/films:template', essential: true }]
  world.definitions.set('films-test-p-train', {
    body: { family: 'films-test-p-train', cpu: '1024', containerDefinitions },
  })
}

interface Asked {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

type Request = <T>(name: string, effect: () => T) => Promise<T>

/** Clients of the SDK that reach the world without a socket. */
function sessionOf(world: TaskWorld, request: Request): AwsSession {
  const answer = ({ method, path, headers, body }: Asked) => {
    const [service = '', operation] = (headers['x-amz-target'] ?? '').split('.')
    const content = body instanceof Uint8Array ? new TextDecoder().decode(body) : String(body ?? '')
    if (operation === undefined) {
      return request(`scheduler ${method}`, () => schedulerDoor(world, method, path, content))
    }
    const input = JSON.parse(content) as Readonly<Record<string, unknown>>
    return service.startsWith('Logs')
      ? request(`logs ${operation}`, () => logsOf(world, String(input['logStreamName']), input['nextToken']))
      : request(`ecs ${operation}`, () => tasksDoor(world, operation, input))
  }
  const handler = {
    connectionTimeout: 1000,
    requestTimeout: 1000,
    throwOnRequestTimeout: true as const,
    handle: async (asked: Asked) => {
      const { status, body } = await answer(asked)
      // A refusal at another time than this machine's is asked again by the SDK, once, now and then.
      const date = status === 200 ? { date: new Date(world.clock.now()).toUTCString() } : {}
      const headers = { 'content-type': 'application/x-amz-json-1.1', ...date }
      return { response: { statusCode: status, headers, body: Readable.from([Buffer.from(body)]) } }
    },
    metadata: { handlerProtocol: 'http/1.1' },
    destroy: () => {},
  }
  return {
    account: '222222222222',
    region: 'us-east-1',
    clients: {
      region: 'us-east-1',
      endpoint: 'http://aws.world',
      maxAttempts: 2,
      requestHandler: handler,
      credentials: async () => ({ accessKeyId: 'AKIATEST', secretAccessKey: 'canary-secret' }),
    },
    call: { abortSignal: new AbortController().signal },
  }
}

function machinesAnswer(world: TaskWorld, asked: string) {
  const { status, body: text } = machinesDoor(world, new URLSearchParams(asked))
  return {
    status,
    headers: { date: new Date(world.clock.now()).toUTCString() },
    text: async () => text,
    bytes: async () => Buffer.from(text),
    body: Readable.from([text]),
  }
}

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html: the same token again is the end. */
function logsOf(world: TaskWorld, stream: string, token: unknown) {
  const all = world.logs.get(stream)
  if (all === undefined) {
    return {
      status: 400,
      body: JSON.stringify({ __type: 'ResourceNotFoundException', message: 'no stream' }),
    }
  }
  const from = Number(String(token ?? 'f/0').slice(2))
  const events = all.slice(from).map(({ at, text }) => ({ timestamp: at, message: text }))
  return { status: 200, body: JSON.stringify({ events, nextForwardToken: `f/${all.length}` }) }
}

/** Modules that are loaded when first used take time of the machine's, which is none of the world's. */
export async function loadClients(): Promise<void> {
  await Promise.all([
    import('../../../../../src/providers/aws/sdk/ecs.ts'),
    import('../../../../../src/providers/aws/sdk/scheduler.ts'),
    import('../../../../../src/providers/aws/sdk/logs.ts'),
  ])
}
