import type { Clock } from '../../../../../src/runtime/runtime.ts'
import { type Programs, programOf } from '../run/programs.ts'
import type { Run, Runner } from '../run/runs.ts'

/** Where containers run: what images do, how, and how long it takes until one has a machine. */
export interface Place {
  readonly programs: Programs
  readonly runner: Runner
  /** Milliseconds. */
  readonly placing: number
}

/** One container of a job, and how often it may be started again when its machine goes. */
export interface PartOrder {
  readonly id: string
  readonly image: string
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Milliseconds of one attempt. */
  readonly timeout: number
  readonly attempts: number
  readonly stream: string
  readonly write: (line: string, at?: number) => void
}

interface Attempt {
  readonly startedAt: number
  readonly stoppedAt: number
  readonly statusReason: string
}

type Status = 'RUNNABLE' | 'RUNNING' | 'SUCCEEDED' | 'FAILED'

/** A container of Batch: https://docs.aws.amazon.com/batch/latest/userguide/job_states.html */
export class Part {
  readonly id: string
  /** Why it was ended from outside. */
  terminated: string | undefined
  readonly #clock: Pick<Clock, 'now'>
  readonly #place: Place
  readonly #order: PartOrder
  readonly #attempts: Attempt[] = []
  #waitsSince: number
  #run: Run | undefined
  #startedAt: number | undefined
  #ended: { readonly at: number; readonly reason: string } | undefined

  constructor(clock: Pick<Clock, 'now'>, place: Place, order: PartOrder) {
    this.id = order.id
    this.#clock = clock
    this.#place = place
    this.#order = order
    this.#waitsSince = clock.now()
  }

  status(): Status {
    this.#advance()
    if (this.#ended !== undefined) return 'FAILED'
    if (this.#run === undefined) return 'RUNNABLE'
    const end = this.#run.end()
    if (end === undefined) return 'RUNNING'
    return end.code === 0 && this.terminated === undefined ? 'SUCCEEDED' : 'FAILED'
  }

  stop(reason: string): void {
    const status = this.status()
    if (status === 'SUCCEEDED' || status === 'FAILED' || this.terminated !== undefined) return
    this.terminated = reason
    if (this.#run === undefined) this.#ended = { at: this.#clock.now(), reason }
    else this.#run.cancel()
  }

  takeHost(): void {
    if (this.status() !== 'RUNNING') return
    this.#run?.cancel()
    const statusReason = 'Host EC2 (instance i-0123456789abcdef0) terminated.'
    const now = this.#clock.now()
    this.#attempts.push({ startedAt: this.#startedAt ?? now, stoppedAt: now, statusReason })
    this.#run = undefined
    this.#startedAt = undefined
    this.#waitsSince = now
    if (this.#attempts.length >= this.#order.attempts) this.#ended = { at: now, reason: statusReason }
  }

  json(): Readonly<Record<string, unknown>> {
    const status = this.status()
    const end = this.#run?.end()
    const { stream, image } = this.#order
    const base = { jobId: this.id, status, attempts: this.#attempts }
    const started = this.#startedAt === undefined ? {} : { startedAt: this.#startedAt }
    const logged =
      this.#startedAt === undefined && this.#attempts.length === 0 ? {} : { logStreamName: stream }
    if (this.#ended !== undefined) {
      const { at, reason } = this.#ended
      return { ...base, ...started, stoppedAt: at, statusReason: reason, container: { image, ...logged } }
    }
    if (end === undefined) return { ...base, ...started, container: { image, ...logged } }
    const exitCode = end.code ?? 137
    const overdue = end.by === 'timeout' ? 'Job attempt duration exceeded timeout' : undefined
    const statusReason = this.terminated ?? overdue ?? 'Essential container in task exited'
    return {
      ...base,
      ...started,
      stoppedAt: end.at,
      statusReason,
      container: { image, exitCode, ...logged },
    }
  }

  /** A machine is found when its time has come. */
  #advance(): void {
    if (this.#run !== undefined || this.#ended !== undefined) return
    const at = this.#waitsSince + this.#place.placing
    if (this.#clock.now() < at) return
    const { image, command, env, timeout, write } = this.#order
    const program = programOf(this.#place.programs, image)
    if (program === undefined) {
      this.#ended = { at, reason: `CannotPullContainerError: ${image}: not found` }
      return
    }
    this.#startedAt = at
    this.#run = this.#place.runner({
      program,
      command,
      env,
      timeout,
      began: at,
      write: (_, line, when) => write(line, when),
    })
  }
}
