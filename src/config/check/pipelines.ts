import type { Problem } from '../../domain/error.ts'
import { variableStem } from '../../domain/name.ts'
import type { Path } from '../document.ts'
import { show } from '../document.ts'
import { parseLocation } from '../refer.ts'
import { SCHEDULES, scheduleFault } from './cron.ts'
import { inside } from './paths.ts'
import { places } from './places.ts'
import {
  complain,
  complainOfKey,
  declared,
  isWritten,
  keysAt,
  pairs,
  type Rule,
  reference,
  type Subject,
} from './subject.ts'

export const checkPipelines: Rule = (subject) =>
  pairs(subject.value.pipelines).flatMap(([name, pipeline]) => {
    const fault = pipeline.schedule === undefined ? undefined : scheduleFault(pipeline.schedule)
    const steps = ['pipelines', name, 'steps']
    const isEmpty = isWritten(subject, steps) && keysAt(subject.document, steps)?.length === 0
    return [
      ...(fault === undefined
        ? []
        : [
            complain(
              subject,
              ['pipelines', name, 'schedule'],
              `found ${show(pipeline.schedule)}: ${fault}`,
              `${SCHEDULES.join(', ')}, or cron: minute hour day month weekday`,
            ),
          ]),
      ...(isEmpty ? [complain(subject, steps, 'found no step', 'a pipeline has at least one')] : []),
      ...sameVariable(subject, ['pipelines', name, 'parameters'], pipeline.parameters),
      ...pairs(pipeline.steps).flatMap(([step, { inputs, outputs }]) => [
        ...needs(subject, name, step),
        ...parameters(subject, name, step),
        ...locations(subject, [...steps, step, 'inputs'], inputs),
        ...locations(subject, [...steps, step, 'outputs'], outputs),
      ]),
      ...cycles(subject, name),
      ...places(subject, name),
    ]
  })

function needs(subject: Subject, pipeline: string, step: string): Problem[] {
  const known = keysAt(subject.document, ['pipelines', pipeline, 'steps'])
  const names = subject.value.pipelines?.[pipeline]?.steps?.[step]?.needs ?? []
  return names.flatMap((name, index) => {
    const path = ['pipelines', pipeline, 'steps', step, 'needs', index]
    if (names.indexOf(name) !== index)
      return [complain(subject, path, `found ${name} a second time`, 'a step is needed once')]
    return reference(subject, path, name, known, 'steps')
  })
}

function parameters(subject: Subject, pipeline: string, step: string): Problem[] {
  const known = Object.keys(subject.value.pipelines?.[pipeline]?.parameters ?? {})
  const names = subject.value.pipelines?.[pipeline]?.steps?.[step]?.parameters ?? []
  return names.flatMap((name, index) =>
    reference(
      subject,
      ['pipelines', pipeline, 'steps', step, 'parameters', index],
      name,
      known,
      'parameters',
    ),
  )
}

function locations(
  subject: Subject,
  path: Path,
  map: { readonly [name: string]: string | undefined } | undefined,
): Problem[] {
  const buckets = declared(subject, 'buckets')
  return [
    ...sameVariable(subject, path, map),
    ...pairs(map).flatMap(([name, text]) => {
      const at = [...path, name]
      const location = parseLocation(text)
      if (location.kind === 'file') {
        if (path.at(-1) === 'outputs')
          return [
            complain(
              subject,
              at,
              `found ${show(text)}`,
              'a step writes to a bucket: bucket/key or bucket/prefix/',
            ),
          ]
        if (location.path === '')
          return [complain(subject, at, `found ${show(text)}`, 'a file of the repository, ./file')]
        return inside(subject, at, text)
      }
      const bad = /(^|\/)\.{1,2}(\/|$)|\/\/|^\//.test(location.path)
      if (bad) return [complain(subject, at, `found ${show(text)}`, 'a key without empty parts, . and ..')]
      return reference(subject, at, location.bucket, buckets, 'buckets')
    }),
  ]
}

/** `a-b` and `a_b` would be one environment variable. */
function sameVariable(
  subject: Subject,
  path: Path,
  map: { readonly [name: string]: unknown } | undefined,
): Problem[] {
  const first = new Map<string, string>()
  return Object.keys(map ?? {}).flatMap((name) => {
    const stem = variableStem(name)
    const other = first.get(stem)
    if (other === undefined) first.set(stem, name)
    return other === undefined
      ? []
      : [
          complainOfKey(
            subject,
            [...path, name],
            `would be the same variable as ${other}`,
            'names differ in more than punctuation',
          ),
        ]
  })
}

/** Each cycle once, shown from its first step in the file. */
function cycles(subject: Subject, pipeline: string): Problem[] {
  const steps = subject.value.pipelines?.[pipeline]?.steps ?? {}
  const done = new Set<string>()
  const problems: Problem[] = []
  const visit = (step: string, way: readonly string[]): void => {
    const start = way.indexOf(step)
    if (start >= 0) {
      const circle = [...way.slice(start), step]
      const from = way.at(-1) ?? step
      const index = steps[from]?.needs?.indexOf(step) ?? 0
      problems.push(
        complain(
          subject,
          ['pipelines', pipeline, 'steps', from, 'needs', index],
          `a cycle: ${circle.join(' needs ')}`,
          'steps need earlier ones',
        ),
      )
    } else if (!done.has(step)) {
      for (const next of steps[step]?.needs ?? []) visit(next, [...way, step])
      done.add(step)
    }
  }
  for (const step of Object.keys(steps)) visit(step, [])
  return problems
}
