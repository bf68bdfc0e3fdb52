import type { Clock } from '../../../../../src/runtime/runtime.ts'
import type { CloudWorld } from '../../world.ts'
import { type Answer, ok, Refused, refusal } from './answer.ts'
import type { Logging } from './logging.ts'
import { type Operations, typeUrl } from './operations.ts'
import { type Programs, programOf } from './programs.ts'
import { last } from './resources.ts'
import { type Order, type Run, type Runner, virtualRunner } from './runs.ts'

type Json = Record<string, unknown>

interface Job {
  readonly etag: number
  readonly template: Json
}

interface Execution {
  readonly name: string
  readonly job: string
  readonly createdAt: number
  readonly annotations: Json
  /** `600s`. */
  readonly timeout: string
  readonly run: Run
  readonly missing: string | undefined
}

interface Container {
  readonly image: string
  readonly command?: readonly string[]
  readonly env?: readonly { readonly name: string; readonly value?: string }[]
}

/** Virtual milliseconds until the operation of a patch has ended. */
const PATCHING = 300

/**
 * Jobs and their executions (https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.jobs): an execution runs the
 * template of its job at that moment with the overrides of its run, one task, as `runner` runs things.
 */
export class RunJobs {
  readonly #world: CloudWorld
  readonly #clock: Pick<Clock, 'now'>
  readonly #programs: Programs
  readonly #logging: Logging
  readonly #operations: Operations
  readonly #jobs = new Map<string, Job>()
  readonly executions: Execution[] = []
  runner: Runner

  constructor(
    world: CloudWorld,
    clock: Pick<Clock, 'now'>,
    programs: Programs,
    logging: Logging,
    operations: Operations,
  ) {
    this.#world = world
    this.#clock = clock
    this.#programs = programs
    this.#logging = logging
    this.#operations = operations
    this.runner = virtualRunner(clock)
  }

  answer(method: string, path: string, _url: URL, json: () => Json): Answer | undefined {
    const [, job = '', verb, execution, rest] =
      /^\/v2\/(projects\/[^/]+\/locations\/[^/]+\/jobs\/[^/:]+)(:run)?(?:\/executions(?:\/([^/:]+))?)?(:cancel|\/tasks)?$/.exec(
        path,
      ) ?? []
    if (job === '') return undefined
    if (execution !== undefined) return this.#execution(`${job}/executions/${execution}`, rest)
    if (path.endsWith('/executions')) return this.#list(job)
    const found = this.#find(job)
    if (verb === ':run') return this.#run(job, found, json())
    if (method === 'GET') return ok(this.#json(job))
    return this.#patch(job, found, json())
  }

  #find(name: string): Job {
    const known = this.#jobs.get(name)
    if (known !== undefined) return known
    if (this.#world.store.get('google_cloud_run_v2_job', name) === undefined) {
      throw new Refused('NOT_FOUND', `Resource '${last(name)}' of kind 'JOB' does not exist.`)
    }
    const made: Job = {
      etag: 1,
      template: { template: { containers: [{ image: 'us-docker.pkg.dev/cloudrun/container/job' }] } },
    }
    this.#jobs.set(name, made)
    return made
  }

