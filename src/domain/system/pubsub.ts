/** What a subscription of a topic asks for. Milliseconds. */
export interface Delivery {
  readonly ackDeadline: number
  readonly retryDelay: { readonly min: number; readonly max: number }
  /** Deliveries before a message is given up. */
  readonly retries: number
  readonly deadLetter: boolean
}

/** A part of a topic in sluice.yml that Pub/Sub does not have, with what it has. */
export interface DeliveryProblem {
  readonly key: 'ack-deadline' | 'retry-delay' | 'retries'
  readonly found: string
  readonly rule: string
}

const SECOND = 1000
/** With dead letters. */
export const FEWEST_DELIVERIES = 5

/** https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.subscriptions#Subscription */
export function pubsubProblems({
  ackDeadline,
  retryDelay,
  retries,
  deadLetter,
}: Delivery): DeliveryProblem[] {
  const problems: DeliveryProblem[] = []
  if (ackDeadline < 10 * SECOND || ackDeadline > 600 * SECOND || ackDeadline % SECOND !== 0) {
    const rule = 'Pub/Sub waits for whole seconds, from 10s to 10m'
    problems.push({ key: 'ack-deadline', found: `${ackDeadline}ms`, rule })
  }
  const { min, max } = retryDelay
  if (min > max || max > 600 * SECOND) {
    const rule = 'Pub/Sub waits up to 10m between deliveries, max not less than min'
    problems.push({ key: 'retry-delay', found: `${min}ms to ${max}ms`, rule })
  }
  // Without dead letters nothing is given up, and the number means nothing.
  if (deadLetter && (retries < FEWEST_DELIVERIES || retries > 100)) {
    const rule = `Pub/Sub delivers ${FEWEST_DELIVERIES} to 100 times before it gives a message up`
    problems.push({ key: 'retries', found: String(retries), rule })
  }
  return problems
}
