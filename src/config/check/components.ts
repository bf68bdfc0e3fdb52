import type { Problem } from '../../domain/error.ts'
import { CONNECTABLE, type ConnectableKind } from '../../domain/system/connections.ts'
import { complain, pairs, type Subject } from './subject.ts'

/** Stacks are applied one after the other, so none waits for itself. */
export function checkComponents(subject: Subject): Problem[] {
  return circles(subject, componentsOf(subject), (name) => waitsFor(subject, name, WAITED))
}

/**
 * The same on Google Cloud, where a permission stands on the thing itself, so whatever is connected is there before: what no
 * component holds is in a layer, and layers wait too.
 */
export function checkLayers(subject: Subject): Problem[] {
  const { value } = subject
  const components = componentsOf(subject)
  const held = new Set(components.flatMap(([, all]) => all))
  const layer = (...kinds: readonly ConnectableKind[]): string[] =>
    kinds.flatMap((kind) => Object.keys(value[kind] ?? {})).filter((name) => !held.has(name))
  const layers = [
    ['data', layer('databases', 'buckets', 'topics', 'caches')],
    ['compute', [...layer('services', 'functions', 'workers'), STEPS]],
  ] as const
  // Who is public is called by its name alone.
  const kinds = CONNECTABLE.filter((kind) => kind !== 'services')
  return circles(subject, [...components, ...layers], (name) => [
    ...waitsFor(subject, name, kinds),
    ...(name === STEPS
      ? stepsWaitFor(subject)
      : connected(subject, name).filter((other) => isInside(value, other))),
  ])
}

/** All steps stand in one layer; no resource has this name. */
const STEPS = 'pipelines:'

function stepsWaitFor({ value }: Subject): string[] {
  const steps = pairs(value.pipelines).flatMap(([, pipeline]) => pairs(pipeline.steps))
  return steps
    .flatMap(([, { connects, inputs, outputs }]) => [
      ...(connects ?? []),
      ...[...pairs(inputs), ...pairs(outputs)].map(([, place]) => place.split('/')[0]),
    ])
    .filter((name) => name !== undefined)
    .filter((name) => !isPublic(value, name))
}

const isPublic = (value: Subject['value'], name: string): boolean =>
  value.services?.[name]?.public ?? value.services?.[name]?.domain !== undefined

const isInside = (value: Subject['value'], name: string): boolean =>
  value.services?.[name] !== undefined && !isPublic(value, name)

function componentsOf(subject: Subject): Stacks {
  return pairs(subject.value.components).map(([name, all]) => [name, all ?? []] as const)
}

type Stacks = readonly (readonly [name: string, resources: readonly (string | undefined)[]])[]

function circles(
  subject: Subject,
  stacks: Stacks,
  waits: (resource: string) => readonly string[],
): Problem[] {
  const home = new Map(stacks.flatMap(([name, resources]) => resources.map((each) => [each, name])))
  const edges = stacks.map(([name, resources]) => ({
    name,
    to: new Set(
      resources
        .flatMap((resource) => (resource === undefined ? [] : waits(resource)))
        .flatMap((resource) => home.get(resource) ?? [])
        .filter((other) => other !== name),
    ),
  }))
  const circle = circleOf(new Map(edges.map(({ name, to }) => [name, to])))
  if (circle === undefined) return []
  // Layers are not in the file: the place is that of the first component.
  const first = circle.find((name) => subject.value.components?.[name] !== undefined) ?? ''
  const turned = [...circle.slice(circle.indexOf(first)), ...circle.slice(0, circle.indexOf(first))]
  return [
    complain(
      subject,
      ['components', first],
      `waits for itself: ${[...turned, first].join(' -> ')}`,
      'what connects each other stands in one component, or data stands in one of its own',
    ),
  ]
}

/** Only what AWS invents when it makes a resource is waited for; names of buckets and tables are known before. */
const WAITED = ['databases', 'caches', 'topics', 'apis', 'workers'] as const

function connected({ value }: Subject, resource: string): string[] {
  const users = [value.services, value.functions, value.workers]
  return users.flatMap((section) => section?.[resource]?.connects ?? []).filter((name) => name !== undefined)
}

function waitsFor(subject: Subject, resource: string, kinds: readonly ConnectableKind[]): string[] {
  const { value } = subject
  const waited = (name: string): boolean => kinds.some((kind) => value[kind]?.[name] !== undefined)
  const routed = Object.values(value.apis?.[resource]?.routes ?? {})
  const subscribed = pairs(value.topics)
    .filter(([, { subscriber }]) => subscriber === resource)
    .map(([name]) => name)
  return [
    ...connected(subject, resource).filter(waited),
    ...routed.filter((name) => name !== undefined),
    ...subscribed,
  ].filter((name) => CONNECTABLE.some((kind) => value[kind]?.[name] !== undefined))
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
