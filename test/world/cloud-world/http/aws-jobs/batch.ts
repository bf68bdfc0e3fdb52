import type { Clock } from '../../../../../src/runtime/runtime.ts'
import { CloudError } from '../../faults.ts'
import type { CloudStore } from '../../store.ts'
import type { Value } from '../../value.ts'
import type { Logs } from './logs.ts'
import { Part, type Place } from './part.ts'

type Json = Readonly<Record<string, unknown>>

interface Container {
  readonly image: string
  readonly command?: readonly string[]
  readonly environment?: readonly { readonly name: string; readonly value: string }[]
}

interface Definition {
  readonly arn: string
  readonly name: string
  readonly revision: number
  readonly body: Json
}

interface Job {
  readonly id: string
  readonly name: string
  readonly queue: string
  readonly definition: Definition
  readonly createdAt: number
  readonly kind: 'single' | 'array' | 'nodes'
  /** One for a single job; the children of an array; the nodes of a job on several. */
  readonly parts: readonly Part[]
}

const GROUP = '/aws/batch/job'
const ENDED = ['SUCCEEDED', 'FAILED']

/**
 * AWS Batch as far as jobs of steps ask it. ../../README.md cites the page of each behaviour. Jobs are run by `place`.
 */
export class Batch {
  readonly jobs: Job[] = []
  /** Milliseconds until lists show a new job. */
  shows = 0
  readonly #store: CloudStore
  readonly #clock: Pick<Clock, 'now'>
  readonly #logs: Logs
  readonly #place: Place

  constructor(store: CloudStore, clock: Pick<Clock, 'now'>, logs: Logs, place: Place) {
    this.#store = store
    this.#clock = clock
    this.#logs = logs
    this.#place = place
  }

