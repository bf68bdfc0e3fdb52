import { externalError, SluiceError, usageError } from '../../../domain/error.ts'
import { budgetOf, budgetText } from '../../../domain/jobs/budget.ts'
import { ownWorkflowRun } from '../../../domain/jobs/workflow-run.ts'
import type { Named } from '../../../domain/named.ts'
import type { Targets } from '../../../domain/stacks/targets.ts'
import type { Pipeline } from '../../../domain/system/step.ts'
import { message } from '../../../runtime/events.ts'
import { pollUntil } from '../../../runtime/poll.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import type { JobEngine, JobSpec, JobStatus } from '../../ports/jobs.ts'
import type { LogLine } from '../../ports/operations.ts'
import type { GcpClient } from '../client.ts'
import { linesSince, readLogs } from '../logs.ts'
import { PENDING } from './execution.ts'
import type { Found, JobKind, JobPlatform } from './platform.ts'
import type { JobRecord, JobRecords, Stored } from './record.ts'
import { isLate } from './standing.ts'
import { jobTarget } from './target.ts'

export type Platforms = { readonly [Kind in JobKind]: JobPlatform<Kind> }

export interface ClaimedJobsOptions {
  readonly runtime: Runtime
  readonly client: GcpClient
  readonly records: JobRecords
  readonly targets: () => Promise<Targets>
  readonly pipelines: Named<Pipeline>
  readonly platforms: Platforms
  /** Milliseconds between two looks. @default 2 s */
  readonly pace?: number
}

/** A claim without a job is somebody's who died: after this long another may start it, milliseconds. */
const CLAIM = 120_000
const PACE = 2000
/** Beyond the step's time-out, for the cloud to end it by itself. */
const GRACE = 15_000
/** A step and its stop are followed for so long, at most. */
const STOPPING = 5 * 60_000
const LONGEST = 8 * 24 * 3600_000

/** Steps on Google Cloud. A job is claimed beside the ledger, so there is one of it whoever starts it. */
export class ClaimedJobs implements JobEngine {
  readonly #options: ClaimedJobsOptions
  readonly #pace: number

  constructor(options: ClaimedJobsOptions) {
    this.#options = options
    this.#pace = options.pace ?? PACE
  }

  async start(spec: JobSpec): Promise<void> {
    const { runtime, records, targets, pipelines } = this.#options
    const target = jobTarget(await targets(), pipelines, spec)
    const { kind } = target
    const platform = this.#platform(kind)
    const place = platform.placeOf(target)
    const budget = budgetOf(spec.step, platform.rate(target, spec.step))
    // Everybody who keeps its time, the platform first, goes by what its money buys (promise R36).
    const bounded: JobSpec = { ...spec, step: { ...spec.step, timeout: budget.lifetime } }
    const run = ownWorkflowRun(runtime.env)
    const fresh = (): JobRecord => ({
      schema: 'sluice.job/v1',
      kind,
      id: spec.id,
      job: place,
      step: spec.step.name,
      timeout: budget.lifetime,
      claimedAt: runtime.clock.now(),
      execution: null,
      ending: null,
      ...(run === undefined ? {} : { run }),
    })
    for (;;) {
      const before = await records.read(spec.id)
      if (before !== undefined && (await this.#find(before)) !== undefined) return
      const waited = before === undefined ? CLAIM : runtime.clock.now() - before.record.claimedAt
      if (waited < CLAIM) {
        await runtime.clock.sleep(this.#pace, runtime.signals.cancelled)
        continue
      }
      const claimed = await records.write(fresh(), before?.etag)
      if (claimed === 'conflict') continue
      if (before === undefined) {
        const text = `step ${spec.step.name}: ${budgetText(budget, spec.step.retries)}`
        runtime.log.emit(message('notice', text))
      }
      const execution = await platform.launch(place, target, bounded)
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
    const { placing } = this.#platform(first.record.kind)
    const relay = this.#relay(first.record)
    const done = new AbortController()
    const output = relay(done.signal)
    const ended = await pollUntil(
      runtime,
      async (): Promise<JobStatus | undefined> => {
        const stored = (await records.read(id)) ?? first
        const found = await this.#find(stored)
        const status = (await found?.status()) ?? PENDING
        if (status.endedAt !== null) return status
        const late = isLate(stored.record, { ...status, createdAt: found?.createdAt }, placing, clock.now())
        if (late && stored.record.ending === null) await this.#end(stored, 'timed-out')
        return undefined
      },
      {
        every: this.#pace,
        deadline: clock.now() + Math.min(LONGEST, first.record.timeout + placing + STOPPING + GRACE),
        signal: signals.cancelled,
        // With the pauses between them: a quarter of an hour (promise R26).
        bear: { transient: isTransient, inARow: 75 },
      },
    ).finally(() => done.abort(new Error('ended')))
    await output
    if (ended !== 'timed-out') return ended.found
    throw externalError('service', {
      what: `job ${id} has not ended although its time is over`,
      remedy: `look at ${first.record.execution ?? first.record.job} in the console of Google Cloud`,
    })
  }

  async stop(id: string): Promise<void> {
    const { runtime, records } = this.#options
    const { clock } = runtime
    const first = await records.read(id)
    if (first === undefined) return
    await pollUntil(
      runtime,
      async () => {
        const stored = await records.read(id)
        if (stored === undefined || (await this.#statusOf(stored)).endedAt !== null) return true
        // Said again and again: what is about to start may not hear it the first time.
        await this.#end(stored, 'stopped')
        return undefined
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
    const found = stored === undefined ? undefined : await this.#find(stored)
    if (stored === undefined || found === undefined) return
    const query = { follow: false, since: found.createdAt, tail: 0 }
    yield* readLogs(client, runtime.clock, this.#platform(stored.record.kind).logsOf(found.name), query)
  }

  #platform<Kind extends JobKind>(kind: Kind): JobPlatform<Kind> {
    return this.#options.platforms[kind]
  }

  #find({ record }: Stored): Promise<Found | undefined> {
    return this.#platform(record.kind).find(record)
  }

  async #statusOf(stored: Stored): Promise<JobStatus> {
    return (await (await this.#find(stored))?.status()) ?? PENDING
  }

  /** Who ends it is written down first: the end itself looks the same. */
  async #end(stored: Stored, ending: 'stopped' | 'timed-out'): Promise<void> {
    const { record, etag } = stored
    const noted =
      record.ending === null ? await this.#options.records.write({ ...record, ending }, etag) : stored
    if (noted === 'conflict') return
    const found = await this.#find(stored)
    if (found !== undefined && !found.ended) await this.#platform(record.kind).cancel(found.name)
  }

  /** Lines as they come, until `ended`, and then what has come since. */
  #relay({ id, step, kind }: JobRecord): (ended: AbortSignal) => Promise<void> {
    const { runtime, records, client } = this.#options
    const { clock, log } = runtime
    return async (ended) => {
      const seen = new Set<string>()
      const look = async (): Promise<void> => {
        const stored = await records.read(id)
        const found = stored === undefined ? undefined : await this.#find(stored)
        if (found === undefined) return
        const place = this.#platform(kind).logsOf(found.name)
        for await (const { key, line } of linesSince(client, place, found.createdAt)) {
          if (seen.has(key)) continue
          seen.add(key)
          const source = line.revision === '' ? step : `${step} ${line.revision}`
          log.emit({ kind: 'output', source, line: line.text })
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
}

const isTransient = (error: unknown): boolean =>
  error instanceof SluiceError && error.outcome === 'external' && error.whose === 'service'

const unknownJob = (id: string): Error => usageError({ what: `there is no job ${id}` })
