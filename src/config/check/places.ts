import type { Problem } from '../../domain/error.ts'
import { complain, pairs, type Subject } from './subject.ts'

/** Who writes and who reads what: steps that share data without an order between them would race. */
export function places(subject: Subject, pipeline: string): Problem[] {
  const steps = subject.value.pipelines?.[pipeline]?.steps ?? {}
  const before = ancestors(steps)
  const ordered = (a: string, b: string): boolean => a === b || before(a).has(b) || before(b).has(a)
  const writes = pairs(steps).flatMap(([step, { outputs }]) =>
    pairs(outputs).map(([name, place]) => ({ step, name, place })),
  )
  const path = (step: string, kind: string, name: string): string[] => [
    'pipelines',
    pipeline,
    'steps',
    step,
    kind,
    name,
  ]
  const twice = writes.flatMap(({ step, name, place }, index) => {
    const first = writes.slice(0, index).find((other) => overlap(other.place, place))
    return first === undefined
      ? []
      : [
          complain(
            subject,
            path(step, 'outputs', name),
            `${place} overlaps the output ${first.name} of ${first.step}, ${first.place}`,
            'each place is written by one output',
          ),
        ]
  })
  const races = pairs(steps).flatMap(([step, { inputs }]) =>
    pairs(inputs).flatMap(([name, place]) => {
      const writer = writes.find((other) => overlap(other.place, place) && !ordered(step, other.step))
      return writer === undefined
        ? []
        : [
            complain(
              subject,
              path(step, 'inputs', name),
              `${place} is written by ${writer.step}, which may run at the same time`,
              `needs: [${writer.step}] gives them an order`,
            ),
          ]
    }),
  )
  return [...twice, ...races]
}

const overlap = (a: string, b: string): boolean =>
  a === b || (a.endsWith('/') && b.startsWith(a)) || (b.endsWith('/') && a.startsWith(b))

type Steps = { readonly [step: string]: { readonly needs?: readonly string[] | undefined } | undefined }

/** All steps that a step needs, directly or not; cycles are told elsewhere. */
function ancestors(steps: Steps): (step: string) => ReadonlySet<string> {
  const known = new Map<string, Set<string>>()
  return (start) => {
    const found = known.get(start)
    if (found !== undefined) return found
    const all = new Set<string>()
    known.set(start, all)
    const open = [...(steps[start]?.needs ?? [])]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (all.has(next)) continue
      all.add(next)
      open.push(...(steps[next]?.needs ?? []))
    }
    return all
  }
}
