import { Readable } from 'node:stream'
import type { ImageReference } from '../../../../../src/domain/digest.ts'
import { digestOf, imageReference } from '../../../../../src/domain/digest.ts'
import type { Targets } from '../../../../../src/domain/stacks/targets.ts'
import type { Step } from '../../../../../src/domain/system/step.ts'
import type { System } from '../../../../../src/domain/system/system.ts'
import { Ec2Jobs } from '../../../../../src/providers/aws/jobs/ec2/engine.ts'
import { openEc2Reaper } from '../../../../../src/providers/aws/jobs/ec2/reaper.ts'
import type { AwsSession } from '../../../../../src/providers/aws/session.ts'
import type { JobSpec } from '../../../../../src/providers/ports/jobs.ts'
import type { Reaper } from '../../../../../src/providers/ports/reaper.ts'
import type { Event } from '../../../../../src/runtime/events.ts'
import { fakeRuntime } from '../../../../../src/runtime/fake/index.ts'
import type { Clock, Runtime } from '../../../../../src/runtime/runtime.ts'
import { aStep } from '../../../../domain/pipeline/builders.ts'
import { Wire } from '../../../faults.ts'
import { LoopbackClock } from '../loopback-clock.ts'
import { type Answer, ec2Door } from './door.ts'
import { schedulerDoor } from './scheduler.ts'
import type { Ec2World } from './world.ts'

export const IMAGE: ImageReference = imageReference(
  '222222222222.dkr.ecr.us-east-1.amazonaws.com/films/app',
  digestOf('a'),
)
export const TEMPLATE = '222222222222.dkr.ecr.us-east-1.amazonaws.com/films-test/app:template'
export const HOUR = 3_600_000
const GROUP = '/pipelines/films/p/train'
const TAGS = { 'sluice:system': 'films', 'sluice:environment': 'test', 'sluice:step': 'p.train' }

export const TARGET = {
  kind: 'ec2-worker',
  region: 'us-east-1',
  launchTemplate: 'lt-1',
  instances: TAGS,
  template: TEMPLATE,
  machines: ['g5.xlarge', 'g6.xlarge'],
  spot: true,
  subnets: ['subnet-a', 'subnet-b'],
  securityGroups: ['sg-1'],
  publicAddress: true,
  killer: { schedule: 'films-test-p-train-killer', machine: 'arn:killer', role: 'arn:starter' },
  checkpoints: 's3://films-test-raw/.sluice/checkpoints/p.train/',
} as const

export const train: Step = aStep({
  name: 'train',
  engine: 'ec2',
  gpu: 1,
  spot: true,
  timeout: 2 * HOUR,
  env: { FROM_STEP: 'step' },
})

export const specOf = (id = 'train-1', step: Step = train): JobSpec => ({
  id,
  step,
  image: IMAGE,
  env: { SLUICE_RUN: '7' },
})

export interface Ec2Client {
  readonly jobs: Ec2Jobs
  readonly reaper: Reaper
  readonly wire: Wire
  readonly events: readonly Event[]
  readonly session: AwsSession
  readonly runtime: Runtime
  cancel(): void
}

export interface ClientOptions {
  readonly wire?: Wire
  /** Milliseconds that this client's clock goes ahead of the cloud's. */
  readonly skew?: number
  readonly target?: object
  readonly steps?: Readonly<Record<string, Step>>
}

