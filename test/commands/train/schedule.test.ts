import { expect, test } from 'vitest'
import { inOrder } from '../../../src/commands/train/schedule.ts'

const graph = { a: { needs: [] }, b: { needs: [] }, c: { needs: [] }, d: { needs: ['a', 'b'] } }
const order = ['a', 'b', 'c', 'd']

async function trace(limit: number, work: (step: string) => Promise<void>): Promise<[string[], number]> {
  const begun: string[] = []
  let running = 0
  let most = 0
  await inOrder(graph, order, limit, async (step) => {
    begun.push(step)
    most = Math.max(most, ++running)
    await new Promise((resolve) => setImmediate(resolve))
    running--
    await work(step)
  })
  return [begun, most]
}

test('independent steps run side by side, never more than the limit', async () => {
  expect((await trace(2, async () => {}))[1]).toBe(2)
  expect((await trace(1, async () => {}))[1]).toBe(1)
  expect((await trace(9, async () => {}))[1]).toBe(3)
})

test('a step begins only when all that it needs has ended', async () => {
  const [begun] = await trace(2, async () => {})
  expect(begun.indexOf('d')).toBeGreaterThan(begun.indexOf('b'))
  expect([...begun].sort()).toEqual(order)
})

test('after a failure nothing new begins, and what runs is awaited', async () => {
  const begun: string[] = []
  const ended: string[] = []
  let release = (): void => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const whole = inOrder(graph, order, 2, async (step) => {
    begun.push(step)
    if (step === 'a') throw new Error('a failed')
    await held
    ended.push(step)
  })
  setImmediate(release)
  await expect(whole).rejects.toThrow('a failed')
  expect(begun).toEqual(['a', 'b'])
  expect(ended).toEqual(['b'])
})
