import { randomUUID } from 'node:crypto'
import { type Deferred, deferred } from '../../../runtime/deferred.ts'
import type { Clock } from '../../../runtime/runtime.ts'
import { Journal } from './journal.ts'
import {
  acknowledge,
  type DeliveryPolicy,
  type Entry,
  expire,
  extend,
  type Failed,
  type Message,
  nextMoment,
  put,
  type Queue,
  take,
} from './queue.ts'

export interface SubscriptionOptions {
  readonly clock: Clock
  readonly policy: DeliveryPolicy
  /** Where messages go that were tried too often. */
  readonly bury: (messages: readonly Message[]) => Promise<void>
}

export interface Received extends Entry {
  readonly lease: NonNullable<Entry['lease']>
}

/** One subscription at work: its queue, on the disk, and those who wait for something to be in it. */
export class Subscription {
  readonly #options: SubscriptionOptions
  readonly #journal: Journal
  readonly #stop = new AbortController()
  readonly #watching: Promise<void>
  #queue: Queue
  #news: Deferred<void> = deferred()

  private constructor(options: SubscriptionOptions, journal: Journal, queue: Queue) {
    this.#options = options
    this.#journal = journal
    this.#queue = queue
    this.#watching = this.#watch()
  }

  static async open(path: string, options: SubscriptionOptions): Promise<Subscription> {
    const { journal, queue } = await Journal.open(path, options.clock.now())
    return new Subscription(options, journal, queue)
  }

  get size(): number {
    return this.#queue.size
  }

  async publish(messages: readonly Message[]): Promise<void> {
    await this.#journal.write({ put: [...messages] })
    this.#queue = put(this.#queue, messages, this.#options.clock.now())
    this.#tell()
  }

  /** What is ready, waiting up to `patience` milliseconds for the first; none where nothing came. */
  async pull(most: number, patience: number, signal?: AbortSignal): Promise<readonly Received[]> {
    const { clock, policy } = this.#options
    const until = clock.now() + patience
    for (;;) {
      const { queue, taken } = take(this.#queue, policy, most, clock.now(), randomUUID)
      if (taken.length > 0) {
        this.#queue = queue
        this.#tell()
        const tried = Object.fromEntries(taken.map(({ message, attempts }) => [message.id, attempts]))
        await this.#journal.write({ tried })
        return taken
      }
      const left = Math.min(until, nextMoment(this.#queue) ?? until) - clock.now()
      if (clock.now() >= until || signal?.aborted || this.#stop.signal.aborted) return []
      await this.#wait(Math.max(1, left), signal)
    }
  }

  async acknowledge(ackIds: readonly string[]): Promise<void> {
    const { queue, gone } = acknowledge(this.#queue, ackIds)
    this.#queue = queue
    if (gone.length > 0) await this.#journal.write({ gone: [...gone] })
  }

  /** @param time milliseconds from now; 0 gives the messages back. */
  async extend(ackIds: readonly string[], time: number): Promise<void> {
    const { policy, clock } = this.#options
    await this.#settle(extend(this.#queue, policy, ackIds, time, clock.now()))
  }

  async close(): Promise<void> {
    this.#stop.abort(new Error('stopped'))
    this.#tell()
    await this.#watching
    await this.#journal.close()
  }

  async #settle({ queue, dead }: Failed): Promise<void> {
    const gone = [...this.#queue.keys()].filter((id) => !queue.has(id))
    this.#queue = queue
    this.#tell()
    // First there, then gone here: a kill in between leaves it twice, never nowhere.
    if (dead.length > 0) await this.#options.bury(dead)
    if (gone.length > 0) await this.#journal.write({ gone })
  }

  async #watch(): Promise<void> {
    const { clock, policy } = this.#options
    const { signal } = this.#stop
    while (!signal.aborted) {
      const leased = [...this.#queue.values()].flatMap(({ lease }) => (lease ? [lease.until] : []))
      const next = leased.length === 0 ? 60_000 : Math.max(1, Math.min(...leased) - clock.now())
      await this.#wait(Math.min(next, 60_000))
      if (signal.aborted) return
      await this.#settle(expire(this.#queue, policy, clock.now()))
    }
  }

  /** Until something changes, or the time is over. */
  async #wait(time: number, signal?: AbortSignal): Promise<void> {
    const over = new AbortController()
    const signals = [over.signal, this.#stop.signal, ...(signal === undefined ? [] : [signal])]
    const late = this.#options.clock.sleep(time, AbortSignal.any(signals)).catch(() => {})
    await Promise.race([this.#news.promise, late])
    over.abort(new Error('over'))
  }

  #tell(): void {
    this.#news.resolve()
    this.#news = deferred()
  }
}