  /** @throws CloudError as Batch refuses. */
  call(operation: string, input: Json): Json {
    switch (operation) {
      case 'describejobdefinitions':
        return { jobDefinitions: this.#definitions(input).map(definitionJson) }
      case 'registerjobdefinition':
        return this.#register(input)
      case 'submitjob':
        return this.#submit(input)
      case 'describejobs':
        return { jobs: textsOf(input['jobs']).flatMap((id) => this.#describe(id)) }
      case 'listjobs':
        return { jobSummaryList: this.#list(input) }
      case 'terminatejob':
        return this.#terminate(String(input['jobId']), String(input['reason']))
      default:
        throw new CloudError('ClientException', `${operation} is not simulated`)
    }
  }

  /** Containers that run at this moment. */
  running(): number {
    return this.jobs.flatMap(({ parts }) => parts).filter((part) => part.status() === 'RUNNING').length
  }

  /** The machine under a part is taken away: "Host EC2 (instance i-...) terminated." */
  takeHost(id: string): void {
    for (const part of this.#of(id).parts) part.takeHost()
  }

  #definitions(input: Json): Definition[] {
    const wanted = String(input['jobDefinitionName'] ?? '')
    return this.#all().filter(({ name }) => wanted === '' || name === wanted)
  }

  #all(): Definition[] {
    return this.#store.list('aws_batch_job_definition').map(({ key, attributes }) => {
      const { name, type, container_properties: container, node_properties: nodes, tags } = attributes
      const [retry] = [attributes['retry_strategy']].flat() as (Value | undefined)[]
      const [timeout] = [attributes['timeout']].flat() as (Value | undefined)[]
      return {
        arn: key,
        name: String(name),
        revision: Number(/:(\d+)$/.exec(key)?.[1]),
        body: {
          type,
          ...(container ? { containerProperties: JSON.parse(String(container)) } : {}),
          ...(nodes ? { nodeProperties: JSON.parse(String(nodes)) } : {}),
          ...(retry ? { retryStrategy: retry } : {}),
          ...(timeout ? { timeout } : {}),
          tags: tags ?? {},
        },
      }
    })
  }

  #register(input: Json): Json {
    const name = String(input['jobDefinitionName'])
    const revision = this.#store.next(`aws_batch_job_definition ${name}`)
    const place = (this.#store.list('aws_batch_job_queue')[0]?.key ?? '').split(':job-queue')[0]
    const arn = `${place}:job-definition/${name}:${revision}`
    const text = (value: unknown): Value => (value === undefined ? null : JSON.stringify(value))
    this.#store.put({
      provider: 'aws',
      type: 'aws_batch_job_definition',
      key: arn,
      attributes: {
        name,
        type: String(input['type']),
        container_properties: text(input['containerProperties']),
        node_properties: text(input['nodeProperties']),
        retry_strategy: (input['retryStrategy'] ?? null) as Value,
        timeout: (input['timeout'] ?? null) as Value,
        tags: (input['tags'] ?? {}) as Value,
      },
    })
    return { jobDefinitionName: name, jobDefinitionArn: arn, revision }
  }

  #submit(input: Json): Json {
    const name = String(input['jobName'])
    if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/.test(name)) {
      throw new CloudError('ClientException', `Job name ${name} should match valid pattern`)
    }
    const queue = String(input['jobQueue'])
    if (this.#store.get('aws_batch_job_queue', queue) === undefined) {
      throw new CloudError('ClientException', `JobQueue ${queue} not found.`)
    }
    const definition = this.#all().find(({ arn }) => arn === input['jobDefinition'])
    if (definition === undefined) {
      throw new CloudError('ClientException', `JobDefinition ${String(input['jobDefinition'])} not found.`)
    }
    const seconds = Number((input['timeout'] as Json | undefined)?.['attemptDurationSeconds'] ?? 60)
    if (seconds < 60) throw new CloudError('ClientException', 'attemptDurationSeconds is at least 60')
    const number = this.#store.next('batch job')
    const id = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
    const { kind, parts } = this.#parts(id, definition, input, seconds * 1000)
    const job = { id, name, queue, definition, createdAt: this.#clock.now(), kind, parts }
    this.jobs.push(job)
    return { jobId: id, jobName: name, jobArn: `${queue.split(':job-queue')[0]}:job/${id}` }
  }

  #parts(id: string, { body, name }: Definition, input: Json, timeout: number): Pick<Job, 'kind' | 'parts'> {
    const retry = body['retryStrategy'] as { attempts?: number } | undefined
    const make = (
      suffix: string,
      container: Container,
      overrides: Json,
      env: Record<string, string>,
    ): Part => {
      const stream = `${name}/default/${id}${suffix.replace(/[:#]/, '-')}`
      return new Part(this.#clock, this.#place, {
        id: `${id}${suffix}`,
        image: container.image,
        command: (overrides['command'] ?? container.command ?? []) as string[],
        env: {
          ...variables(container.environment),
          ...variables(overrides['environment']),
          AWS_BATCH_JOB_ID: `${id}${suffix}`,
          ...env,
        },
        timeout,
        attempts: retry?.attempts ?? 1,
        stream,
        write: (line, at) => this.#logs.write(GROUP, stream, line, at),
      })
    }
    const nodes = body['nodeProperties'] as
      | { numNodes: number; nodeRangeProperties: { container: Container }[] }
      | undefined
    if (nodes !== undefined) {
      const container = nodes.nodeRangeProperties[0]?.container ?? { image: '' }
      const overrides = ((input['nodeOverrides'] as Json | undefined)?.['nodePropertyOverrides'] ?? []) as {
        containerOverrides: Json
      }[]
      const parts = Array.from({ length: nodes.numNodes }, (_, index) =>
        make(`#${index}`, container, overrides[0]?.containerOverrides ?? {}, {
          AWS_BATCH_JOB_MAIN_NODE_INDEX: '0',
          AWS_BATCH_JOB_NODE_INDEX: String(index),
          AWS_BATCH_JOB_NUM_NODES: String(nodes.numNodes),
          ...(index === 0 ? {} : { AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS: '10.0.0.1' }),
        }),
      )
      return { kind: 'nodes', parts }
    }
    const container = body['containerProperties'] as Container
    const overrides = (input['containerOverrides'] ?? {}) as Json
    const size = Number((input['arrayProperties'] as Json | undefined)?.['size'] ?? 0)
    if (size === 0) return { kind: 'single', parts: [make('', container, overrides, {})] }
    const parts = Array.from({ length: size }, (_, index) =>
      make(`:${index}`, container, overrides, { AWS_BATCH_JOB_ARRAY_INDEX: String(index) }),
    )
    return { kind: 'array', parts }
  }

  #describe(id: string): readonly Json[] {
    const job = this.jobs.find((one) => one.id === id.split(/[:#]/)[0])
    if (job === undefined) return []
    const part = job.parts.find((one) => one.id === id)
    return [part === undefined ? this.#jobJson(job) : { ...this.#base(job), ...part.json() }]
  }

  #base({ name, queue, definition, createdAt }: Job): Json {
    return { jobName: name, jobQueue: queue, jobDefinition: definition.arn, createdAt }
  }

  #jobJson(job: Job): Json {
    const [first] = job.parts
    if (first === undefined) throw new Error('a job has a part')
    const { container: _container, ...main } = first.json() as Json & { container?: unknown }
    if (job.kind === 'nodes') {
      if (ENDED.includes(first.status()))
        for (const other of job.parts.slice(1)) other.stop('main node ended')
      const nodeProperties = { numNodes: job.parts.length, mainNode: 0, nodeRangeProperties: [] }
      return { ...this.#base(job), ...main, jobId: job.id, nodeProperties }
    }
    if (job.kind === 'single') return { ...this.#base(job), ...first.json() }
    const states = job.parts.map((part) => part.status())
    const statusSummary: Record<string, number> = {}
    for (const state of states) statusSummary[state] = (statusSummary[state] ?? 0) + 1
    const over = states.every((state) => ENDED.includes(state))
    const status = over ? (states.includes('FAILED') ? 'FAILED' : 'SUCCEEDED') : 'PENDING'
    const ends = job.parts.map((part) => Number(part.json()['stoppedAt'] ?? 0))
    return {
      ...this.#base(job),
      jobId: job.id,
      status,
      ...(status === 'FAILED'
        ? { statusReason: job.parts.find((one) => one.terminated)?.terminated ?? 'Array Child Job failed' }
        : {}),
      ...(over ? { startedAt: job.createdAt, stoppedAt: Math.max(...ends) } : {}),
      arrayProperties: { size: job.parts.length, statusSummary },
    }
  }

  #list(input: Json): readonly Json[] {
    const { arrayJobId, jobStatus = 'RUNNING', jobQueue } = input
    if (arrayJobId !== undefined) {
      const { parts, name } = this.#of(String(arrayJobId))
      return parts
        .filter((part) => part.status() === jobStatus)
        .map((part) => ({ jobId: part.id, jobName: name, status: part.status() }))
    }
    const [filter] = (input['filters'] ?? []) as { name: string; values: string[] }[]
    return this.jobs
      .filter(({ createdAt }) => this.#clock.now() >= createdAt + this.shows)
      .filter(({ queue }) => queue === jobQueue)
      .filter(
        ({ name }) => filter?.values.some((value) => value.toLowerCase() === name.toLowerCase()) ?? true,
      )
      .map((job) => ({
        jobId: job.id,
        jobName: job.name,
        createdAt: job.createdAt,
        status: this.#jobJson(job)['status'],
      }))
      .filter(({ status }) => filter !== undefined || status === jobStatus)
  }

  #terminate(id: string, reason: string): Json {
    for (const part of this.#of(id).parts) part.stop(reason)
    return {}
  }

  #of(id: string): Job {
    const job = this.jobs.find((one) => one.id === id)
    if (job === undefined) throw new CloudError('ClientException', `Job ${id} not found.`)
    return job
  }
}

function definitionJson({ arn, name, revision, body }: Definition): Json {
  return { jobDefinitionName: name, jobDefinitionArn: arn, revision, status: 'ACTIVE', ...body }
}

function variables(list: unknown): Record<string, string> {
  const all = Array.isArray(list) ? (list as { name: string; value: string }[]) : []
  return Object.fromEntries(all.map(({ name, value }) => [name, value]))
}

const textsOf = (value: unknown): readonly string[] => (Array.isArray(value) ? (value as string[]) : [])
