import { externalError, SluiceError, usageError } from '../../../domain/error.ts'
import { message } from '../../../runtime/events.ts'
import { jittered, pollUntil } from '../../../runtime/poll.ts'
import type { JobEngine, JobSpec, JobStatus } from '../../ports/jobs.ts'
import type { LogLine } from '../../ports/operations.ts'
import { taskOfStream } from '../operations/log-group.ts'
import { patience } from '../patience.ts'
import { isPassing } from '../trouble.ts'
import { type JobRecord, type JobRecords, openJobRecords } from './job-record.ts'
import { type JobParts, Relay } from './relay.ts'
import { stepTarget } from './step-target.ts'
import { jobStatus, STOPPED, timedOut } from './task-status.ts'
import { EcsTasks } from './tasks.ts'

/** Whoever has begun a job has this long to start its task before somebody else does. */
const BEGINNING = 20_000
/** ECS may not know a new task for a moment. */
const UNKNOWN = 60_000
/** Fargate may take so long to place a task and to pull its image, beside the step's own time. */
const PLACING = 20 * 60_000
/** The most that ECS takes from the request to stop to the end: 120 s to SIGKILL. */
const STOPPING = 10 * 60_000
/** What the log driver has not delivered so long after the end is not waited for. */
const LAST_WORDS = 5_000
const BEAR = { transient: isPassing, inARow: 20 }

/** Half a second at first, five seconds for what takes long. */
const pace = (elapsed: number): number => Math.min(5_000, 500 + elapsed / 20)

type Ended = NonNullable<JobRecord['end']>

interface Conclusion {
  readonly record: JobRecord
  readonly status: JobStatus & { readonly state: Ended['state'] }
}

/**
 * Steps as Fargate tasks. A job is claimed beside the ledger, so there is one task of it whoever starts it; the time-out is kept
 * by whoever waits. Fargate's log driver does not tell stderr from stdout.
 */
export class EcsJobs implements JobEngine {
  readonly #parts: JobParts
  readonly #tasks: EcsTasks

  constructor(parts: JobParts) {
    this.#parts = parts
    this.#tasks = new EcsTasks(parts.session)
  }

  close(): void {
    this.#tasks.close()
  }

  async start(spec: JobSpec): Promise<void> {
    const { context, targets } = this.#parts
    const { key, target } = stepTarget(context.system, await targets(), spec.step)
    if (target.kind !== 'ecs-task') throw notOurs(key, target.kind)
    const definition = await this.#tasks.definition(spec.step.name, target, spec.image)
    const record: JobRecord = {
      schema: 'sluice.job/v1',
      id: spec.id,
      key,
      step: spec.step.name,
      region: target.region,
      cluster: target.cluster,
      container: definition.container,
      image: spec.image,
      timeout: spec.step.timeout,
      claimedAt: context.runtime.clock.now(),
      task: null,
    }
    const records = await this.#records()
    if ((await records.claim(record)) === 'conflict' && (await this.#begun(records, record))) return
    try {
      const task = await this.#tasks.run({
        id: spec.id,
        step: spec.step.name,
        target,
        definition: definition.arn,
        container: definition.container,
        env: { ...spec.step.env, ...spec.env },
        ...(spec.step.command === undefined ? {} : { command: spec.step.command }),
      })
      await records.keep({ ...record, task })
    } catch (error) {
      // What ECS refused has not begun. Where the answer was lost it may have: the claim stays, and the task is found by it.
      if (!isPassing(error)) await records.remove(spec.id).catch(() => {})
      throw error
    }
  }

