import { expect, test } from 'vitest'
import { fakeRuntime } from '../../src/runtime/fake/index.ts'
import { jittered, pollUntil } from '../../src/runtime/poll.ts'

const in1Minute = (runtime: { clock: { now(): number } }) => runtime.clock.now() + 60_000

test('a wait ends with the first value that is there', async () => {
  const runtime = fakeRuntime()
  let looks = 0
  const found = await pollUntil(runtime, async () => (++looks === 4 ? 'up' : undefined), {
    every: 1000,
    deadline: in1Minute(runtime),
  })
  expect(found).toEqual({ found: 'up' })
  expect(looks).toBe(4)
})

test('R25 looks are at most 15 s apart, however long the pause that was asked for', async () => {
  const runtime = fakeRuntime()
  const times: number[] = []
  const look = async () => void times.push(runtime.clock.now())
  await pollUntil(runtime, look, { every: 3_600_000, deadline: runtime.clock.now() + 600_000 })
  const gaps = times.slice(1).map((time, i) => time - (times[i] ?? 0))
  expect(gaps.length).toBeGreaterThan(30)
  expect(Math.max(...gaps)).toBeLessThanOrEqual(15_000)
  expect(new Set(gaps).size).toBeGreaterThan(5)
})

test('R25 the deadline holds even if a look never answers', async () => {
  const runtime = fakeRuntime()
  const deadline = in1Minute(runtime)
  const ended = await pollUntil(runtime, () => new Promise<never>(() => {}), { every: 1000, deadline })
  expect(ended).toBe('timed-out')
  expect(runtime.clock.now()).toBe(deadline)
})

test('R24 an error that is not borne ends the wait at once', async () => {
  const runtime = fakeRuntime()
  let looks = 0
  const look = async () => {
    looks++
    throw new Error('denied')
  }
  const bear = { transient: () => false, inARow: 5 }
  await expect(pollUntil(runtime, look, { every: 1000, deadline: in1Minute(runtime), bear })).rejects.toThrow(
    'denied',
  )
  expect(looks).toBe(1)
})

test('transient errors are borne until there are too many in a row', async () => {
  const runtime = fakeRuntime()
  const bear = { transient: () => true, inARow: 2 }
  const answers = ['bad', 'bad', undefined, 'bad', 'bad', 'good']
  const look = async () => {
    const answer = answers.shift()
    if (answer === 'bad') throw new Error('503')
    return answer
  }
  const options = { every: 100, deadline: in1Minute(runtime), bear }
  expect(await pollUntil(runtime, look, options)).toEqual({ found: 'good' })
  answers.push('bad', 'bad', 'bad', 'good')
  await expect(pollUntil(runtime, look, options)).rejects.toThrow('503')
})

test('cancelling ends a wait whose look hangs', async () => {
  const runtime = fakeRuntime()
  const waiting = pollUntil(runtime, () => new Promise<never>(() => {}), {
    every: 1000,
    deadline: Number.MAX_SAFE_INTEGER,
    signal: runtime.signals.cancelled,
  })
  runtime.cancel()
  await expect(waiting).rejects.toThrow('cancelled')
})

test('a pause is varied by at most a fifth', () => {
  const bytes = (value: number) => ({ bytes: () => Uint8Array.of(value) })
  expect(jittered(1000, bytes(0))).toBe(800)
  expect(jittered(1000, bytes(255))).toBe(1200)
})
