import { CONNECTABLE } from '../../domain/connections.ts'
import type { Problem } from '../../domain/error.ts'
import { complain, pairs, type Subject } from './subject.ts'

/** Stacks are applied one after the other, so none waits for itself. */
export function checkComponents(subject: Subject): Problem[] {
  const components = pairs(subject.value.components)
  const home = new Map(
    components.flatMap(([name, resources]) => (resources ?? []).map((each) => [each, name])),
  )
  const edges = components.map(([name, resources]) => ({
    name,
    to: new Set(
      (resources ?? [])
        .flatMap((resource) => waitsFor(subject, resource))
        .flatMap((resource) => home.get(resource) ?? [])
        .filter((other) => other !== name),
    ),
  }))
  const circle = circleOf(new Map(edges.map(({ name, to }) => [name, to])))
  if (circle === undefined) return []
  const [first = ''] = circle
  return [
    complain(
      subject,
      ['components', first],
      `waits for itself: ${[...circle, first].join(' -> ')}`,
      'what connects each other stands in one component, or data stands in one of its own',
    ),
  ]
}

/** Only what AWS invents when it makes a resource is waited for; names of buckets and tables are known before. */
const WAITED = ['databases', 'caches', 'topics', 'apis', 'workers'] as const

function waitsFor(subject: Subject, resource: string): string[] {
  const { value } = subject
  const users = [value.services, value.functions, value.workers]
  const connects = users.flatMap((section) => section?.[resource]?.connects ?? [])
  const waited = (name: string | undefined): name is string =>
    name !== undefined && WAITED.some((kind) => value[kind]?.[name] !== undefined)
  const routed = Object.values(value.apis?.[resource]?.routes ?? {})
  const subscribed = pairs(value.topics)
    .filter(([, { subscriber }]) => subscriber === resource)
    .map(([name]) => name)
  return [...connects.filter(waited), ...routed.filter((name) => name !== undefined), ...subscribed].filter(
    (name) => CONNECTABLE.some((kind) => value[kind]?.[name] !== undefined),
  )
}

/** The names of a circle, in order; undefined where there is none. */
function circleOf(graph: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] | undefined {
  const done = new Set<string>()
  const visit = (name: string, path: readonly string[]): readonly string[] | undefined => {
    const start = path.indexOf(name)
    if (start !== -1) return path.slice(start)
    if (done.has(name)) return undefined
    for (const next of graph.get(name) ?? []) {
      const found = visit(next, [...path, name])
      if (found !== undefined) return found
    }
    done.add(name)
    return undefined
  }
  for (const name of graph.keys()) {
    const found = visit(name, [])
    if (found !== undefined) return found
  }
  return undefined
}