  #json(name: string): Json {
    const { etag, template } = this.#find(name)
    return { name, etag: `"${etag}"`, template }
  }

  #patch(name: string, { etag }: Job, body: Json): Answer {
    this.#match(name, etag, body['etag'])
    this.#jobs.set(name, { etag: etag + 1, template: body['template'] as Json })
    return ok(this.#operations.start(name, 'Job', () => this.#json(name), { lasts: PATCHING }))
  }

  #match(name: string, etag: number, given: unknown): void {
    if (typeof given !== 'string' || given === '' || given === `"${etag}"`) return
    throw new Refused(
      'ABORTED',
      `Conflict for resource '${last(name)}': version '${given}' was specified but current version is '"${etag}"'.`,
    )
  }

  #run(name: string, job: Job, body: Json): Answer {
    this.#match(name, job.etag, body['etag'])
    const { annotations = {}, template: task } = job.template as { annotations?: Json; template: Json }
    const [container] = task['containers'] as Container[]
    if (container === undefined) throw new Refused('INVALID_ARGUMENT', 'a job has a container')
    const { containerOverrides = [], timeout = '600s' } = (body['overrides'] ?? {}) as {
      containerOverrides?: readonly Container[]
      timeout?: string
    }
    const variables = [...(container.env ?? []), ...(containerOverrides[0]?.env ?? [])]
    const execution = `${name}/executions/${last(name)}-${this.executions.length + 1}`
    const program = programOf(this.#programs, container.image)
    const labels = { 'run.googleapis.com/execution_name': last(execution) }
    const order: Order = {
      program: program ?? {},
      command: container.command ?? [],
      env: Object.fromEntries(variables.map((one) => [one.name, one.value ?? ''])),
      timeout: Number.parseFloat(timeout) * 1000,
      write: (stream, line, at) => {
        const resource = { type: 'cloud_run_job', labels: { job_name: last(name) } }
        this.#logging.write(`run.googleapis.com/${stream}`, resource, line, labels, at)
      },
    }
    const run = this.runner(order)
    const missing = program === undefined ? `Image '${container.image}' not found.` : undefined
    this.executions.push({
      name: execution,
      job: name,
      createdAt: this.#clock.now(),
      annotations,
      timeout,
      run,
      missing,
    })
    const result = (): Json => this.#executionJson(execution)
    return ok({
      ...this.#operations.start(name, 'Execution', result),
      metadata: { '@type': typeUrl('Execution'), ...result() },
    })
  }

  #list(job: string): Answer {
    this.#find(job)
    const all = this.executions.filter((one) => one.job === job).map(({ name }) => this.#executionJson(name))
    return ok({ executions: all.reverse() })
  }

  #execution(name: string, verb: string | undefined): Answer {
    const found = this.executions.find((one) => one.name === name)
    if (found === undefined) return refusal('NOT_FOUND', `${name} does not exist`)
    if (verb === '/tasks') return ok({ tasks: [this.#taskJson(found)] })
    if (verb === ':cancel') {
      found.run.cancel()
      return ok(this.#operations.start(name, 'Execution', () => this.#executionJson(name)))
    }
    return ok(this.#executionJson(name))
  }

  #executionJson(name: string): Json {
    const found = this.executions.find((one) => one.name === name)
    if (found === undefined) throw new Refused('NOT_FOUND', `${name} does not exist`)
    const { createdAt, annotations, timeout, run, missing } = found
    const iso = (at: number): string => new Date(at).toISOString()
    const base = { name, annotations, template: { timeout }, createTime: iso(createdAt) }
    const end = missing === undefined ? run.end() : { at: createdAt, code: null, by: 'itself' as const }
    if (end === undefined) {
      const running = { type: 'Completed', state: 'CONDITION_RECONCILING' }
      return { ...base, startTime: iso(createdAt), runningCount: 1, conditions: [running] }
    }
    const well = end.code === 0 && end.by === 'itself'
    const completed = {
      type: 'Completed',
      state: well ? 'CONDITION_SUCCEEDED' : 'CONDITION_FAILED',
      ...(well ? {} : { message: missing ?? 'Task failed.' }),
    }
    const count = well ? 'succeededCount' : end.by === 'cancel' ? 'cancelledCount' : 'failedCount'
    return {
      ...base,
      startTime: iso(createdAt),
      completionTime: iso(end.at),
      [count]: 1,
      conditions: [completed],
    }
  }

  /** https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.jobs.executions.tasks#TaskAttemptResult */
  #taskJson({ name, run }: Execution): Json {
    const end = run.end()
    if (end === undefined) return { name: `${name}/tasks/0` }
    const message = end.by === 'timeout' ? 'The configured timeout was reached.' : ''
    return {
      name: `${name}/tasks/0`,
      lastAttemptResult: {
        ...(end.code === null ? { termSignal: 9 } : end.code === 0 ? {} : { exitCode: end.code }),
        ...(message === '' ? {} : { status: { code: 4, message } }),
      },
    }
  }
}
