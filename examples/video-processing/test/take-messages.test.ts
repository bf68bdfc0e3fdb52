import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Outcome } from '../apps/worker/process-video.ts'
import type { Delivery } from '../apps/worker/queue.ts'
import { retryDelay, takeMessages } from '../apps/worker/take-messages.ts'

const DELAY = { least: 10, most: 600 }

interface Taken {
  readonly removed: string[]
  /** Body -> seconds until it comes again. */
  readonly putBack: Record<string, number>
  readonly said: string[]
}

/** Takes these messages, and then one that ends it. */
async function take(
  deliveries: readonly (Partial<Delivery> | Error)[],
  process: (video: string) => Promise<Outcome> = async () => 'converted',
): Promise<Taken> {
  const stop = new AbortController()
  const taken: Taken = { removed: [], putBack: {}, said: [] }
  const waiting = [...deliveries]
  const queue = {
    async receive() {
      const next = waiting.shift()
      if (next instanceof Error) throw next
      if (next !== undefined) return { body: '', times: 1, receipt: 'r', ...next }
      stop.abort()
      return undefined
    },
    async remove({ body }: Delivery) {
      taken.removed.push(body)
    },
    async putBack({ body }: Delivery, seconds: number) {
      taken.putBack[body] = seconds
    },
  }
  const warn = (_said: object, sentence: string) => void taken.said.push(sentence)
  await takeMessages({ queue, delay: DELAY, process, warn }, stop.signal, 0)
  return taken
}

const message = (video: string): string => JSON.stringify({ video })

test.each([
  ['converted', []],
  ['busy', []],
  ['absent', ['a message comes again']],
  ['failed', ['a message comes again']],
] as const)('a message whose video is %s is removed, or comes again', async (outcome, said) => {
  const taken = await take([{ body: message('v') }], async () => outcome)
  expect(taken.said).toEqual(said)
  expect(taken.removed).toEqual(said.length === 0 ? [message('v')] : [])
  expect(taken.putBack).toEqual(said.length === 0 ? {} : { [message('v')]: 10 })
})

test('a message that names no video is not converted, and comes again until the queue gives it up', async () => {
  const converted: string[] = []
  const process = async (video: string): Promise<Outcome> => {
    converted.push(video)
    return 'failed'
  }
  const bodies = ['poison', '', '{}', '{"video":7}', 'null']
  const { removed, putBack } = await take(
    bodies.map((body) => ({ body, times: 2 })),
    process,
  )
  expect(converted).toEqual([])
  expect(removed).toEqual([])
  expect(putBack).toEqual(Object.fromEntries(bodies.map((body) => [body, 20])))
})

test('a bucket that is away does not end the worker: the message comes again, and the next one is taken', async () => {
  const process = async (video: string): Promise<Outcome> => {
    if (video === 'first') throw new Error('the bucket is away')
    return 'converted'
  }
  const { removed, putBack } = await take([{ body: message('first') }, { body: message('second') }], process)
  expect(removed).toEqual([message('second')])
  expect(putBack).toEqual({ [message('first')]: 10 })
})

test('a queue that fails is asked again', async () => {
  const { removed, said } = await take([new Error('503'), { body: message('v') }])
  expect(removed).toEqual([message('v')])
  expect(said).toEqual(['the queue does not answer'])
})

test('deliveries wait twice as long each time, and never longer than the most', () => {
  expect([1, 2, 3, 4, 5].map((times) => retryDelay(times, DELAY))).toEqual([10, 20, 40, 80, 160])
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e9 }), fc.nat(600), fc.nat(43_200), (times, least, more) => {
      const delay = { least, most: least + more }
      const seconds = retryDelay(times, delay)
      expect(seconds).toBeGreaterThanOrEqual(least)
      expect(seconds).toBeLessThanOrEqual(delay.most)
      expect(retryDelay(times + 1, delay)).toBeGreaterThanOrEqual(seconds)
    }),
  )
})
