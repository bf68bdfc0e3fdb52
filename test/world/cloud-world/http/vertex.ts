import type { Clock } from '../../../../src/runtime/runtime.ts'
import { type Answer, ok, refusal } from './run/answer.ts'
import type { Api } from './run/door.ts'
import type { Logging } from './run/logging.ts'
import { type Programs, programOf } from './run/programs.ts'
import type { Run, Runner } from './run/runs.ts'

type Json = Readonly<Record<string, unknown>>

interface Pool {
  readonly replicaCount: number
  readonly containerSpec: {
    readonly imageUri: string
    readonly command?: readonly string[]
    readonly args?: readonly string[]
    readonly env?: readonly { readonly name: string; readonly value: string }[]
  }
}

interface CustomJob {
  readonly name: string
  readonly body: Json & {
    readonly jobSpec: {
      readonly workerPoolSpecs: readonly Pool[]
      readonly scheduling?: { readonly timeout?: string }
    }
  }
  readonly createdAt: number
  startedAt: number | undefined
  /** One a replica; the first is the one that counts. */
  runs: readonly Run[]
  cancelledAt: number | undefined
}

export interface VertexOptions {
  readonly programs: Programs
  readonly runner: Runner
  readonly logging: Logging
  readonly clock: Pick<Clock, 'now'>
  /** Milliseconds until a job has its machines. */
  readonly placing?: number
}

const PATH = /^\/v1\/(projects\/[^/]+\/locations\/[^/]+)\/customJobs(?:\/([^/:]+))?(:cancel)?$/

/**
 * Custom jobs of Vertex AI: no name of the caller's, no token against a second one
 * (https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.customJobs). ../README.md cites the rest.
 */
export class Vertex {
  readonly jobs: CustomJob[] = []
  readonly #options: VertexOptions

  constructor(options: VertexOptions) {
    this.#options = options
  }

  /** For `RunDoor`. */
  readonly api: Api = ({ method, url, text }) => {
    const [, place, id, verb] = PATH.exec(decodeURIComponent(url.pathname)) ?? []
    if (place === undefined) return undefined
    if (id === undefined) {
      return method === 'POST'
        ? this.#create(place, JSON.parse(text))
        : this.#list(place, url.searchParams.get('filter') ?? '')
    }
    const name = `${place}/customJobs/${id}`
    const job = this.jobs.find((one) => one.name === name)
    if (job === undefined) return refusal('NOT_FOUND', `The CustomJob "${name}" does not exist.`)
    if (verb === undefined) return ok(this.#json(job))
    if (this.#state(job).over) return refusal('FAILED_PRECONDITION', `${name} is in a terminal state`)
    job.cancelledAt ??= this.#options.clock.now()
    for (const run of job.runs) run.cancel()
    return ok({})
  }

  /** Containers that run at this moment. */
  running(): number {
    return this.jobs.filter((job) => this.#state(job).state === 'JOB_STATE_RUNNING').length
  }

  #create(place: string, body: CustomJob['body']): Answer {
    const { displayName } = body as { displayName?: unknown }
    if (typeof displayName !== 'string' || displayName === '' || displayName.length > 128) {
      return refusal('INVALID_ARGUMENT', 'displayName has 1 to 128 characters')
    }
    const labels = Object.entries((body['labels'] ?? {}) as Record<string, string>).flat()
    if (labels.some((one) => !/^[a-z0-9_-]{0,63}$/.test(one))) {
      return refusal('INVALID_ARGUMENT', 'labels are of lower-case letters, digits, "-" and "_"')
    }
    const job = {
      name: `${place}/customJobs/${this.jobs.length + 1}`,
      body,
      createdAt: this.#options.clock.now(),
      startedAt: undefined,
      runs: [],
      cancelledAt: undefined,
    }
    this.jobs.push(job)
    return ok(this.#json(job))
  }

  /** https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.customJobs/list */
  #list(place: string, filter: string): Answer {
    const terms = filter.split(' AND ').map((term) => /^(?:labels\.)?([\w-]+)="([^"]*)"$/.exec(term))
    if (terms.some((term) => term === null)) {
      return refusal('INVALID_ARGUMENT', `filter ${filter} is not simulated`)
    }
    const has = (body: CustomJob['body'], [term = '', key = '', wanted]: RegExpExecArray): boolean => {
      const labels = (body['labels'] ?? {}) as Record<string, string>
      return (term.startsWith('labels.') ? labels[key] : (body as Record<string, unknown>)[key]) === wanted
    }
    const own = this.jobs.filter(
      ({ name, body }) =>
        name.startsWith(`${place}/`) && terms.every((term) => term !== null && has(body, term)),
    )
    return ok({ customJobs: own.map((job) => this.#json(job)) })
  }

  #state(job: CustomJob): { state: string; over: boolean; endedAt?: number; message?: string } {
    this.#advance(job)
    const [first, ...others] = job.runs
    if (first === undefined) {
      if (job.cancelledAt === undefined) return { state: 'JOB_STATE_PENDING', over: false }
      return { state: 'JOB_STATE_CANCELLED', over: true, endedAt: job.cancelledAt }
    }
    const end = first.end()
    if (end === undefined) {
      return {
        state: job.cancelledAt === undefined ? 'JOB_STATE_RUNNING' : 'JOB_STATE_CANCELLING',
        over: false,
      }
    }
    for (const other of others) other.cancel()
    const endedAt = end.at
    if (end.by !== 'itself') return { state: 'JOB_STATE_CANCELLED', over: true, endedAt }
    if (end.code === 0) return { state: 'JOB_STATE_SUCCEEDED', over: true, endedAt }
    const message = `The replica workerpool0-0 exited with a non-zero status of ${end.code ?? 137}.`
    return { state: 'JOB_STATE_FAILED', over: true, endedAt, message }
  }

  #json(job: CustomJob): Json {
    const { state, endedAt, message } = this.#state(job)
    const iso = (at: number): string => new Date(at).toISOString()
    return {
      name: job.name,
      displayName: job.body['displayName'],
      labels: job.body['labels'],
      jobSpec: job.body.jobSpec,
      state,
      createTime: iso(job.createdAt),
      ...(job.startedAt === undefined ? {} : { startTime: iso(job.startedAt) }),
      ...(endedAt === undefined ? {} : { endTime: iso(endedAt) }),
      ...(message === undefined ? {} : { error: { code: 3, message } }),
    }
  }

  #advance(job: CustomJob): void {
    const { clock, programs, runner, logging, placing = 0 } = this.#options
    const at = job.createdAt + placing
    if (job.runs.length > 0 || job.cancelledAt !== undefined || clock.now() < at) return
    job.startedAt = at
    const { workerPoolSpecs, scheduling } = job.body.jobSpec
    const replicas = workerPoolSpecs.flatMap(({ replicaCount, containerSpec }, pool) =>
      Array.from({ length: replicaCount }, (_, index) => ({
        containerSpec,
        task: `workerpool${pool}-${index}`,
      })),
    )
    job.runs = replicas.map(({ containerSpec, task }) => {
      const { imageUri, command = [], args = [], env = [] } = containerSpec
      const labels = { job_id: job.name.slice(job.name.lastIndexOf('/') + 1), task_name: task }
      return runner({
        program: programOf(programs, imageUri) ?? { exits: 1, lasts: 0 },
        command: [...command, ...args],
        env: Object.fromEntries(env.map(({ name, value }) => [name, value])),
        timeout: Number.parseFloat(scheduling?.timeout ?? '604800s') * 1000,
        began: at,
        write: (_, line, when) => logging.write(task, { type: 'ml_job', labels }, line, {}, when),
      })
    })
  }
}
