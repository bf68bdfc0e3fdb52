import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SluiceError } from '../../../src/domain/error.ts'
import { topologicalOrder, withDownstream } from '../../../src/domain/pipeline/graph.ts'

const graph = (edges: Record<string, string[]>) =>
  Object.fromEntries(Object.entries(edges).map(([name, needs]) => [name, { needs }]))

/** Any graph whose steps need only steps with a smaller number, under shuffled positions in the file. */
const acyclic = fc
  .array(fc.array(fc.nat(20), { maxLength: 4 }), { minLength: 1, maxLength: 12 })
  .chain((rows) => {
    const entries = rows.map(
      (needs, i) =>
        [
          `s${i}`,
          { needs: [...new Set(needs.filter((need) => need < i).map((need) => `s${need}`))] },
        ] as const,
    )
    return fc.shuffledSubarray(entries, { minLength: entries.length }).map((list) => Object.fromEntries(list))
  })

test('every step stands after all that it needs', () => {
  fc.assert(
    fc.property(acyclic, (steps) => {
      const order = topologicalOrder(steps)
      expect([...order].sort()).toEqual(Object.keys(steps).sort())
      for (const name of order) {
        for (const need of steps[name]?.needs ?? [])
          expect(order.indexOf(need)).toBeLessThan(order.indexOf(name))
      }
    }),
  )
})

test('steps that are free to go keep the order of the file', () => {
  expect(topologicalOrder(graph({ c: [], a: [], b: ['c'] }))).toEqual(['c', 'a', 'b'])
})

test('a cycle is named step by step', () => {
  expect(() => topologicalOrder(graph({ free: [], a: ['c'], b: ['a'], c: ['b'] }))).toThrow(
    'the steps a -> c -> b -> a need each other',
  )
})

test('an unknown step is an error that lists the known ones', () => {
  expect(() => topologicalOrder(graph({ a: [], b: ['z'] }))).toThrow(SluiceError)
  expect(() => topologicalOrder(graph({ a: [], b: ['z'] }))).toThrow('the steps are a, b')
})

test('downstream of a step is all that needs it, directly or not', () => {
  const steps = graph({ extract: [], prepare: ['extract'], train: ['prepare'], audit: ['extract'] })
  expect([...withDownstream(steps, 'prepare')]).toEqual(['prepare', 'train'])
})
