import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SmoothWeights } from '../../../../src/providers/local/proxy/weights.ts'

const weights = fc
  .array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 5 })
  .filter((list) => list.some((weight) => weight > 0))

test('each revision is chosen exactly as often as its weight, over any whole round', () => {
  fc.assert(
    fc.property(weights, fc.integer({ min: 1, max: 3 }), (list, rounds) => {
      const candidates = list.map((weight, index) => ({ id: `r${index}`, weight }))
      const total = list.reduce((sum, weight) => sum + weight, 0)
      const chosen = new Map<string, number>()
      const balancer = new SmoothWeights()
      for (let i = 0; i < total * rounds; i++) {
        const id = balancer.choose(candidates)?.id ?? 'none'
        chosen.set(id, (chosen.get(id) ?? 0) + 1)
      }
      for (const { id, weight } of candidates) expect(chosen.get(id) ?? 0).toBe(weight * rounds)
    }),
  )
})

test('a canary of 10 % is spread evenly, never two in a row', () => {
  const balancer = new SmoothWeights()
  const candidates = [
    { id: 'live', weight: 90 },
    { id: 'next', weight: 10 },
  ]
  const order = Array.from({ length: 100 }, () => balancer.choose(candidates)?.id)
  expect(order.join(' ')).not.toContain('next next')
  expect(order.filter((id) => id === 'next')).toHaveLength(10)
})

test('nothing is chosen where nothing has a weight', () => {
  expect(new SmoothWeights().choose([{ id: 'a', weight: 0 }])).toBeUndefined()
  expect(new SmoothWeights().choose([])).toBeUndefined()
})
