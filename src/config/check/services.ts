import type { Problem } from '../../domain/error.ts'
import type { Path } from '../document.ts'
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

export const checkServices: Rule = (subject) => [
  ...pairs(subject.value.services).flatMap(([name]) => [...traffic(subject, name), ...scale(subject, name)]),
  ...apis(subject),
  ...once(subject, 'domain', domains(subject)),
  ...once(subject, 'host port', hostPorts(subject)),
]

/** What only makes sense for a service that takes requests. */
function traffic(subject: Subject, name: string): Problem[] {
  const service = subject.value.services?.[name]
  if (service === undefined) return []
  const path = ['services', name]
  const problems: Problem[] = []
  if (!isWritten(subject, [...path, 'port'])) {
    const inner = service.local?.port === undefined ? [] : [[...path, 'local', 'port']]
    for (const needy of [...['health', 'domain', 'public'].map((key) => [...path, key]), ...inner]) {
      const isOff = needy.at(-1) === 'public' && service.public === false
      if (isWritten(subject, needy) && !isOff)
        problems.push(
          complainOfKey(subject, needy, 'found without a port', 'a service that takes requests has a port'),
        )
    }
  }
  if (service.model !== undefined) {
    problems.push(
      ...reference(subject, [...path, 'model'], service.model, declared(subject, 'models'), 'models'),
    )
    if (!isWritten(subject, [...path, 'health'])) {
      problems.push(
        complain(
          subject,
          [...path, 'model'],
          'found without a health path',
          'a service reports the model it loaded at its health path',
        ),
      )
    }
  }
  if (service.public === false && service.domain !== undefined) {
    problems.push(
      complain(
        subject,
        [...path, 'public'],
        'found false beside a domain',
        'a service with a domain is public',
      ),
    )
  }
  return problems
}

function scale(subject: Subject, name: string): Problem[] {
  const { min, max } = subject.value.services?.[name]?.scale ?? {}
  const path = ['services', name, 'scale']
  if (min !== undefined && max !== undefined && min > max) {
    return [
      complain(
        subject,
        [...path, isWritten(subject, [...path, 'max']) ? 'max' : 'min'],
        `found ${max}, below min ${min}`,
        'min is at most max',
      ),
    ]
  }
  return []
}

function apis(subject: Subject): Problem[] {
  return pairs(subject.value.apis).flatMap(([name, api]) => {
    const path = ['apis', name, 'routes']
    const shapes = new Map<string, string>()
    const routes = pairs(api.routes)
    const none = isWritten(subject, path) && keysAt(subject.document, path)?.length === 0
    return [
      ...(none ? [complain(subject, path, 'found no route', 'an API has at least one')] : []),
      ...routes.flatMap(([route, func]) => {
        const shape = route.replace(/\{[^{}]*\}/g, '{}')
        const first = shapes.get(shape)
        if (first === undefined) shapes.set(shape, route)
        return [
          ...reference(subject, [...path, route], func, declared(subject, 'functions'), 'functions'),
          ...(first === undefined
            ? []
            : [
                complainOfKey(
                  subject,
                  [...path, route],
                  `matches the same requests as ${first}`,
                  'routes differ in more than parameter names',
                ),
              ]),
        ]
      }),
    ]
  })
}

const domains = (subject: Subject): [Path, string | undefined][] => [
  ...pairs(subject.value.services).map(([name, service]): [Path, string | undefined] => [
    ['services', name, 'domain'],
    service.domain,
  ]),
  ...pairs(subject.value.apis).map(([name, api]): [Path, string | undefined] => [
    ['apis', name, 'domain'],
    api.domain,
  ]),
]

const hostPorts = (subject: Subject): [Path, number | undefined][] =>
  pairs(subject.value.services).map(([name, service]) => [
    ['services', name, 'local', 'port'],
    service.local?.port,
  ])

function once(
  subject: Subject,
  kind: string,
  values: readonly [Path, string | number | undefined][],
): Problem[] {
  const owner = new Map<string | number, Path>()
  return values.flatMap(([path, value]) => {
    if (value === undefined) return []
    const first = owner.get(value)
    if (first === undefined) owner.set(value, path)
    return first === undefined
      ? []
      : [complain(subject, path, `${value} is taken by ${first[0]}.${first[1]}`, `no two share a ${kind}`)]
  })
}
