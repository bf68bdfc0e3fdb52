import type { FakeClock } from '../../../../src/runtime/fake/clock.ts'
import type { Clock } from '../../../../src/runtime/runtime.ts'

interface Sleeper {
  readonly until: number
  readonly wake: () => void
}

/** Turns of the event loop with nothing under way, before time may pass. */
const QUIET = 4

/**
 * Virtual time for clients whose requests are real: it stands still while one is under way, and jumps to the next sleeper when
 * all is quiet. A request that nobody will ever answer is given up with `release`.
 */
export class LoopbackClock implements Clock {
  readonly #world: FakeClock
  #sleepers: Sleeper[] = []
  #underWay = 0
  #waiting = false

  constructor(world: FakeClock) {
    this.#world = world
  }

  now(): number {
    return this.#world.now()
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error)
      const sleeper: Sleeper = { until: this.now() + ms, wake: resolve }
      signal?.addEventListener('abort', () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper)
        reject(signal.reason as Error)
      })
      this.#sleepers.push(sleeper)
      this.#settle()
    })
  }

  /** Holds time until the request is over. */
  async during<T>(request: () => Promise<T>): Promise<T> {
    this.#underWay++
    let held = true
    const release = (): void => {
      if (!held) return
      held = false
      this.#underWay--
      this.#releases.delete(release)
      this.#settle()
    }
    this.#releases.add(release)
    try {
      return await request()
    } finally {
      release()
    }
  }

  readonly #releases = new Set<() => void>()

  /** All that is under way will never be answered: time passes again. */
  release(): void {
    for (const release of [...this.#releases]) release()
  }

  #settle(quiet = 0): void {
    if (this.#waiting && quiet === 0) return
    this.#waiting = true
    setImmediate(() => {
      if (this.#underWay > 0) {
        this.#waiting = false
      } else if (quiet < QUIET) this.#settle(quiet + 1)
      else {
        this.#waiting = false
        this.#next()
      }
    })
  }

  #next(): void {
    const due = this.#sleepers.reduce<Sleeper | undefined>(
      (least, other) => (least === undefined || other.until < least.until ? other : least),
      undefined,
    )
    if (due === undefined) return
    this.#sleepers = this.#sleepers.filter((other) => other !== due)
    this.#world.advance(Math.max(0, due.until - this.now()))
    due.wake()
    this.#settle()
  }
}
