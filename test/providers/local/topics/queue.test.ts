import fc from 'fast-check'
import { expect, test } from 'vitest'
import { replay } from '../../../../src/providers/local/topics/journal.ts'
import {
  acknowledge,
  type DeliveryPolicy,
  delayAfter,
  expire,
  extend,
  type Message,
  put,
  type Queue,
  take,
} from '../../../../src/providers/local/topics/queue.ts'

const policy: DeliveryPolicy = {
  ackDeadline: 1000,
  retries: 3,
  retryDelay: { min: 100, max: 300 },
  deadLetter: true,
}
const message = (id: string): Message => ({ id, data: '', attributes: {}, publishedAt: 0 })
const ids = (queue: Queue): readonly string[] => [...queue.keys()]

test('a message that was taken is not given to another before its deadline', () => {
  const { queue, taken } = take(put(new Map(), [message('a')], 0), policy, 10, 0, () => 'l1')
  expect(taken.map((one) => [one.message.id, one.attempts])).toEqual([['a', 1]])
  expect(take(queue, policy, 10, 999, () => 'l2').taken).toEqual([])
  const late = expire(queue, policy, 1000).queue
  expect(take(late, policy, 10, 1099, () => 'l2').taken).toEqual([])
  expect(take(late, policy, 10, 1100, () => 'l2').taken).toHaveLength(1)
})

test('a lease that is over acknowledges nothing', () => {
  const { queue } = take(put(new Map(), [message('a')], 0), policy, 1, 0, () => 'l1')
  const again = take(expire(queue, policy, 1000).queue, policy, 1, 2000, () => 'l2').queue
  expect(acknowledge(again, ['l1']).gone).toEqual([])
  expect(acknowledge(again, ['l2']).gone).toEqual(['a'])
})

test('delays double between the bounds of sluice.yml', () => {
  expect([1, 2, 3, 4, 99].map((attempts) => delayAfter(attempts, policy.retryDelay))).toEqual([
    100, 200, 300, 300, 300,
  ])
})

test('after its last try a message is set aside, and without a place for it it stays', () => {
  const failedTimes = (count: number, over: DeliveryPolicy) => {
    let queue = put(new Map(), [message('a')], 0)
    let dead: readonly Message[] = []
    for (let n = 1; n <= count; n++) {
      queue = take(queue, over, 1, n * 10_000, () => `l${n}`).queue
      const next = extend(queue, over, [`l${n}`], 0, n * 10_000)
      queue = next.queue
      dead = next.dead
    }
    return [ids(queue), dead.map(({ id }) => id)]
  }
  expect(failedTimes(2, policy)).toEqual([['a'], []])
  expect(failedTimes(3, policy)).toEqual([[], ['a']])
  expect(failedTimes(9, { ...policy, deadLetter: false })).toEqual([['a'], []])
})

test('no message is lost and none is made, whatever happens in whatever order', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('take' as const), most: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ kind: fc.constant('ack' as const), lease: fc.nat(20) }),
    fc.record({ kind: fc.constant('nack' as const), lease: fc.nat(20) }),
    fc.record({ kind: fc.constant('wait' as const), time: fc.nat(2000) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const all = ['a', 'b', 'c']
      let queue = put(new Map(), all.map(message), 0)
      let now = 0
      let leases = 0
      const gone: string[] = []
      for (const one of steps) {
        switch (one.kind) {
          case 'take':
            queue = take(queue, policy, one.most, now, () => `l${leases++}`).queue
            break
          case 'ack': {
            const next = acknowledge(queue, [`l${one.lease}`])
            queue = next.queue
            gone.push(...next.gone)
            break
          }
          case 'nack': {
            const next = extend(queue, policy, [`l${one.lease}`], 0, now)
            queue = next.queue
            gone.push(...next.dead.map(({ id }) => id))
            break
          }
          case 'wait': {
            now += one.time
            const next = expire(queue, policy, now)
            queue = next.queue
            gone.push(...next.dead.map(({ id }) => id))
            break
          }
          default:
            one satisfies never
        }
      }
      expect([...ids(queue), ...gone].sort()).toEqual(all)
    }),
  )
})

test('R28 a journal that was cut off anywhere gives every message whose line is whole', () => {
  const lines = [
    JSON.stringify({ put: [message('a'), message('b')] }),
    JSON.stringify({ tried: { a: 2 } }),
    JSON.stringify({ gone: ['b'] }),
    JSON.stringify({ put: [message('c')] }),
  ]
  const text = lines.join('\n')
  expect(ids(replay(lines, 5))).toEqual(['a', 'c'])
  expect(replay(lines, 5).get('a')).toMatchObject({ attempts: 2, readyAt: 5 })
  for (let cut = 0; cut < text.length; cut++) {
    const whole = lines.filter((_, n) => lines.slice(0, n + 1).join('\n').length <= cut)
    expect(replay(text.slice(0, cut).split('\n'), 5)).toEqual(replay(whole, 5))
  }
})
