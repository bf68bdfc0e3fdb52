import { externalError, SluiceError, usageError } from '../../../domain/error.ts'
import { budgetOf, budgetText } from '../../../domain/jobs/budget.ts'
import { ownWorkflowRun } from '../../../domain/jobs/workflow-run.ts'
import type { Target } from '../../../domain/stacks/targets.ts'
import type { Step } from '../../../domain/system/step.ts'
import { message } from '../../../runtime/events.ts'
import { jittered, pollUntil } from '../../../runtime/poll.ts'
import type { JobSpec, JobStatus } from '../../ports/jobs.ts'
import type { LogLine } from '../../ports/operations.ts'
import { patience } from '../patience.ts'
import { isPassing } from '../trouble.ts'
import type { AwsEngine } from './by-kind.ts'
import { type JobRecord, type JobRecords, kindOfJob, openJobRecords } from './job-record.ts'
import type { JobOrder, JobPlatform, Seen } from './platform.ts'
import { type JobParts, Relay } from './relay.ts'
import { type EndStatus, isEnd, isLate } from './standing.ts'
import { stepTarget } from './step-target.ts'
import { STOPPED, timedOut } from './stop-reason.ts'

/** Whoever has begun a job has this long to start it before somebody else does. */
const BEGINNING = 20_000
/** A platform may not know a new job for a moment. */
const UNKNOWN = 60_000
/** The most that is waited from the request to stop to the end. */
const STOPPING = 10 * 60_000
/** What the log driver has not delivered so long after the end is not waited for. */
const LAST_WORDS = 5_000
const BEAR = { transient: isPassing, inARow: 20 }

/** Half a second at first, five seconds for what takes long. */
const pace = (elapsed: number): number => Math.min(5_000, 500 + elapsed / 20)

type Look = { readonly record: JobRecord; readonly seen: Seen }

type End = Look & { readonly status: EndStatus }

const PENDING: JobStatus = {
  state: 'pending',
  exitCode: null,
  reason: null,
  startedAt: null,
  endedAt: null,
}

/**
 * Steps as jobs of one platform of AWS. A job is claimed beside the ledger, so there is one of it whoever starts it; its
 * time-out is kept by whoever waits, and by the platform itself where it can. CloudWatch does not tell stderr from stdout.
 */
export class RecordedJobs<Kind extends Target['kind']> implements AwsEngine {
  readonly kind: Kind
  readonly #parts: JobParts
  readonly #platform: JobPlatform<Kind>

  constructor(parts: JobParts, platform: JobPlatform<Kind>) {
    this.kind = platform.traits.kind
    this.#parts = parts
    this.#platform = platform
  }

  close(): void {
    this.#platform.close()
  }

  async knows(id: string): Promise<boolean> {
    const { objects, targets } = this.#parts
    return (await kindOfJob(objects, (await targets()).ledger, id)) === this.kind
  }

  async start(spec: JobSpec): Promise<void> {
    const { context, targets } = this.#parts
    const { id, step, image } = spec
    const { kind } = this
    const { key, target } = stepTarget(context.system, await targets(), step)
    if (!isOf(target, kind)) throw notOurs(key, target.kind)
    const env = { ...step.env, ...spec.env }
    const budget = budgetOf(step, this.#platform.rate({ id, step, target, image, env }))
    // Everybody who keeps its time, the platform first, goes by what its money buys (promise R36).
    const bounded: Step = { ...step, timeout: budget.lifetime }
    const order: JobOrder<Kind> = { id, step: bounded, target, image, env }
    const where = await this.#platform.prepare(order)
    const run = ownWorkflowRun(context.runtime.env)
    const record: JobRecord = {
      schema: 'sluice.job/v1',
      id,
      kind,
      key,
      step: step.name,
      region: regionOf(target),
      where: { ...where },
      image,
      timeout: budget.lifetime,
      claimedAt: context.runtime.clock.now(),
      task: null,
      ...(run === undefined ? {} : { run }),
    }
    const records = await this.#records()
    const claimed = await records.claim(record)
    if (claimed === 'conflict' && (await this.#begun(records, record))) return
    if (claimed === 'claimed') {
      const text = `step ${step.name}: ${budgetText(budget, step.retries)}`
      context.runtime.log.emit(message('notice', text))
    }
    try {
      const task = await this.#platform.run(order, where)
      await records.keep({ ...record, task })
    } catch (error) {
      // What was refused has not begun. Where the answer was lost it may have: the claim stays, and the job is found by it.
      if (!isPassing(error)) await records.remove(id).catch(() => {})
      throw error
    }
  }

  /** Has the one who claimed it started the job? If not, this start takes it over. */
  async #begun(records: JobRecords, record: JobRecord): Promise<boolean> {
    const { runtime } = this.#parts.context
    const look = async (): Promise<true | undefined> => {
      const now = await records.read(record.id)
      if (now === undefined || now.task !== null) return now === undefined ? undefined : true
      const task = await this.#platform.find(now)
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
          return await this.#concluded(end)
        }
        const pause = jittered(pace(runtime.clock.now() - begin), runtime.random)
        await runtime.clock.sleep(pause, runtime.signals.cancelled)
      }
    } finally {
      output.close()
    }
  }

