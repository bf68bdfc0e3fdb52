import type { Runtime } from '../../../runtime/runtime.ts'
import type { Invoke } from '../functions/engine.ts'
import type { Received, Subscription } from './subscription.ts'
import { messageOnWire } from './wire.ts'

/** Who a message is brought to. `accepted` where it said that it is done. */
export type Receiver = (received: Received) => Promise<'accepted' | 'refused'>

/** Deliveries at the same time. */
const LARGEST = 10

/** Brings every message to its receiver until it is stopped; what is refused comes again, later. */
export async function pushForever(
  subscription: Subscription,
  receive: Receiver,
  signal: AbortSignal,
): Promise<void> {
  const running = new Set<Promise<void>>()
  while (!signal.aborted) {
    const received = await subscription.pull(LARGEST - running.size, 60_000, signal)
    for (const one of received) {
      const ackIds = [one.lease.ackId]
      const work = receive(one)
        .catch(() => 'refused' as const)
        .then((how) =>
          how === 'accepted' ? subscription.acknowledge(ackIds) : subscription.extend(ackIds, 0),
        )
        .catch(() => {}) // its lease runs out
      const tracked = work.finally(() => running.delete(tracked))
      running.add(tracked)
    }
    if (running.size >= LARGEST) await Promise.race(running)
  }
  await Promise.all(running)
}

/** A service at a path of its own, by the body that Pub/Sub pushes (https://cloud.google.com/pubsub/docs/push). */
export function toService(
  runtime: Runtime,
  options: {
    readonly url: () => string | undefined
    readonly subscription: string
    readonly ackDeadline: number
    readonly signal: AbortSignal
  },
): Receiver {
  const accepting = new Set([102, 200, 201, 202, 204])
  return async ({ message, attempts }) => {
    const url = options.url()
    if (url === undefined) return 'refused'
    const { subscription } = options
    const answer = await runtime.http.request({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ message: messageOnWire(message), subscription, deliveryAttempt: attempts }),
      timeout: options.ackDeadline,
      signal: options.signal,
    })
    await answer.text()
    return accepting.has(answer.status) ? 'accepted' : 'refused'
  }
}

/** A function, by the event of one message that SQS hands to Lambda. */
export function toFunction(invoke: Invoke, name: string, topic: string): Receiver {
  return async ({ message, attempts, lease }) => {
    const attributes = Object.entries(message.attributes).map(([key, value]) => [
      key,
      { stringValue: value, dataType: 'String', stringListValues: [], binaryListValues: [] },
    ])
    const record = {
      messageId: message.id,
      receiptHandle: lease.ackId,
      body: Buffer.from(message.data, 'base64').toString('utf8'),
      attributes: {
        ApproximateReceiveCount: String(attempts),
        SentTimestamp: String(message.publishedAt),
      },
      messageAttributes: Object.fromEntries(attributes),
      eventSource: 'aws:sqs',
      eventSourceARN: `arn:aws:sqs:local:000000000000:${topic}`,
      awsRegion: 'local',
    }
    const outcome = await invoke(name, Buffer.from(JSON.stringify({ Records: [record] })))
    if (outcome === undefined || outcome === 'busy' || outcome.kind === 'failed') return 'refused'
    return refusedItems(outcome.payload).includes(message.id) ? 'refused' : 'accepted'
  }
}

/** ReportBatchItemFailures, as the function is set up on AWS. */
function refusedItems(payload: Buffer): readonly unknown[] {
  const value = JSON.parse(payload.toString('utf8')) as {
    batchItemFailures?: readonly { readonly itemIdentifier?: unknown }[]
  } | null
  return (value?.batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier)
}
