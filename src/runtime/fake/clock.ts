import type { Clock } from '../runtime.ts'

interface Sleeper {
  readonly until: number
  readonly wake: () => void
}

/**
 * Virtual time. A sleep ends when `advance` passes it; with `auto` (the default) time jumps to the next sleeper as soon
 * as nothing else is left to run, so hours pass in microseconds.
 */
export class FakeClock implements Clock {
  #now: number
  #sleepers: Sleeper[] = []
  readonly #auto: boolean
  /** Every sleep that was asked for, in milliseconds. */
  readonly slept: number[] = []

  constructor(start = Date.UTC(2026, 0, 1), auto = true) {
    this.#now = start
    this.#auto = auto
  }

  now(): number {
    return this.#now
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.slept.push(ms)
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error)
      const sleeper: Sleeper = { until: this.#now + ms, wake: resolve }
      signal?.addEventListener('abort', () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper)
        reject(signal.reason as Error)
      })
      this.#sleepers.push(sleeper)
      if (this.#auto) setImmediate(() => this.#next())
    })
  }

  /** Moves time forward and wakes who is due, in order. */
  advance(ms: number): void {
    const target = this.#now + ms
    for (;;) {
      const due = this.#earliest()
      if (due === undefined || due.until > target) break
      this.#wake(due)
    }
    this.#now = Math.max(this.#now, target)
  }

  #next(): void {
    const due = this.#earliest()
    if (due !== undefined) this.#wake(due)
  }

  #earliest(): Sleeper | undefined {
    return this.#sleepers.reduce<Sleeper | undefined>(
      (least, other) => (least === undefined || other.until < least.until ? other : least),
      undefined,
    )
  }

  #wake(sleeper: Sleeper): void {
    this.#sleepers = this.#sleepers.filter((other) => other !== sleeper)
    this.#now = Math.max(this.#now, sleeper.until)
    sleeper.wake()
  }
}