  /** One look: what it wrote, whether its time is over, and its end if it has come. */
  async #watch(id: string, output: Relay, relieved: () => void): Promise<End | undefined> {
    const { runtime } = this.#parts.context
    const { record, seen } = await this.#see(id)
    output.add(seen.outputs)
    await output.relay(runtime)
    if (isEnd(seen.status)) return { record, status: seen.status, seen }
    if (isLate(record, seen, this.#platform.traits.placing, runtime.clock.now())) {
      await this.#end(record, 'timed-out')
    }
    relieved()
    return undefined
  }

  async status(id: string): Promise<JobStatus | undefined> {
    const records = await this.#records()
    if ((await records.read(id)) === undefined) return undefined
    const { record, seen } = await this.#see(id)
    const { status } = seen
    return isEnd(status) ? this.#concluded({ record, status, seen }) : status
  }

  async stop(id: string): Promise<void> {
    const { runtime } = this.#parts.context
    const records = await this.#records()
    if ((await records.read(id)) === undefined) return
    const look = async (): Promise<true | undefined> => {
      const { record, seen } = await this.#see(id)
      const { status } = seen
      if (isEnd(status)) {
        await this.#concluded({ record, status, seen })
        return true
      }
      // Said again and again: a job that is about to start may not hear it the first time.
      await this.#end(record, 'stopped')
      return undefined
    }
    // A cancelled run stops its jobs, so the cancel does not end this.
    const deadline = runtime.clock.now() + STOPPING
    if ((await pollUntil(runtime, look, { every: 1_000, deadline, bear: BEAR })) !== 'timed-out') return
    throw externalError('service', {
      what: `job ${id} does not end ${STOPPING / 60_000} minutes after it was told to`,
      remedy: `look at it in ${this.#platform.traits.name}`,
    })
  }

  async *logs(id: string): AsyncIterable<LogLine> {
    const { runtime } = this.#parts.context
    const output = new Relay(this.#parts, await this.#record(id))
    try {
      for (;;) {
        const { seen } = await this.#see(id)
        output.add(seen.outputs)
        yield* await output.more()
        if (isEnd(seen.status)) return
        await runtime.clock.sleep(jittered(1_000, runtime.random), runtime.signals.cancelled)
      }
    } finally {
      output.close()
    }
  }

  /** Who ends it is written down first: on some platforms the end itself looks the same. */
  async #end(record: JobRecord, ending: 'stopped' | 'timed-out'): Promise<void> {
    const { task } = record
    if (task === null) return
    const noted = { ...record, ending: record.ending ?? ending, task }
    if (record.ending === undefined) await (await this.#records()).keep(noted)
    await this.#platform.stop(noted, noted.ending === 'stopped' ? STOPPED : timedOut(record.timeout))
  }

  /** The job as its platform has it now, or as it was recorded when it ended. */
  async #see(id: string): Promise<Look> {
    const { log } = this.#parts.context.runtime
    const { name } = this.#platform.traits
    const record = await this.#record(id)
    if (record.end !== undefined) {
      return { record, seen: { status: record.end, outputs: record.outputs ?? [] } }
    }
    const task = record.task ?? (await this.#platform.find(record))
    if (task === undefined) return { record, seen: this.#waited(record) }
    const known = { ...record, task }
    const seen = await this.#platform.look(known)
    if (seen !== undefined) return { record: known, seen }
    log.emit(message('debug', `job ${id}: ${name} does not know ${task}`))
    return { record: known, seen: this.#waited(record) }
  }

  /** @throws SluiceError cannot-observe: an end that nobody has seen is no success */
  #waited(record: JobRecord): Seen {
    const { name, memory } = this.#platform.traits
    const pending = { status: PENDING, outputs: [] }
    if (this.#parts.context.runtime.clock.now() - record.claimedAt < UNKNOWN) return pending
    throw new SluiceError('cannot-observe', 'service', {
      what: `job ${record.id} of step ${record.key} is not known to ${name} any more, and its end was not seen`,
      rule: memory,
      remedy: 'see what the step wrote with "sluice operate logs", then run train again',
    })
  }

  /** The end, and where the output lies, are kept: the platform forgets both. */
  async #concluded({ record, status, seen }: End): Promise<JobStatus> {
    if (record.end === undefined) {
      await (await this.#records()).keep({ ...record, end: status, outputs: [...seen.outputs] })
      await this.#platform.release?.(record)
    }
    return status
  }

  /** The log driver delivers the end of the output a moment after the job has ended. */
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

function isOf<Kind extends Target['kind']>(
  target: Target,
  kind: Kind,
): target is Extract<Target, { kind: Kind }> {
  return target.kind === kind
}

const regionOf = (target: Target): string =>
  'region' in target && typeof target.region === 'string' ? target.region : ''

function notOurs(key: string, kind: string): Error {
  return usageError({
    what: `step ${key} is a ${kind}, and this version has no engine for it on AWS`,
    rule: 'a step runs on the engine that the stacks made for it',
    remedy:
      'name another engine at the step, apply, and train again; or train in an environment with "cloud: local"',
  })
}
