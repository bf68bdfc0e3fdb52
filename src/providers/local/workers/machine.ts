import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { usageError } from '../../../domain/error.ts'
import { formatDuration } from '../../../domain/quantity.ts'
import type { Worker } from '../../../domain/system/system.ts'
import { message } from '../../../runtime/events.ts'
import { Redactor } from '../../../runtime/redact.ts'
import { redactedBy, StreamRedactor } from '../../../runtime/redact-stream.ts'
import type { Process, Runtime } from '../../../runtime/runtime.ts'
import { startCompanion } from '../companion.ts'
import { connectedVariables } from '../connected.ts'
import type { Surroundings } from '../engine.ts'
import { eachLine, LogWriter } from '../services/log-file.ts'
import { MARK } from '../services/processes.ts'
import { overdue, type Watch, watched } from './idle.ts'
import { processorTime } from './processor-time.ts'
import { type MachineRecord, newMachine, readMachine, writeMachine } from './record.ts'

export interface MachineOptions {
  readonly runtime: Runtime
  readonly worker: Worker
  /** Absolute path of the project. */
  readonly root: string
  /** Absolute path of `.sluice/<env>/cloud`. */
  readonly folder: string
  readonly region: string
  readonly surroundings: Surroundings
}

/** What EC2 gives a machine before it ends hard, about; and the longest time between two looks. */
const STOP_PATIENCE = 10_000
const LOOK_EVERY = 5_000

interface Boot {
  readonly process: Process
  readonly over: AbortController
  readonly done: Promise<string>
}

/** The one machine that a worker may have here: its boot script as a process group, watched for idleness and age. */
export class Machine {
  readonly #options: MachineOptions
  readonly #folder: string
  readonly #log: LogWriter
  readonly #redactor = new Redactor()
  #record: MachineRecord | undefined
  #boot: Boot | undefined
  #queue: Promise<unknown> = Promise.resolve()
  #lines = 0

  private constructor(options: MachineOptions, record: MachineRecord | undefined) {
    this.#options = options
    this.#folder = join(options.folder, 'workers', options.worker.name)
    this.#log = new LogWriter(join(options.folder, 'logs', options.worker.name))
    this.#record = record
  }

  static async open(options: MachineOptions): Promise<Machine> {
    const path = join(options.folder, 'workers', options.worker.name, 'machine.json')
    return new Machine(options, await readMachine(path))
  }

  get record(): MachineRecord | undefined {
    return this.#record
  }

