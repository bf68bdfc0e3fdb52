import { usageError } from '../error.ts'

/** The part of a pipeline that order depends on: each step and what must be done before it. */
export type StepGraph = Readonly<Record<string, { readonly needs: readonly string[] }>>

/**
 * The steps so that each stands after all that it needs; among steps that are free to go, the order of the file.
 *
 * @throws SluiceError usage, where a step needs an unknown one or itself.
 */
export function topologicalOrder(graph: StepGraph): readonly string[] {
  const names = Object.keys(graph)
  for (const [name, { needs }] of Object.entries(graph)) {
    const unknown = needs.find((need) => !Object.hasOwn(graph, need))
    if (unknown !== undefined) {
      throw usageError({
        what: `step ${name} needs ${unknown}, which is no step of this pipeline`,
        rule: `the steps are ${names.join(', ')}`,
      })
    }
  }
  const order: string[] = []
  const done = new Set<string>()
  while (order.length < names.length) {
    const next = names.find((name) => !done.has(name) && graph[name]?.needs.every((need) => done.has(need)))
    if (next === undefined) throw cycleError(graph, done)
    done.add(next)
    order.push(next)
  }
  return order
}

/** The step and everything that needs it, directly or through others. */
export function withDownstream(graph: StepGraph, from: string): ReadonlySet<string> {
  const found = new Set([from])
  for (const name of topologicalOrder(graph)) {
    if (graph[name]?.needs.some((need) => found.has(need))) found.add(name)
  }
  return found
}

function cycleError(graph: StepGraph, done: ReadonlySet<string>): Error {
  // Every step that is left needs another that is left, so walking along comes back to a step that was seen.
  const path: string[] = []
  let at = Object.keys(graph).find((name) => !done.has(name))
  while (at !== undefined && !path.includes(at)) {
    path.push(at)
    at = graph[at]?.needs.find((need) => !done.has(need))
  }
  const cycle = at === undefined ? path : [...path.slice(path.indexOf(at)), at]
  return usageError({
    what: `the steps ${cycle.join(' -> ')} need each other`,
    rule: 'the steps of a pipeline form no cycle',
    remedy: 'take one of these "needs" away',
  })
}
