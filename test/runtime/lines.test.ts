import fc from 'fast-check'
import { expect, test } from 'vitest'
import { eventLines } from '../../src/runtime/lines.ts'
import { progressPace } from '../../src/runtime/pace.ts'

const text = (event: Parameters<typeof eventLines>[0]): string[] => eventLines(event, 80).map((l) => l.text)

test('progress says its task, its amount and its state', () => {
  expect(
    text({
      kind: 'progress',
      task: 'api',
      state: 'running',
      text: 'pushing',
      done: 3 * 2 ** 20,
      total: 2 ** 23,
      unit: 'bytes',
    }),
  ).toEqual(['… api: pushing (3.0 of 8.0 MiB)'])
  expect(text({ kind: 'progress', task: 'api', state: 'done', text: 'pushed' })).toEqual(['✓ api: pushed'])
  expect(
    text({
      kind: 'progress',
      task: 'train',
      state: 'failed',
      text: 'exit 3',
      done: 2,
      total: 9,
      unit: 'steps',
    }),
  ).toEqual(['✗ train: exit 3 (2 of 9 steps)'])
})

test('every line of output carries its source', () => {
  expect(text({ kind: 'output', source: 'api', line: 'one\ntwo' })).toEqual(['api | one\napi | two'])
})

test('a mask shows nothing', () => {
  expect(text({ kind: 'mask', value: 'hunter22' })).toEqual([])
})

test('a log repeats a running task only now and then, but shows every end', () => {
  let now = 0
  const isDue = progressPace(() => now)
  const at = (ms: number, state: 'running' | 'done', done: number): boolean => {
    now = ms
    return isDue({ kind: 'progress', task: 'push', state, text: 'pushing', done })
  }
  expect([at(0, 'running', 1), at(100, 'running', 2), at(5000, 'running', 3), at(5100, 'done', 4)]).toEqual([
    true,
    false,
    true,
    true,
  ])
})

test('what is not progress is always shown', () => {
  const isDue = progressPace(() => 0)
  fc.assert(
    fc.property(fc.string(), (line) => {
      expect(isDue({ kind: 'output', source: 'x', line })).toBe(true)
    }),
  )
})