  /** Has the one who claimed it started the task? If not, this start takes it over. */
  async #begun(records: JobRecords, { id, cluster }: JobRecord): Promise<boolean> {
    const { runtime } = this.#parts.context
    const look = async (): Promise<true | undefined> => {
      const now = await records.read(id)
      if (now === undefined || now.task !== null) return now === undefined ? undefined : true
      const task = await this.#tasks.find(cluster, id)
      if (task === undefined) return undefined
      await records.keep({ ...now, task })
      return true
    }
    const deadline = runtime.clock.now() + BEGINNING
    const { cancelled: signal } = runtime.signals
    return (await pollUntil(runtime, look, { every: 500, deadline, signal, bear: BEAR })) !== 'timed-out'
  }

  async wait(id: string): Promise<JobStatus> {
    const { runtime } = this.#parts.context
    const begin = runtime.clock.now()
    const output = new Relay(this.#parts, await this.#record(id))
    const { bear, relieved } = patience(runtime.clock)
    try {
      for (;;) {
        const end = await this.#watch(id, output, relieved).catch(bear)
        if (end !== undefined) {
          if (end.record.end === undefined) await this.#lastWords(output)
          return await this.#concluded(end.record, end.status)
        }
        const pause = jittered(pace(runtime.clock.now() - begin), runtime.random)
        await runtime.clock.sleep(pause, runtime.signals.cancelled)
      }
    } finally {
      output.close()
    }
  }

  /** One look: what it wrote, whether its time is over, and its end if it has come. */
  async #watch(id: string, output: Relay, relieved: () => void): Promise<Conclusion | undefined> {
    const { runtime } = this.#parts.context
    const { record, status } = await this.#see(id)
    await output.relay(runtime)
    if (isEnd(status)) return { record, status }
    if (record.task !== null && lateness(record, status, runtime.clock.now())) {
      await this.#tasks.stop(record.cluster, id, record.task, timedOut(record.timeout))
    }
    relieved()
    return undefined
  }

  async status(id: string): Promise<JobStatus | undefined> {
    const records = await this.#records()
    if ((await records.read(id)) === undefined) return undefined
    const { record, status } = await this.#see(id)
    return isEnd(status) ? this.#concluded(record, status) : status
  }

  async stop(id: string): Promise<void> {
    const { runtime } = this.#parts.context
    const records = await this.#records()
    if ((await records.read(id)) === undefined) return
    const look = async (): Promise<true | undefined> => {
      const { record, status } = await this.#see(id)
      if (isEnd(status)) {
        await this.#concluded(record, status)
        return true
      }
      // Said again and again: a task that is about to start may not hear it the first time.
      if (record.task !== null) await this.#tasks.stop(record.cluster, id, record.task, STOPPED)
      return undefined
    }
    // A cancelled run stops its jobs, so the cancel does not end this.
    const deadline = runtime.clock.now() + STOPPING
    if ((await pollUntil(runtime, look, { every: 1_000, deadline, bear: BEAR })) !== 'timed-out') return
    throw externalError('service', {
      what: `job ${id} does not end ${STOPPING / 60_000} minutes after it was told to`,
      remedy: 'look at the task in ECS',
    })
  }

  async *logs(id: string): AsyncIterable<LogLine> {
    const { runtime } = this.#parts.context
    const output = new Relay(this.#parts, await this.#record(id))
    try {
      for (;;) {
        const { status } = await this.#see(id)
        yield* await output.more()
        if (isEnd(status)) return
        await runtime.clock.sleep(jittered(1_000, runtime.random), runtime.signals.cancelled)
      }
    } finally {
      output.close()
    }
  }

  /** The job as ECS has it now, or as it was recorded when it ended. */
  async #see(id: string): Promise<{ readonly record: JobRecord; readonly status: JobStatus }> {
    const { log } = this.#parts.context.runtime
    const record = await this.#record(id)
    if (record.end !== undefined) return { record, status: record.end }
    const pending: JobStatus = {
      state: 'pending',
      exitCode: null,
      reason: null,
      startedAt: null,
      endedAt: null,
    }
    const arn = record.task ?? (await this.#tasks.find(record.cluster, id))
    if (arn === undefined) return { record, status: this.#waited(record, pending) }
    const known = { ...record, task: arn }
    const task = await this.#tasks.look(record.cluster, id, arn)
    if (task === undefined) {
      log.emit(message('debug', `job ${id}: ECS does not know ${taskOfStream(arn)}`))
      return { record: known, status: this.#waited(record, pending) }
    }
    return { record: known, status: jobStatus(task, record.container) }
  }

  /** @throws SluiceError cannot-observe: an end that nobody has seen is no success */
  #waited(record: JobRecord, pending: JobStatus): JobStatus {
    if (this.#parts.context.runtime.clock.now() - record.claimedAt < UNKNOWN) return pending
    throw new SluiceError('cannot-observe', 'service', {
      what: `job ${record.id} of step ${record.key} is not known to ECS any more, and its end was not seen`,
      rule: 'ECS forgets a task an hour after its end',
      remedy: 'see what the step wrote with "sluice operate logs", then run train again',
    })
  }

  async #concluded(
    record: JobRecord,
    status: JobStatus & { readonly state: Ended['state'] },
  ): Promise<JobStatus> {
    if (record.end === undefined) await (await this.#records()).keep({ ...record, end: status })
    return status
  }

  /** The log driver delivers the end of the output a moment after the task has ended. */
  async #lastWords(output: Relay): Promise<void> {
    const { runtime } = this.#parts.context
    const until = runtime.clock.now() + LAST_WORDS
    let quiet = 0
    while (quiet < 2 && runtime.clock.now() < until) {
      await runtime.clock.sleep(600, runtime.signals.cancelled)
      quiet = (await output.relay(runtime)) === 0 ? quiet + 1 : 0
    }
  }

  async #record(id: string): Promise<JobRecord> {
    const record = await (await this.#records()).read(id)
    if (record !== undefined) return record
    throw usageError({ what: `there is no job ${id}`, rule: 'a job is started before it is waited for' })
  }

  async #records(): Promise<JobRecords> {
    const { objects, targets } = this.#parts
    return openJobRecords(objects, (await targets()).ledger)
  }
}

function isEnd(status: JobStatus): status is JobStatus & { readonly state: Ended['state'] } {
  return status.state !== 'pending' && status.state !== 'running'
}

/** A step's time begins with its container; placing it and pulling its image has a time of its own. */
function lateness({ timeout, claimedAt }: JobRecord, { state, startedAt }: JobStatus, now: number): boolean {
  return state === 'running' && startedAt !== null
    ? now - startedAt > timeout
    : now - claimedAt > timeout + PLACING
}

function notOurs(key: string, kind: string): Error {
  return usageError({
    what: `step ${key} is a ${kind}, and this version runs steps on AWS as Fargate tasks alone`,
    rule: 'a step runs on the engine that the stacks made for it',
    remedy: `write "engine: ecs" at the step (no GPU, one node), apply, and train again; or train in an environment with "cloud: local"`,
  })
}