  /** A new machine; the one that was launched with this token; or `taken` where another one runs. */
  launch(token: string | null): Promise<MachineRecord | 'taken'> {
    return this.#alone(async () => {
      const there = this.#record
      if (there !== undefined && token !== null && there.token === token) return there
      if (there?.state === 'running') return 'taken'
      const record = newMachine(this.#options.runtime, token)
      await this.#save(record)
      await this.#start()
      return record
    })
  }

  /** Runs the script of a machine that was running when its supervisor ended, or that was stopped: a boot of the same one. */
  boot(): Promise<void> {
    return this.#alone(async () => {
      const record = this.#record
      if (record === undefined || record.state === 'terminated' || this.#boot !== undefined) return
      await this.#save({ ...record, state: 'running', reason: null })
      await this.#start()
    })
  }

  /** SIGTERM, patience, SIGKILL, for everything that the script started. */
  end(state: 'stopped' | 'terminated', reason: string): Promise<void> {
    return this.#alone(async () => {
      const record = this.#record
      if (record === undefined || record.state === 'terminated') return
      await this.#save({ ...record, state, reason })
      await this.#halt()
    })
  }

  /** Ends the processes; what is recorded stays, so the next supervisor boots it again. */
  close(): Promise<void> {
    return this.#alone(async () => {
      await this.#halt()
      await this.#log.flush()
    })
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#queue.then(work)
    this.#queue = next.catch(() => {})
    return next
  }

  async #save(record: MachineRecord): Promise<void> {
    this.#record = record
    await writeMachine(join(this.#folder, 'machine.json'), record)
  }

  /** A machine whose script cannot be started is launched all the same, and ends, as one of a cloud would. */
  async #start(): Promise<void> {
    try {
      const process = await this.#process()
      const over = new AbortController()
      const done = this.#ended(process)
      this.#boot = { process, over, done }
      void done.then((how) => this.#gone(process, how))
      void this.#watch(process, over.signal)
      this.#say(`boots: ${this.#options.worker.script}`)
    } catch (error) {
      await this.#over(`it could not be started: ${(error as Error).message}`)
    }
  }

  async #process(): Promise<Process> {
    const { runtime, worker, root, folder, region } = this.#options
    if (worker.script === undefined) throw usageError({ what: `worker ${worker.name} has no script` })
    const bash = await runtime.exec.find('bash')
    if (bash === undefined) {
      throw usageError({
        what: `worker ${worker.name} needs bash`,
        remedy: 'install it and see that it is on PATH',
      })
    }
    const variables = await connectedVariables({ ...this.#options, redactor: this.#redactor }, worker)
    const cwd = join(this.#folder, 'disk')
    await mkdir(cwd, { recursive: true, mode: 0o700 })
    const env = { AWS_REGION: region, AWS_DEFAULT_REGION: region, ...variables, [MARK]: folder }
    const argv = [bash, join(root, worker.script)] as const
    return await startCompanion(runtime, join(this.#folder, 'process.json'), argv, { cwd, env })
  }

  /** How its process ended, once all that it wrote was taken. */
  async #ended(process: Process): Promise<string> {
    const output = [this.#capture(process, 'stdout'), this.#capture(process, 'stderr')]
    const { code, signal } = await process.ended
    await Promise.all(output)
    return signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`
  }

  /** A script that ends by itself leaves nothing for its machine to do. */
  #gone(process: Process, how: string): Promise<void> {
    return this.#alone(async () => {
      if (this.#boot?.process !== process) return
      this.#boot.over.abort(new Error('ended'))
      this.#boot = undefined
      await this.#over(`its script ${how}`)
    })
  }

  async #watch(process: Process, over: AbortSignal): Promise<void> {
    const { runtime, worker } = this.#options
    const every = Math.min(LOOK_EVERY, worker.idleStop / 10, worker.maxLifetime / 10)
    let watch: Watch | undefined
    while (!over.aborted) {
      const now = runtime.clock.now()
      watch = watched(watch, { at: now, cpu: await processorTime(process.pid), lines: this.#lines })
      const why = overdue(now, this.#record?.launchedAt ?? now, watch.quietSince, worker)
      if (why !== undefined && !over.aborted) {
        const reason =
          why === 'idle'
            ? `idle for ${formatDuration(worker.idleStop)}`
            : `its longest life of ${formatDuration(worker.maxLifetime)} is over`
        return await this.end('terminated', reason)
      }
      await runtime.clock.sleep(every, over).catch(() => {})
    }
  }

  async #halt(): Promise<void> {
    const boot = this.#boot
    if (boot === undefined) return
    this.#boot = undefined
    boot.over.abort(new Error('ended'))
    boot.process.kill('SIGTERM')
    const ended = new AbortController()
    const late = this.#options.runtime.clock.sleep(STOP_PATIENCE, ended.signal).then(
      () => boot.process.kill('SIGKILL'),
      () => {},
    )
    await boot.done
    ended.abort(new Error('ended'))
    await late
    this.#say(`is ${this.#record?.state === 'running' ? 'switched off' : this.#record?.state}`)
  }

  async #over(reason: string): Promise<void> {
    const record = this.#record
    if (record === undefined || record.state !== 'running') return
    await this.#save({ ...record, state: 'terminated', reason })
    this.#say(`terminated: ${reason}`)
  }

  #capture(process: Process, stream: 'stdout' | 'stderr'): Promise<void> {
    return eachLine(redactedBy(new StreamRedactor(this.#redactor.forms), process[stream]), (text) => {
      this.#lines += 1
      const at = this.#options.runtime.clock.now()
      this.#log.append({ at, stream, revision: this.#record?.id ?? '', text })
    })
  }

  #say(text: string): void {
    const { runtime, worker } = this.#options
    const id = this.#record?.id ?? ''
    const { reason } = this.#record ?? {}
    runtime.log.emit(message('info', `worker ${worker.name}: ${id} ${text}`))
    this.#log.append({
      at: runtime.clock.now(),
      stream: 'stderr',
      revision: id,
      text: `sluice: the machine ${text}${reason && !text.includes(reason) ? `: ${reason}` : ''}`,
    })
  }
}
