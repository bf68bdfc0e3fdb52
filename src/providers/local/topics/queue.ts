/**
 * The messages of one subscription: decisions over values, with the words of Pub/Sub. A message is ready, or leased to
 * somebody who has until its deadline to acknowledge it; otherwise it is delivered again, later each time.
 */

export interface Message {
  readonly id: string
  /** base64. */
  readonly data: string
  readonly attributes: Readonly<Record<string, string>>
  /** Milliseconds since the epoch. */
  readonly publishedAt: number
}

export interface Entry {
  readonly message: Message
  readonly attempts: number
  /** Not before this time, in milliseconds since the epoch. */
  readonly readyAt: number
  /** Present while somebody has it. */
  readonly lease?: { readonly ackId: string; readonly until: number }
}

/** In the order in which they came. */
export type Queue = ReadonlyMap<string, Entry>

export interface DeliveryPolicy {
  /** Milliseconds that a receiver has. */
  readonly ackDeadline: number
  /** Deliveries after which a message is set aside, where there is a place for it. */
  readonly retries: number
  readonly retryDelay: { readonly min: number; readonly max: number }
  readonly deadLetter: boolean
}

/** As both clouds: what nobody wanted for seven days is gone. */
export const RETENTION = 7 * 86_400_000

/** What becomes of messages whose delivery did not succeed. */
export interface Failed {
  readonly queue: Queue
  readonly dead: readonly Message[]
}

export function put(queue: Queue, messages: readonly Message[], now: number): Queue {
  const next = new Map(queue)
  for (const message of messages) next.set(message.id, { message, attempts: 0, readyAt: now })
  return next
}

/** Up to `most` messages that are ready, leased from now on. */
export function take(
  queue: Queue,
  policy: DeliveryPolicy,
  most: number,
  now: number,
  newId: () => string,
): {
  readonly queue: Queue
  readonly taken: readonly (Entry & { readonly lease: NonNullable<Entry['lease']> })[]
} {
  const taken: (Entry & { readonly lease: NonNullable<Entry['lease']> })[] = []
  const next = new Map(queue)
  for (const [id, entry] of queue) {
    if (taken.length >= most) break
    if (entry.lease !== undefined || entry.readyAt > now) continue
    const lease = { ackId: newId(), until: now + policy.ackDeadline }
    const leased = { ...entry, attempts: entry.attempts + 1, lease }
    next.set(id, leased)
    taken.push(leased)
  }
  return { queue: next, taken }
}

/** Those who hold these leases are done; leases that are over count for nothing. */
export function acknowledge(
  queue: Queue,
  ackIds: readonly string[],
): { readonly queue: Queue; readonly gone: readonly string[] } {
  const wanted = new Set(ackIds)
  const gone = [...queue].filter(([, { lease }]) => lease && wanted.has(lease.ackId)).map(([id]) => id)
  const next = new Map(queue)
  for (const id of gone) next.delete(id)
  return { queue: next, gone }
}

/** More time for those who hold these leases; none at all gives the messages back. */
export function extend(
  queue: Queue,
  policy: DeliveryPolicy,
  ackIds: readonly string[],
  time: number,
  now: number,
): Failed {
  const wanted = new Set(ackIds)
  return failing(queue, policy, now, (lease) => {
    if (!wanted.has(lease.ackId)) return 'kept'
    return time === 0 ? 'failed' : { ...lease, until: now + time }
  })
}

/** Whose time is over gives its message back. */
export function expire(queue: Queue, policy: DeliveryPolicy, now: number): Failed {
  const young = new Map([...queue].filter(([, { message }]) => now - message.publishedAt < RETENTION))
  return failing(young, policy, now, ({ until }) => (until <= now ? 'failed' : 'kept'))
}

/** Twice as long after each attempt, within the bounds of sluice.yml. */
export function delayAfter(attempts: number, { min, max }: DeliveryPolicy['retryDelay']): number {
  return Math.min(max, min * 2 ** Math.min(30, Math.max(0, attempts - 1)))
}

/** The next moment at which a message can become ready or overdue; undefined where nothing waits. */
export function nextMoment(queue: Queue): number | undefined {
  const times = [...queue.values()].map(({ lease, readyAt }) => lease?.until ?? readyAt)
  return times.length === 0 ? undefined : Math.min(...times)
}

type Lease = NonNullable<Entry['lease']>

function failing(
  queue: Queue,
  policy: DeliveryPolicy,
  now: number,
  decide: (lease: Lease) => 'kept' | 'failed' | Lease,
): Failed {
  const next = new Map(queue)
  const dead: Message[] = []
  for (const [id, entry] of queue) {
    if (entry.lease === undefined) continue
    const decision = decide(entry.lease)
    if (decision === 'kept') continue
    if (decision !== 'failed') next.set(id, { ...entry, lease: decision })
    else if (policy.deadLetter && entry.attempts >= policy.retries) {
      next.delete(id)
      dead.push(entry.message)
    } else {
      const { lease: _, ...free } = entry
      next.set(id, { ...free, readyAt: now + delayAfter(entry.attempts, policy.retryDelay) })
    }
  }
  return { queue: next, dead }
}
