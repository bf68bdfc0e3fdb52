import { setTimeout as wait } from 'node:timers/promises'
import { announcedVideo } from './message.ts'
import type { Outcome } from './process-video.ts'
import type { Delivery, Queue } from './queue.ts'

/** Seconds between two deliveries of a message: the least after the first, then twice as many each time, up to the most. */
export interface RetryDelay {
  readonly least: number
  readonly most: number
}

export const retryDelay = (times: number, { least, most }: RetryDelay): number =>
  Math.min(most, Math.round(least * 2 ** Math.min(times - 1, 30)))

export interface Taking {
  readonly queue: Queue
  readonly delay: RetryDelay
  /** Converts a video, once however often it is announced. */
  readonly process: (video: string) => Promise<Outcome>
  /** What was wrong, for the log. */
  readonly warn: (said: object, sentence: string) => void
}

/** Milliseconds before a queue that failed is asked again. */
const PAUSE = 5000

/** Takes one message after the other, until the signal; the one in hand is finished. */
export async function takeMessages(taking: Taking, signal: AbortSignal, pause = PAUSE): Promise<void> {
  const { queue, warn } = taking
  while (!signal.aborted) {
    try {
      const delivery = await queue.receive(signal)
      if (delivery !== undefined) await take(taking, delivery)
    } catch (error) {
      if (signal.aborted) return
      warn({ err: error }, 'the queue does not answer')
      await wait(pause, undefined, { signal }).catch(() => {})
    }
  }
}

/**
 * A message is done with when its video is converted, or when another delivery is at it: the other one has a message too, and
 * behind both is the sweep. Everything else comes again, until the queue gives it up.
 */
async function take({ queue, delay, process, warn }: Taking, delivery: Delivery): Promise<void> {
  const video = announcedVideo(delivery.body)
  let outcome: Outcome | 'poisoned' | 'interrupted'
  try {
    outcome = video === undefined ? 'poisoned' : await process(video)
  } catch (error) {
    warn({ err: error, video }, 'a video was not converted')
    outcome = 'interrupted'
  }
  switch (outcome) {
    case 'converted':
    case 'busy':
      return queue.remove(delivery)
    case 'absent':
    case 'failed':
    case 'poisoned':
    case 'interrupted':
      warn({ video, outcome, times: delivery.times }, 'a message comes again')
      return queue.putBack(delivery, retryDelay(delivery.times, delay))
    default:
      outcome satisfies never
  }
}
