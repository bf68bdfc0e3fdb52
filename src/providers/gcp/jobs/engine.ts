import { externalError, SluiceError, usageError } from '../../../domain/error.ts'
import type { Named } from '../../../domain/named.ts'
import type { Pipeline } from '../../../domain/step.ts'
import type { Targets } from '../../../domain/targets.ts'
import { pollUntil } from '../../../runtime/poll.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import type { JobEngine, JobSpec, JobStatus } from '../../ports/jobs.ts'
import type { LogLine } from '../../ports/operations.ts'
import type { GcpClient } from '../client.ts'
import { linesSince, readLogs } from '../logs.ts'
import { follow } from '../services/api.ts'
import { GcpError } from '../trouble.ts'
import { type JobsApi, jobsApi } from './api.ts'
import { type Execution, PENDING, statusOf } from './execution.ts'
import type { JobRecord, JobRecords, Stored } from './record.ts'
import { JOB, jobTarget, overridesOf, runTemplate } from './template.ts'

export interface JobsOptions {
  readonly runtime: Runtime
  readonly client: GcpClient
  readonly records: JobRecords
  readonly targets: () => Promise<Targets>
  readonly pipelines: Named<Pipeline>
  readonly project: string
  /** Milliseconds between two looks. @default 2 s */
  readonly pace?: number
}

/** A claim without an execution is somebody's who died: after this long another may start it, milliseconds. */
const CLAIM = 120_000
const PACE = 2000
/** Beyond the step's time-out, for Cloud Run to end it by itself. */
const GRACE = 15_000
const CONFLICTS = 10
/** A step and its stop are followed for so long, at most. */
const STOPPING = 5 * 60_000
const LONGEST = 8 * 24 * 3600_000

/** Steps as executions of jobs of Cloud Run. */
export class CloudRunJobs implements JobEngine {
  readonly #options: JobsOptions
  readonly #api: JobsApi
  readonly #pace: number

  constructor(options: JobsOptions) {
    this.#options = options
    this.#api = jobsApi(options.client)
    this.#pace = options.pace ?? PACE
  }

