import type { Problem } from '../../domain/error.ts'
import { CONNECTABLE } from '../../domain/system/connections.ts'
import {
  complain,
  complainOfKey,
  declared,
  keysAt,
  pairs,
  type Rule,
  reference,
  type Subject,
} from './subject.ts'

/** The stacks that every system has; a component is a further one. */
const STACKS = ['foundation', 'data', 'compute', 'edge']

export const checkNames: Rule = (subject) => [
  ...somewhere(subject),
  ...unique(subject),
  ...components(subject),
]

/** The file is checked once for each, so there is an end. */
const MAX_ENVIRONMENTS = 20

export const tooManyEnvironments = ({ document }: Pick<Subject, 'document'>): boolean =>
  (keysAt(document, ['environments']) ?? []).length > MAX_ENVIRONMENTS

function somewhere(subject: Subject): Problem[] {
  const names = keysAt(subject.document, ['environments'])
  if (tooManyEnvironments(subject)) {
    return [
      complain(
        subject,
        ['environments'],
        `found ${names?.length} environments`,
        `at most ${MAX_ENVIRONMENTS}`,
      ),
    ]
  }
  if (names === undefined || names.length > 0 || subject.value.environments === undefined) return []
  return [complain(subject, ['environments'], 'found no environment', 'a system runs in at least one')]
}

/** `connects: [db, models]` names resources without their kind, so a name is used once. */
function unique(subject: Subject): Problem[] {
  const kindOf = new Map<string, string>()
  return CONNECTABLE.flatMap((kind) =>
    (keysAt(subject.document, [kind]) ?? []).flatMap((name) => {
      const first = kindOf.get(name)
      if (first === undefined) kindOf.set(name, kind)
      return first === undefined
        ? []
        : [
            complainOfKey(
              subject,
              [kind, name],
              `the name is taken by ${first}.${name}`,
              `names are unique over ${CONNECTABLE.join(', ')}`,
            ),
          ]
    }),
  )
}

/** Every name that `connects:` can say; undefined where a section is unreadable. */
export function connectable(subject: Subject): readonly string[] | undefined {
  const lists = CONNECTABLE.map((kind) => declared(subject, kind))
  return lists.some((list) => list === undefined)
    ? undefined
    : [...new Set(lists.flatMap((list) => list ?? []))]
}

function components(subject: Subject): Problem[] {
  const owner = new Map<string, string>()
  const known = connectable(subject)
  return pairs(subject.value.components).flatMap(([component, resources]) => [
    ...(STACKS.includes(component)
      ? [
          complainOfKey(
            subject,
            ['components', component],
            'this stack is always there',
            `components are further stacks beside ${STACKS.join(', ')}`,
          ),
        ]
      : []),
    ...resources.flatMap((name, index) => {
      const path = ['components', component, index]
      const first = owner.get(name)
      if (first === undefined) owner.set(name, component)
      else
        return [
          complain(subject, path, `${name} is in components.${first} too`, 'a resource is in one stack'),
        ]
      return reference(subject, path, name, known, 'resources')
    }),
  ])
}
