import type { Clock } from './runtime.ts'

/**
 * Bounds how often something is done: at most `burst` times at once, and `perSecond` times a second from then on.
 * @see https://en.wikipedia.org/wiki/Token_bucket
 */
export class TokenBucket {
  readonly #clock: Clock
  readonly #burst: number
  readonly #perSecond: number
  /** When the bucket was empty, or will be: milliseconds since the epoch. */
  #empty: number

  constructor(clock: Clock, limits: { readonly burst: number; readonly perSecond: number }) {
    this.#clock = clock
    this.#burst = limits.burst
    this.#perSecond = limits.perSecond
    this.#empty = Number.NEGATIVE_INFINITY
  }

  /** Resolves when it may be done, in the order of the calls. */
  async take(signal?: AbortSignal): Promise<void> {
    const token = 1000 / this.#perSecond
    const now = this.#clock.now()
    this.#empty = Math.max(this.#empty, now - this.#burst * token) + token
    const wait = this.#empty - now
    if (wait > 0) await this.#clock.sleep(wait, signal)
  }
}
