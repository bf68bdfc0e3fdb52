import { message } from '../../../runtime/events.ts'
import type { Clock, Log } from '../../../runtime/runtime.ts'
import type { EmbeddedEngine, EngineEndpoint } from '../engine.ts'
import { backOff } from '../services/trouble.ts'

/** An engine that ran for this long has paid for its earlier ends. */
const FORGIVEN_AFTER = 60_000

/** Runs the embedded engines and starts each again when it ends by itself. */
export class EngineKeeper {
  readonly #runtime: { readonly clock: Clock; readonly log: Log }
  readonly #engines: readonly EmbeddedEngine[]
  readonly #endpoints = new Map<EmbeddedEngine, EngineEndpoint>()
  readonly #stop = new AbortController()
  readonly #moved: () => void

  /** @param moved called when an engine came back at another address. */
  constructor(
    runtime: { readonly clock: Clock; readonly log: Log },
    engines: readonly EmbeddedEngine[],
    moved: () => void,
  ) {
    this.#runtime = runtime
    this.#engines = engines
    this.#moved = moved
  }

  /** Starts all, side by side. @throws the first failure, after the others were stopped again. */
  async start(): Promise<void> {
    const started = await Promise.allSettled(this.#engines.map((engine) => this.#start(engine)))
    const failed = started.find((one) => one.status === 'rejected')
    if (failed === undefined) return
    await this.stop()
    throw failed.reason
  }

  endpoints(): readonly EngineEndpoint[] {
    return this.#engines.map((engine) => this.#endpoints.get(engine)).filter((one) => one !== undefined)
  }

  /** Address by name, for people: the resource of sluice.yml, or what the engine calls itself. */
  addresses(): readonly { readonly url: string; readonly resource: string }[] {
    return this.#engines.flatMap((engine) => {
      const endpoint = this.#endpoints.get(engine)
      return endpoint === undefined ? [] : [{ url: endpoint.url, resource: endpoint.resource ?? engine.name }]
    })
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('stopped'))
    await Promise.all(this.#engines.map((engine) => engine.stop()))
  }

  async #start(engine: EmbeddedEngine): Promise<void> {
    const endpoint = await engine.start()
    const before = this.#endpoints.get(engine)
    this.#endpoints.set(engine, endpoint)
    if (before !== undefined && JSON.stringify(before) !== JSON.stringify(endpoint)) this.#moved()
    void this.#keep(engine)
  }

  async #keep(engine: EmbeddedEngine): Promise<void> {
    const { clock, log } = this.#runtime
    const since = clock.now()
    let error: unknown = await engine.died
    let failures = clock.now() - since >= FORGIVEN_AFTER ? 0 : 1
    while (!this.#stop.signal.aborted) {
      log.emit(message('warning', `${engine.name} ended: ${(error as Error).message}; it is started again`))
      await clock.sleep(backOff(failures), this.#stop.signal).catch(() => {})
      if (this.#stop.signal.aborted) return
      try {
        await this.#start(engine)
        log.emit(message('notice', `${engine.name} runs again`))
        return
      } catch (failure) {
        error = failure
        failures += 1
      }
    }
  }
}
