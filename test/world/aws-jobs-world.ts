import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { digestOf, type ImageReference, imageReference } from '../../src/domain/digest.ts'
import type { Targets } from '../../src/domain/stacks/targets.ts'
import type { Step } from '../../src/domain/system/step.ts'
import type { System } from '../../src/domain/system/system.ts'
import { openAwsJobs } from '../../src/providers/aws/jobs/index.ts'
import type { JobEngine, JobSpec } from '../../src/providers/ports/jobs.ts'
import { type FakeRuntime, fakeRuntime } from '../../src/runtime/fake/index.ts'
import type { Clock, Runtime } from '../../src/runtime/runtime.ts'
import { aStep } from '../domain/pipeline/builders.ts'
import { testSession } from '../providers/aws/session.ts'
import { type AwsJobsDoor, openAwsJobsDoor } from './cloud-world/http/aws-jobs/door.ts'
import { ECS_GROUP, ECS_PROVIDER } from './cloud-world/http/aws-jobs/ecs.ts'
import { LoopbackClock } from './cloud-world/http/loopback-clock.ts'
import type { RunProgram } from './cloud-world/http/run/programs.ts'
import { type Runner, virtualRunner } from './cloud-world/http/run/runs.ts'
import { CloudWorld } from './cloud-world/world.ts'
import { Wire } from './faults.ts'
import { MemoryObjects } from './objects.ts'

const REGION = 'us-east-1'
const ACCOUNT = '222222222222'
const BATCH = `arn:aws:batch:${REGION}:${ACCOUNT}`
export const QUEUE = `${BATCH}:job-queue/films-test-p-train`
const LEDGER = 's3://ledger/ledger'

/** The kinds of steps that this world has targets for. */
export type Engine = 'batch' | 'nodes' | 'sagemaker' | 'spot' | 'fargate' | 'machines'

export interface AwsJobsWorldOptions {
  readonly programs: Readonly<Record<string, RunProgram>>
  /** Default: by what programs say, on the world's clock. */
  readonly runner?: Runner
  /** Default: the world's. */
  readonly clock?: Clock
  /** Milliseconds until a job has its machine. */
  readonly placing?: number
}

export interface Client<R extends Runtime = Runtime> {
  readonly engine: JobEngine & { close(): void }
  readonly runtime: R
}

/** Steps of a system on Batch and on SageMaker, by the real SDKs. */
export class AwsJobsWorld implements AsyncDisposable {
  readonly cloud: CloudWorld
  readonly door: AwsJobsDoor
  readonly objects = new MemoryObjects()
  readonly loopback: LoopbackClock
  readonly #clients: { close(): void }[] = []

  constructor(cloud: CloudWorld, door: AwsJobsDoor) {
    this.cloud = cloud
    this.door = door
    this.loopback = new LoopbackClock(cloud.clock)
    door.stuck = () => this.loopback.release()
    const { store } = cloud
    store.put({ provider: 'aws', type: 'aws_batch_job_queue', key: QUEUE, attributes: {} })
    const container = {
      image: 'r/films:template',
      environment: [{ name: 'WHO', value: 'template' }],
    }
    door.ecs.define('films-test-p-fargate', 'FARGATE', { name: 'step', ...container })
    door.ecs.define('films-test-p-machines', 'EC2', { name: 'step', ...container })
    const base = { retry_strategy: { attempts: 3 }, timeout: null, tags: {} }
    store.put({
      provider: 'aws',
      type: 'aws_batch_job_definition',
      key: `${BATCH}:job-definition/films-test-p-batch:1`,
      attributes: {
        ...base,
        name: 'films-test-p-batch',
        type: 'container',
        container_properties: JSON.stringify(container),
      },
    })
    store.put({
      provider: 'aws',
      type: 'aws_batch_job_definition',
      key: `${BATCH}:job-definition/films-test-p-nodes:1`,
      attributes: {
        ...base,
        name: 'films-test-p-nodes',
        type: 'multinode',
        node_properties: JSON.stringify({
          mainNode: 0,
          numNodes: 3,
          nodeRangeProperties: [{ targetNodes: '0:', container }],
        }),
      },
    })
  }

  /** A client that knows nothing of what others have done. */
  open(engine: Engine, runtime: Runtime, options: { signal?: AbortSignal; attempts?: number } = {}): Client {
    const { attempts = 1, signal } = options
    const session = testSession({
      endpoint: this.door.url,
      account: ACCOUNT,
      region: REGION,
      attempts,
      timeout: 1_000,
      ...(signal === undefined ? {} : { signal }),
    })
    const jobs = openAwsJobs({
      context: { runtime, system: systemOf(engine) },
      session,
      targets: async () => targets(engine),
      objects: this.objects,
    })
    this.#clients.push(jobs)
    return { engine: jobs, runtime }
  }

