import { redactedBy, type StreamRedactor } from '../../../runtime/redact-stream.ts'
import type { Argv, Process, Runtime } from '../../../runtime/runtime.ts'
import type { LogLine } from '../../ports/operations.ts'
import { type Health, type Probe, probe } from './health.ts'
import { eachLine } from './log-file.ts'
import { backOff, endingText, unhealthyText } from './trouble.ts'

/** Everything that one start of a process needs; made anew for each start. */
export interface Launch {
  readonly argv: Argv
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** absent: it takes no requests and is healthy once it has run for a second. */
  readonly probe?: Probe
}

export interface ReplicaOptions {
  /** Of this process slot, unique in the cloud. */
  readonly id: string
  readonly revision: string
  readonly stopTimeout: number
  readonly launch: () => Promise<Launch>
  readonly runtime: Pick<Runtime, 'exec' | 'clock' | 'http'>
  readonly processes: { add(pid: number): Promise<void>; remove(pid: number): Promise<void> }
  /** Takes secrets out of what the process writes; one for each stream of each start. */
  readonly redactor: () => StreamRedactor
  readonly log: (line: LogLine) => void
  /** Its readiness or trouble has changed. */
  readonly changed: () => void
}

const HEALTHY_POLL = 5000
const UNHEALTHY_POLL = 1000
const FIRST_POLL = 50
/** Looks in a row that must fail before a process that was healthy gets no more requests; ... */
const UNREADY_AFTER = 3
/** ... and before it is replaced. */
const REPLACE_AFTER = 10
/** A process that was healthy for this long has paid for its earlier ends. */
const FORGIVEN_AFTER = 10_000
const LINES_KEPT = 40

/** One process of a revision: started, watched, started again when it ends, until it is told to stop. */
export class Replica {
  readonly id: string
  readonly #options: ReplicaOptions
  readonly #stop = new AbortController()
  readonly #finished: Promise<void>
  readonly #lines: string[] = []
  #pid: number | undefined
  #port: number | undefined
  #ready = false
  #readySince = 0
  #trouble: string | null = null
  #failures = 0

  constructor(options: ReplicaOptions) {
    this.id = options.id
    this.#options = options
    this.#finished = this.#run()
  }

  get pid(): number | undefined {
    return this.#pid
  }

  /** Where it listens, while it is healthy. */
  get readyPort(): number | undefined {
    return this.#ready ? this.#port : undefined
  }

  get ready(): boolean {
    return this.#ready
  }

  get running(): boolean {
    return this.#pid !== undefined
  }

  /** Why it is not healthy. */
  get trouble(): string | null {
    return this.#trouble
  }

  /** SIGTERM, `stopTimeout`, SIGKILL; resolves when it has ended. */
  stop(): Promise<void> {
    this.#stop.abort(new Error('stopped'))
    return this.#finished
  }

  async #run(): Promise<void> {
    const { clock } = this.#options.runtime
    while (!this.#stop.signal.aborted) {
      try {
        await this.#once()
      } catch (error) {
        this.#failures += 1
        this.#set(false, `it could not be started: ${(error as Error).message}`)
      }
      if (this.#stop.signal.aborted) break
      await clock.sleep(backOff(this.#failures), this.#stop.signal).catch(() => {})
    }
    this.#set(false, null)
  }

  /** From start to end of one process. */
  async #once(): Promise<void> {
    const { runtime, launch, stopTimeout, processes } = this.#options
    const { argv, cwd, env, probe: target } = await launch()
    if (this.#stop.signal.aborted) return
    const replace = new AbortController()
    const started = runtime.clock.now()
    const child = await runtime.exec.start(argv, {
      cwd,
      env,
      signal: AbortSignal.any([this.#stop.signal, replace.signal]),
      killAfter: stopTimeout,
    })
    this.#pid = child.pid
    this.#port = target?.port
    this.#lines.length = 0
    const recorded = processes.add(child.pid)
    const output = Promise.all([this.#capture(child, 'stdout'), this.#capture(child, 'stderr')])
    const over = new AbortController()
    const watched = this.#watch(child, target, started, replace, over.signal)
    const { code, signal } = await child.ended
    over.abort()
    await Promise.all([output, watched, recorded])
    await processes.remove(child.pid)
    const now = runtime.clock.now()
    const forgiven = this.#ready && now - this.#readySince >= FORGIVEN_AFTER
    this.#failures = forgiven ? 1 : this.#failures + 1
    this.#pid = undefined
    this.#port = undefined
    const ending = { code, signal, ran: now - started, times: this.#failures, lastLines: this.#lines }
    this.#set(false, endingText(ending))
  }

  async #watch(
    child: Process,
    target: Probe | undefined,
    started: number,
    replace: AbortController,
    over: AbortSignal,
  ): Promise<void> {
    const { clock, http } = this.#options.runtime
    let failed = 0
    let wait = FIRST_POLL
    let since = started
    while (!over.aborted) {
      await clock.sleep(wait, over).catch(() => {})
      if (over.aborted) return
      // The leader may be gone while something that it started still holds its output open.
      if (!exists(child.pid)) child.kill('SIGKILL')
      const looking = this.#look(target, started, http, over)
      const answered = new AbortController()
      const slow = clock.sleep(UNHEALTHY_POLL, AbortSignal.any([over, answered.signal])).then(
        () => this.#noAnswer(target, started, clock.now() - since),
        () => {},
      )
      const health = await looking
      answered.abort(new Error('answered'))
      await slow
      if (over.aborted) return
      if (health.healthy) {
        failed = 0
        wait = HEALTHY_POLL
        since = clock.now()
        this.#set(true, null)
        continue
      }
      failed += 1
      wait = this.#ready ? UNHEALTHY_POLL : Math.min(UNHEALTHY_POLL, wait * 1.5)
      const was = this.#readySince >= started
      if (!was || failed >= UNREADY_AFTER) {
        this.#set(false, unhealthyText(health.why, clock.now() - since, this.#lines))
      }
      if (was && failed >= REPLACE_AFTER) replace.abort(new Error(health.why))
    }
  }

  /** Until it times out, a look that hangs is why a process that never was healthy is not. */
  #noAnswer(target: Probe | undefined, started: number, since: number): void {
    if (this.#readySince >= started) return
    const why = `GET ${target?.path ?? '/'} has not answered yet`
    this.#set(false, unhealthyText(why, since, this.#lines))
  }

  async #look(
    target: Probe | undefined,
    started: number,
    http: Runtime['http'],
    over: AbortSignal,
  ): Promise<Health> {
    if (target !== undefined) return probe(http, target, over)
    return this.#options.runtime.clock.now() - started >= 1000
      ? { healthy: true }
      : { healthy: false, why: 'it has just started' }
  }

  #capture(child: Process, stream: 'stdout' | 'stderr'): Promise<void> {
    const { log, redactor, revision, runtime } = this.#options
    return eachLine(redactedBy(redactor(), child[stream]), (text) => {
      this.#lines.push(text)
      if (this.#lines.length > LINES_KEPT) this.#lines.shift()
      log({ at: runtime.clock.now(), stream, revision, text })
    })
  }

  #set(ready: boolean, trouble: string | null): void {
    if (ready && !this.#ready) this.#readySince = this.#options.runtime.clock.now()
    const changed = ready !== this.#ready || trouble !== this.#trouble
    this.#ready = ready
    this.#trouble = trouble
    if (changed) this.#options.changed()
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