  async start(spec: JobSpec): Promise<void> {
    const { runtime, records, targets, pipelines } = this.#options
    const target = jobTarget(await targets(), pipelines, spec)
    const job = `projects/${target.project}/locations/${target.location}/jobs/${target.name}`
    const fresh = (): JobRecord => ({
      schema: 'sluice.job/v1',
      id: spec.id,
      job,
      step: spec.step.name,
      timeout: spec.step.timeout,
      claimedAt: runtime.clock.now(),
      execution: null,
      ending: null,
    })
    for (;;) {
      const before = await records.read(spec.id)
      if (before !== undefined && (await this.#executionOf(before)) !== undefined) return
      const waited = before === undefined ? CLAIM : runtime.clock.now() - before.record.claimedAt
      if (waited < CLAIM) {
        await runtime.clock.sleep(this.#pace, runtime.signals.cancelled)
        continue
      }
      const claimed = await records.write(fresh(), before?.etag)
      if (claimed === 'conflict') continue
      const execution = await this.#launch(job, target.template, spec)
      await records.write({ ...claimed.record, execution }, claimed.etag)
      return
    }
  }

  async status(id: string): Promise<JobStatus | undefined> {
    const stored = await this.#options.records.read(id)
    return stored === undefined ? undefined : this.#statusOf(stored)
  }

  async wait(id: string): Promise<JobStatus> {
    const { runtime, records } = this.#options
    const { clock, signals } = runtime
    const first = await records.read(id)
    if (first === undefined) throw unknownJob(id)
    const relay = this.#relay(first.record)
    const done = new AbortController()
    const output = relay(done.signal)
    const ended = await pollUntil(
      runtime,
      async (): Promise<JobStatus | undefined> => {
        const stored = (await records.read(id)) ?? first
        const status = await this.#statusOf(stored)
        if (status.endedAt !== null) return status
        const began = status.startedAt ?? stored.record.claimedAt
        const late = clock.now() > began + stored.record.timeout + (status.startedAt === null ? CLAIM : 0)
        if (late && stored.record.ending === null) await this.#end(stored, 'timed-out')
        return undefined
      },
      {
        every: this.#pace,
        deadline: clock.now() + Math.min(LONGEST, first.record.timeout + CLAIM + STOPPING + GRACE),
        signal: signals.cancelled,
        bear: { transient: isTransient, inARow: 10 },
      },
    ).finally(() => done.abort(new Error('ended')))
    await output
    if (ended !== 'timed-out') return ended.found
    throw externalError('service', {
      what: `job ${id} has not ended although its time is over`,
      remedy: `look at ${first.record.execution ?? first.record.job} in the console of Cloud Run`,
    })
  }

  async stop(id: string): Promise<void> {
    const { runtime, records } = this.#options
    const { clock } = runtime
    const first = await records.read(id)
    if (first === undefined) return
    if ((await this.#statusOf(first)).endedAt === null) await this.#end(first, 'stopped')
    await pollUntil(
      runtime,
      async () => {
        const stored = await records.read(id)
        return stored === undefined || (await this.#statusOf(stored)).endedAt !== null ? true : undefined
      },
      {
        every: this.#pace,
        // A cancelled run stops its jobs, so the cancel does not end this.
        deadline: clock.now() + STOPPING,
        bear: { transient: isTransient, inARow: 10 },
      },
    )
  }

  async *logs(id: string): AsyncIterable<LogLine> {
    const { client, runtime, records } = this.#options
    const stored = await records.read(id)
    const execution = stored === undefined ? undefined : await this.#executionOf(stored)
    if (execution === undefined) return
    const query = { follow: false, since: Date.parse(execution.createTime), tail: 0 }
    yield* readLogs(client, runtime.clock, this.#logPlace(execution.name), query)
  }

  /** The execution's name. A template of somebody else's meanwhile is seen by its etag, and ours put there again. */
  async #launch(job: string, template: Record<string, unknown> | undefined, spec: JobSpec): Promise<string> {
    const { runtime, client } = this.#options
    for (let attempt = 1; ; attempt++) {
      try {
        const before = await this.#job(job)
        const wanted = runTemplate(template ?? before.template, spec)
        await follow(runtime, client, `preparing ${spec.id}`, await this.#api.patch(before, wanted))
        const { etag } = await this.#job(job)
        const operation = await this.#api.run(job, etag, overridesOf(spec, wanted))
        const { metadata } = operation as { metadata?: { name?: unknown } }
        if (typeof metadata?.name === 'string') return metadata.name
        const found = await this.#byId(job, spec.id)
        if (found !== undefined) return found.name
        throw externalError('service', { what: `${spec.id} was started, and Cloud Run does not show it` })
      } catch (error) {
        const found = await this.#byId(job, spec.id)
        if (found !== undefined) return found.name
        if (!(error instanceof GcpError) || error.status !== 409 || attempt >= CONFLICTS) throw error
      }
    }
  }

  async #job(job: string) {
    const found = await this.#api.find(job)
    if (found !== undefined) return found
    throw new SluiceError('stale', 'user', {
      what: `there is no job ${job}`,
      remedy: 'run "sluice plan", then "sluice apply"',
    })
  }

  /** Of several by chance, the first one counts; the others are cancelled. */
  async #byId(job: string, id: string): Promise<Execution | undefined> {
    const found: Execution[] = []
    for await (const execution of this.#api.executions(job)) {
      if (execution.annotations[JOB] === id) found.push(execution)
    }
    const [first, ...others] = found.toSorted((a, b) => Date.parse(a.createTime) - Date.parse(b.createTime))
    for (const { name, completionTime } of others) {
      if (completionTime === undefined) await this.#api.cancel(name)
    }
    return first
  }

  async #executionOf({ record }: Stored): Promise<Execution | undefined> {
    const named = record.execution === null ? undefined : await this.#api.execution(record.execution)
    return named ?? this.#byId(record.job, record.id)
  }

  async #statusOf(stored: Stored): Promise<JobStatus> {
    const execution = await this.#executionOf(stored)
    if (execution === undefined) return PENDING
    const ended = execution.completionTime !== undefined && execution.succeededCount === 0
    return statusOf(stored.record, execution, ended ? await this.#api.task(execution.name) : undefined)
  }

  /** Who ends it is written down first: the end itself looks the same. */
  async #end(stored: Stored, ending: 'stopped' | 'timed-out'): Promise<void> {
    const { record, etag } = stored
    const noted =
      record.ending === null ? await this.#options.records.write({ ...record, ending }, etag) : stored
    if (noted === 'conflict') return
    const execution = await this.#executionOf(stored)
    if (execution !== undefined && execution.completionTime === undefined) {
      await this.#api.cancel(execution.name)
    }
  }

  /** Lines as they come, until `ended`, and then what has come since. */
  #relay({ id, step }: JobRecord): (ended: AbortSignal) => Promise<void> {
    const { runtime, records, client } = this.#options
    const { clock, log } = runtime
    return async (ended) => {
      const seen = new Set<string>()
      const look = async (): Promise<void> => {
        const stored = await records.read(id)
        const execution = stored === undefined ? undefined : await this.#executionOf(stored)
        if (execution === undefined) return
        const place = this.#logPlace(execution.name)
        for await (const { key, line } of linesSince(client, place, Date.parse(execution.createTime))) {
          if (seen.has(key)) continue
          seen.add(key)
          log.emit({ kind: 'output', source: step, line: line.text })
        }
      }
      while (!ended.aborted) {
        // Lines that cannot be read at this moment are there at the next look, or in the end.
        await look().catch(() => {})
        await clock.sleep(this.#pace * 2, ended).catch(() => {})
      }
      await look().catch(() => {})
    }
  }

  #logPlace(execution: string) {
    const { project } = this.#options
    const name = execution.slice(execution.lastIndexOf('/') + 1)
    const label = `labels."run.googleapis.com/execution_name"="${name}"`
    return { project, filter: `resource.type="cloud_run_job" AND ${label}` }
  }
}

const isTransient = (error: unknown): boolean =>
  error instanceof SluiceError && error.outcome === 'external' && error.whose === 'service'

const unknownJob = (id: string): Error => usageError({ what: `there is no job ${id}` })