  /**
   * A process of its own, in the world's time, that can be killed at any request to AWS or to the ledger.
   *
   * @param skew milliseconds that its clock goes ahead of the world's
   */
  client(engine: Engine, wire: Wire = new Wire(), skew = 0): Client<FakeRuntime> {
    const { loopback } = this
    const clock: Clock = {
      now: () => loopback.now() + skew,
      sleep: async (ms, signal) => {
        if (wire.dead) return never()
        await loopback.sleep(ms, signal)
        if (wire.dead) return never()
      },
    }
    const runtime = runtimeOn(clock)
    const handler = new NodeHttpHandler({ connectionTimeout: 2_000, requestTimeout: 2_000 })
    const overWire = {
      handle: (request: Parameters<NodeHttpHandler['handle']>[0], options: object) =>
        wire.request(nameOf(request), () =>
          loopback.during(async () => {
            const { response } = await handler.handle(request, options)
            const body = Readable.from([await buffer(response.body as Readable)])
            return { response: Object.assign(response, { body }) }
          }),
        ),
      destroy: () => handler.destroy(),
    }
    const session = testSession({ endpoint: this.door.url, account: ACCOUNT, region: REGION })
    const requestHandler = overWire as unknown as typeof session.clients.requestHandler
    const jobs = openAwsJobs({
      context: { runtime, system: systemOf(engine) },
      session: { ...session, clients: { ...session.clients, requestHandler } },
      targets: async () => targets(engine),
      objects: wire.wrap('ledger', this.objects),
    })
    this.#clients.push(jobs)
    return { engine: jobs, runtime }
  }

  record(id: string): unknown {
    return this.objects.json(`${LEDGER}/jobs/${id}.json`)
  }

  count(request: string): number {
    return this.door.requests.filter(({ name }) => name === request).length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.close()
    await this.door[Symbol.asyncDispose]()
  }
}

export async function openAwsJobsWorld(options: AwsJobsWorldOptions): Promise<AwsJobsWorld> {
  const cloud = new CloudWorld()
  const { clock = cloud.clock, placing = 0, programs } = options
  const { runner = virtualRunner(clock) } = options
  const named = new Map(Object.entries(programs).map(([name, program]) => [imageOf(name), program]))
  return new AwsJobsWorld(cloud, await openAwsJobsDoor(cloud, { programs: named, runner, placing }, clock))
}

export function imageOf(program: string): ImageReference {
  return imageReference(`${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/films-test/trainer`, digestOf(program))
}

/** A step of this engine; its name is `train`. */
export function stepOn(engine: Engine, change: Partial<Step> = {}): Step {
  const nodes = engine === 'nodes' ? 3 : 1
  return aStep({ command: ['python', 'train.py'], nodes, spot: engine === 'spot', ...change })
}

export function order(id: string, program: string, step: Step, env: Record<string, string> = {}): JobSpec {
  return { id, step, image: imageOf(program), env }
}

export function systemOf(engine: Engine): System {
  return {
    name: 'films',
    environment: { name: 'test', cloud: 'aws', account: ACCOUNT, region: REGION },
    pipelines: { p: { name: 'p', parameters: {}, steps: { train: stepOn(engine) } } },
  } as unknown as System
}

export function targets(engine: Engine, ledger = LEDGER): Targets {
  const onEcs = engine === 'fargate' || engine === 'machines'
  const onBatch = engine === 'batch' || engine === 'nodes'
  const target = onEcs
    ? ecsTarget(engine)
    : onBatch
      ? { kind: 'batch-job', region: REGION, queue: QUEUE, definition: `films-test-p-${engine}` }
      : {
          kind: 'sagemaker-training',
          region: REGION,
          role: `arn:aws:iam::${ACCOUNT}:role/films-test-p-train`,
          machine: 'ml.g5.xlarge',
          machines: 1,
          disk: 100,
          spot: engine === 'spot',
          output: 's3://films-test-models/p/train.sagemaker',
          environment: { WHO: 'template' },
          subnets: [],
          securityGroups: [],
        }
  return {
    schema: 'sluice.targets/v1',
    system: 'films',
    environment: 'test',
    ledger,
    jobs: { 'p.train': target },
    logs: { 'p.train': `cloudwatch:${REGION}:${onEcs ? ECS_GROUP : '/aws/batch/job'}` },
  } as unknown as Targets
}

/** As synth writes it, for a step on Fargate and for one on machines of the cluster's own. */
function ecsTarget(engine: 'fargate' | 'machines'): object {
  const killer = { schedule: 'films-test-task-killer', machine: 'arn:killer', role: 'arn:starter' }
  const family = `films-test-p-${engine}`
  const target = { kind: 'ecs-task', region: REGION, cluster: 'films-test', family, killer }
  return engine === 'machines'
    ? { ...target, machines: { provider: ECS_PROVIDER, type: 'g5.xlarge' } }
    : { ...target, subnets: ['subnet-1'], securityGroups: ['sg-1'], publicAddress: false }
}

/** A machine in memory on any clock. */
export function runtimeOn(clock: Clock): FakeRuntime {
  const runtime = fakeRuntime()
  return { ...runtime, clock: clock as typeof runtime.clock }
}

function nameOf({ headers, path }: { headers: Record<string, string>; path: string }): string {
  return (headers['x-amz-target'] ?? path).replace(/^.*[./]/, '')
}

function never<T>(): Promise<T> {
  return new Promise<T>(() => {})
}
