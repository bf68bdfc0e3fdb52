import { randomUUID } from 'node:crypto'
import { redactedBy, type StreamRedactor } from '../../../runtime/redact-stream.ts'
import type { Argv, Process, Runtime } from '../../../runtime/runtime.ts'
import type { LogLine } from '../../ports/operations.ts'
import { eachLine } from '../services/log-file.ts'
import { type Outcome, RuntimeApi } from './runtime-api.ts'

export interface SandboxOptions {
  readonly runtime: Pick<Runtime, 'exec' | 'clock'>
  readonly name: string
  readonly argv: Argv
  readonly cwd: string
  /** Without the address of the Runtime API, which is this sandbox's own. */
  readonly env: Readonly<Record<string, string>>
  readonly redactor: () => StreamRedactor
  readonly log: (line: LogLine) => void
  /** Milliseconds of one invocation; loading the handler has its own time. */
  readonly timeout: number
}

/** Lambda gives the loading of a handler ten seconds; a busy machine gets more. */
const INIT_TIMEOUT = 30_000

/** One process of a function: it loads the handler once and works on one invocation at a time. */
export class Sandbox {
  readonly #options: SandboxOptions
  readonly #api: RuntimeApi
  readonly #process: Process
  readonly #ended: Promise<{ readonly code: number | null; readonly signal: string | null }>
  #request = 'init'
  over = false

  private constructor(options: SandboxOptions, api: RuntimeApi, process: Process) {
    this.#options = options
    this.#api = api
    this.#process = process
    const output = Promise.all([this.#capture('stdout'), this.#capture('stderr')])
    this.#ended = process.ended.then(async (end) => {
      this.over = true
      await output
      await api.close()
      return end
    })
  }

  static async start(options: SandboxOptions): Promise<Sandbox> {
    const api = await RuntimeApi.open(randomUUID())
    try {
      const process = await options.runtime.exec.start(options.argv, {
        cwd: options.cwd,
        env: { ...options.env, AWS_LAMBDA_RUNTIME_API: api.address },
      })
      return new Sandbox(options, api, process)
    } catch (error) {
      await api.close()
      throw error
    }
  }

  /** Never throws: what goes wrong is an outcome, in Lambda's words. After a time-out or an end the sandbox is over. */
  async invoke(payload: Uint8Array): Promise<Outcome> {
    const { runtime, name, timeout } = this.#options
    const id = randomUUID()
    const loaded = this.#api.ready.then(() => 'ready' as const)
    const ready = await this.#within(loaded, id, INIT_TIMEOUT)
    if (ready !== 'ready') return ready
    this.#request = id
    const deadline = runtime.clock.now() + timeout
    const arn = `arn:aws:lambda:local:000000000000:function:${name}`
    return await this.#within(this.#api.invoke({ id, payload, deadline, arn }), id, timeout)
  }

  /** What comes, unless the process ends or the time is over first; the process ends with its time. */
  async #within<T>(work: Promise<T>, id: string, time: number): Promise<T | Outcome> {
    const answered = new AbortController()
    const late = this.#options.runtime.clock.sleep(time, answered.signal).then(
      () => 'late' as const,
      () => 'late' as const,
    )
    const ended = this.#ended.then((end) => this.#exited(id, end))
    const first = await Promise.race([work, ended, late])
    answered.abort(new Error('answered'))
    if (first !== 'late') return first
    await this.stop()
    return timedOut(id, time)
  }

  async stop(): Promise<void> {
    this.over = true
    this.#process.kill('SIGKILL')
    await this.#ended
  }

  #exited(id: string, end: { readonly code: number | null; readonly signal: string | null }): Outcome {
    const { initError } = this.#api
    if (initError !== undefined) return { kind: 'failed', error: initError }
    const how = end.signal === null ? `exit status ${end.code}` : `signal: ${end.signal}`
    const errorMessage = `RequestId: ${id} Error: Runtime exited with error: ${how}`
    return { kind: 'failed', error: { errorType: 'Runtime.ExitError', errorMessage } }
  }

  #capture(stream: 'stdout' | 'stderr'): Promise<void> {
    const { redactor, log, runtime } = this.#options
    return eachLine(redactedBy(redactor(), this.#process[stream]), (text) => {
      log({ at: runtime.clock.now(), stream, revision: this.#request, text })
    })
  }
}

function timedOut(id: string, timeout: number): Outcome {
  const errorMessage = `RequestId: ${id} Error: Task timed out after ${(timeout / 1000).toFixed(2)} seconds`
  return { kind: 'failed', error: { errorType: 'Sandbox.Timedout', errorMessage } }
}
