import type { Problem } from '../../domain/error.ts'
import { parseDuration, parseSize } from '../../domain/quantity.ts'
import { type Node, nodeAt, type Path } from '../document.ts'
import { complain, type Rule, type Subject } from './subject.ts'

/** Path with `*` for any name or index -> smallest and largest, in the units of the file. */
const BOUNDS: readonly (readonly [path: string, low: string, high: string])[] = [
  ['environments.*.preview.keep', '1h', '365d'],
  ['services.*.size.memory', '128MiB', '4TiB'],
  ['services.*.stop-timeout', '1s', '1h'],
  ['workers.*.stop-timeout', '1s', '1h'],
  ['functions.*.memory', '128MiB', '32GiB'],
  ['functions.*.timeout', '1s', '1h'],
  ['workers.*.disk', '8GiB', '16TiB'],
  ['workers.*.idle-stop', '1m', '7d'],
  ['workers.*.max-lifetime', '5m', '30d'],
  ['databases.*.storage', '10GiB', '64TiB'],
  ['buckets.*.expire', '1d', '3650d'],
  ['topics.*.ack-deadline', '10s', '10m'],
  ['topics.*.retry-delay.min', '0s', '10m'],
  ['topics.*.retry-delay.max', '0s', '10m'],
  ['pipelines.*.steps.*.size.memory', '128MiB', '4TiB'],
  ['pipelines.*.steps.*.timeout', '1s', '28d'],
  ['rollout.bake', '0s', '7d'],
  ['rollout.start-timeout', '1s', '1d'],
  ['rollout.timeout', '1s', '30d'],
  ['rollout.checks.*.p95', '1ms', '1h'],
  ['rollout.checks.*.latency.p95', '1ms', '1h'],
]

/** Pairs of which the first is at most the second. */
const ORDERED: readonly (readonly [
  parent: string,
  low: string,
  high: string,
  lowDefault: string,
  highDefault: string,
])[] = [
  ['topics.*', 'retry-delay.min', 'retry-delay.max', '10s', '10m'],
  ['workers.*', 'idle-stop', 'max-lifetime', '30m', '24h'],
]

export const checkQuantities: Rule = (subject) => [
  ...BOUNDS.flatMap((bound) => outside(subject, bound)),
  ...ORDERED.flatMap((pair) => disordered(subject, pair)),
]

function outside(subject: Subject, [pattern, low, high]: (typeof BOUNDS)[number]): Problem[] {
  return matches(subject.document.root, pattern.split('.')).flatMap((path) => {
    const text = textAt(subject, path)
    const value = text === undefined ? undefined : quantity(text)
    if (
      text === undefined ||
      !/^[0-9]+[A-Za-z]+$/.test(text) ||
      subject.removed.some((gone) => gone.join() === path.join())
    )
      return []
    const fits = value !== undefined && value >= (quantity(low) ?? 0) && value <= (quantity(high) ?? 0)
    return fits ? [] : [complain(subject, path, `found ${text}`, `from ${low} to ${high}`)]
  })
}

function disordered(
  subject: Subject,
  [parent, low, high, lowDefault, highDefault]: (typeof ORDERED)[number],
): Problem[] {
  return matches(subject.document.root, parent.split('.')).flatMap((path) => {
    const lowPath = [...path, ...low.split('.')]
    const highPath = [...path, ...high.split('.')]
    const [from = lowDefault, to = highDefault] = [textAt(subject, lowPath), textAt(subject, highPath)]
    const [a, b] = [quantity(from), quantity(to)]
    if (a === undefined || b === undefined || a <= b) return []
    const at = nodeAt(subject.document.root, lowPath) === undefined ? highPath : lowPath
    return [complain(subject, at, `${low} ${from} is above ${high} ${to}`, `${low} is at most ${high}`)]
  })
}

const quantity = (text: string): number | undefined => parseDuration(text) ?? parseSize(text)

function textAt(subject: Subject, path: Path): string | undefined {
  const node = nodeAt(subject.document.root, path)
  return node?.kind === 'scalar' && typeof node.value === 'string' ? node.value : undefined
}

/** The written paths that a pattern matches. */
function matches(node: Node | undefined, [part, ...rest]: readonly string[], path: Path = []): Path[] {
  if (node === undefined) return []
  if (part === undefined) return [path]
  const keys: Path =
    part !== '*'
      ? [part]
      : node.kind === 'map'
        ? [...node.entries.keys()]
        : node.kind === 'list'
          ? node.items.map((_, index) => index)
          : []
  return keys.flatMap((key) => matches(nodeAt(node, [key]), rest, [...path, key]))
}