/** One run of Sluice with machines on EC2: every request passes the wire, and time stands still meanwhile. */
export function ec2Client(world: Ec2World, options: ClientOptions = {}): Ec2Client {
  const { wire = new Wire(), skew = 0, target = TARGET, steps = { train } } = options
  const loopback = new LoopbackClock(world.clock)
  const clock: Clock = { now: () => loopback.now() + skew, sleep: (ms, signal) => loopback.sleep(ms, signal) }
  const asked = <T>(name: string, effect: () => T): Promise<T> =>
    loopback.during(() =>
      wire.request(name, async () => {
        await world.settle()
        return effect()
      }),
    )
  const controller = new AbortController()
  const base = fakeRuntime()
  const events: Event[] = []
  const runtime: Runtime = {
    ...base,
    clock,
    log: { emit: (event) => void events.push(event) },
    signals: { cancelled: controller.signal },
    http: {
      request: async ({ body, headers = {} }) => {
        const form = Object.fromEntries(new URLSearchParams(String(body)))
        const { status, body: text } = await asked(`ec2 ${form['Action']}`, () =>
          ec2Door(world, form, headers),
        )
        const date = new Date(world.clock.now()).toUTCString()
        return {
          status,
          headers: { date },
          text: async () => text,
          bytes: async () => Buffer.from(text),
          body: Readable.from([text]),
        }
      },
    },
  }
  const session = sessionOf(async ({ method, path, headers, body }) => {
    const operation = headers['x-amz-target']?.split('.').at(-1)
    return operation === undefined
      ? asked(`scheduler ${method}`, () => schedulerDoor(world, method, path, textOf(body)))
      : asked(`logs ${operation}`, () => logsDoor(world, JSON.parse(textOf(body)) as LogQuery))
  })
  const targets = {
    ledger: 's3://ledger/ledger',
    jobs: { 'p.train': target },
    logs: { 'p.train': `cloudwatch:us-east-1:${GROUP}` },
  } as unknown as Targets
  const system = {
    name: 'films',
    environment: { name: 'test' },
    pipelines: { p: { name: 'p', parameters: {}, steps } },
  } as unknown as System
  const objects = wire.wrap('objects', world.options.objects)
  const parts = { context: { runtime, system }, session, targets: async () => targets, objects }
  const jobs = new Ec2Jobs(parts)
  const reaper = openEc2Reaper(parts)
  return {
    jobs,
    reaper,
    wire,
    events,
    session,
    runtime,
    cancel: () => controller.abort(new Error('cancelled')),
  }
}

const textOf = (body: unknown): string =>
  body instanceof Uint8Array ? new TextDecoder().decode(body) : String(body ?? '')

interface LogQuery {
  readonly logStreamName: string
  readonly nextToken?: string
}

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html: the same token again is the end. */
function logsDoor(world: Ec2World, { logStreamName, nextToken = 'f/0' }: LogQuery): Answer {
  const events = world.logs.get(logStreamName)
  if (events === undefined) {
    return {
      status: 400,
      body: JSON.stringify({
        __type: 'ResourceNotFoundException',
        message: 'The specified log stream does not exist.',
      }),
    }
  }
  const from = Number(nextToken.slice(2))
  const page = events.slice(from, from + 100)
  const nextForwardToken = `f/${from + page.length}`
  return {
    status: 200,
    body: JSON.stringify({
      events: page.map(({ at, text }) => ({ timestamp: at, message: text })),
      nextForwardToken,
    }),
  }
}

interface Asked {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** Clients of the SDK that reach the world without a socket. */
function sessionOf(answer: (asked: Asked) => Promise<Answer>): AwsSession {
  const handler = {
    connectionTimeout: 1000,
    requestTimeout: 1000,
    throwOnRequestTimeout: true as const,
    handle: async (asked: Asked) => {
      const { status, body } = await answer(asked)
      const headers = { 'content-type': 'application/x-amz-json-1.1' }
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

/** What the official client of EC2 reaches the world by. */
export function ec2Handler(world: Ec2World): object {
  return {
    handle: async ({ body, headers }: Asked) => {
      await world.settle()
      const form = Object.fromEntries(new URLSearchParams(textOf(body)))
      const answer = ec2Door(world, form, headers)
      const response = {
        statusCode: answer.status,
        headers: { 'content-type': 'text/xml' },
        body: Readable.from([Buffer.from(answer.body)]),
      }
      return { response }
    },
    metadata: { handlerProtocol: 'http/1.1' },
    destroy: () => {},
  }
}

/** Modules that are loaded when first used take time of the machine's, which is none of the world's. */
export async function loadClients(): Promise<void> {
  await Promise.all([
    import('../../../../../src/providers/aws/sdk/scheduler.ts'),
    import('../../../../../src/providers/aws/sdk/logs.ts'),
    import('../../../../../src/providers/aws/sdk/signing.ts'),
    import('../../../../../src/providers/aws/sdk/xml.ts'),
  ])
}
