import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { usageError } from '../../../domain/error.ts'
import type { Func } from '../../../domain/system/system.ts'
import { Redactor } from '../../../runtime/redact.ts'
import { StreamRedactor } from '../../../runtime/redact-stream.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import { connectedVariables } from '../connected.ts'
import type { Surroundings } from '../engine.ts'
import type { Variables } from '../services/environment.ts'
import { LogWriter } from '../services/log-file.ts'
import { MARK } from '../services/processes.ts'
import { bootstrapArgv, languageOf } from './bootstrap.ts'
import type { Outcome } from './runtime-api.ts'
import { Sandbox } from './sandbox.ts'

export interface PoolOptions {
  readonly runtime: Runtime
  readonly func: Func
  /** Absolute path of the project. */
  readonly root: string
  /** Absolute path of `.sluice/<env>/cloud`. */
  readonly folder: string
  readonly surroundings: Surroundings
}

/** Processes of one function at the same time; a further request is turned away, as by a reserved concurrency. */
const LARGEST = 10
/** A process that had nothing to do for this long ends. */
const IDLE = 300_000

interface Held {
  readonly sandbox: Sandbox
  /** What the code looked like when it was loaded. */
  readonly code: number
  since: number
}

/** The processes of one function: started when they are needed, kept warm, ended when they idle or the code has changed. */
export class FunctionPool {
  readonly #options: PoolOptions
  readonly #idle: Held[] = []
  readonly #busy = new Set<Held>()
  readonly #redactor = new Redactor()
  readonly #log: LogWriter
  readonly #stop = new AbortController()
  #starting = 0

  constructor(options: PoolOptions) {
    this.#options = options
    this.#log = new LogWriter(join(options.folder, 'logs', options.func.name))
    void this.#tidy()
  }

  /** `busy` where as many requests run as may. @throws SluiceError where no process can be started. */
  async invoke(payload: Uint8Array): Promise<Outcome | 'busy'> {
    if (this.#busy.size + this.#starting >= LARGEST) return 'busy'
    this.#starting += 1
    let held: Held
    try {
      held = await this.#take()
    } finally {
      this.#starting -= 1
    }
    this.#busy.add(held)
    try {
      return await held.sandbox.invoke(payload)
    } finally {
      this.#busy.delete(held)
      held.since = this.#options.runtime.clock.now()
      if (!held.sandbox.over && !this.#stop.signal.aborted) this.#idle.push(held)
    }
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('stopped'))
    await Promise.all([...this.#idle.splice(0), ...this.#busy].map(({ sandbox }) => sandbox.stop()))
    await this.#log.flush()
  }

  async #take(): Promise<Held> {
    const code = await this.#codeTime()
    for (let held = this.#idle.pop(); held !== undefined; held = this.#idle.pop()) {
      if (!held.sandbox.over && held.code === code) return held
      await held.sandbox.stop()
    }
    return { sandbox: await this.#start(), code, since: 0 }
  }

  async #start(): Promise<Sandbox> {
    const { runtime, func, root } = this.#options
    const language = languageOf(func.runtime)
    if (language === undefined) {
      throw usageError({
        what: `function ${func.name} asks for runtime ${func.runtime}`,
        rule: 'cloud local runs nodejs and python',
      })
    }
    const program = language === 'node' ? process.execPath : await runtime.exec.find('python3')
    if (program === undefined) {
      throw usageError({
        what: `function ${func.name} needs python3, which was not found`,
        remedy: 'install Python 3 and see that python3 is on PATH',
      })
    }
    const source = join(root, func.source ?? '.')
    const env = await this.#environment(source)
    return await Sandbox.start({
      runtime,
      name: func.name,
      argv: bootstrapArgv(language, program, func.memory),
      cwd: source,
      env,
      timeout: func.timeout,
      redactor: () => new StreamRedactor(this.#redactor.forms),
      log: (line) => this.#log.append(line),
    })
  }

  async #environment(source: string): Promise<Variables> {
    const { func, folder } = this.#options
    const own = await connectedVariables({ ...this.#options, redactor: this.#redactor }, func)
    return {
      ...own,
      _HANDLER: func.handler ?? 'index.handler',
      LAMBDA_TASK_ROOT: source,
      AWS_LAMBDA_FUNCTION_NAME: func.name,
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(Math.floor(func.memory / 1024 ** 2)),
      AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${func.name}`,
      [MARK]: folder,
    }
  }

  /** When the handler's file was last written; 0 where there is none, which the start will say. */
  async #codeTime(): Promise<number> {
    const { func, root } = this.#options
    const handler = func.handler ?? 'index.handler'
    const stem = join(root, func.source ?? '.', handler.slice(0, handler.lastIndexOf('.')))
    const times = ['.js', '.mjs', '.cjs', '.py'].map((end) =>
      stat(`${stem}${end}`).then(
        (found) => found.mtimeMs,
        () => 0,
      ),
    )
    return Math.max(...(await Promise.all(times)))
  }

  async #tidy(): Promise<void> {
    const { clock } = this.#options.runtime
    const { signal } = this.#stop
    while (!signal.aborted) {
      await clock.sleep(IDLE / 5, signal).catch(() => {})
      const before = clock.now() - IDLE
      const late = this.#idle.filter(({ since }) => since < before)
      for (const held of late) this.#idle.splice(this.#idle.indexOf(held), 1)
      await Promise.all(late.map(({ sandbox }) => sandbox.stop()))
    }
  }
}
