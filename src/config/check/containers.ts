import type { Problem } from '../../domain/error.ts'
import { variableStem } from '../../domain/name.ts'
import type { Path } from '../document.ts'
import { connectable } from './names.ts'
import {
  complain,
  complainOfKey,
  declared,
  isWritten,
  pairs,
  type Rule,
  reference,
  type Subject,
} from './subject.ts'

interface Container {
  readonly image?: string | undefined
  readonly env?: { readonly [name: string]: string | undefined } | undefined
  readonly secrets?: { readonly [name: string]: string | undefined } | undefined
  readonly connects?: readonly string[] | undefined
}

/** What all things that run code share: an image that is there, variables that are said once, resources that exist. */
export const checkContainers: Rule = (subject) => {
  const { value } = subject
  return [
    ...pairs(value.services).flatMap(([name, service]) => [
      ...container(subject, ['services', name], service, true),
      ...pairs(service.sidecars).flatMap(([sidecar, inner]) =>
        container(subject, ['services', name, 'sidecars', sidecar], inner, false),
      ),
      ...(service.connects ?? []).flatMap((other, index) =>
        other === name
          ? [
              complain(
                subject,
                ['services', name, 'connects', index],
                'found itself',
                'a service connects to others',
              ),
            ]
          : [],
      ),
    ]),
    ...pairs(value.functions).flatMap(([name, func]) => [
      ...container(subject, ['functions', name], func, false),
      ...eitherOf(subject, ['functions', name], 'source', ['handler', 'runtime']),
      ...functionCheck(subject, name),
    ]),
    ...pairs(value.workers).flatMap(([name, worker]) => [
      ...container(subject, ['workers', name], worker, false),
      ...eitherOf(subject, ['workers', name], 'script', []),
      ...(isWritten(subject, ['workers', name, 'script']) && worker.command !== undefined
        ? [
            complainOfKey(
              subject,
              ['workers', name, 'command'],
              'found beside script',
              'command belongs to image',
            ),
          ]
        : []),
    ]),
    ...pairs(value.pipelines).flatMap(([name, pipeline]) =>
      pairs(pipeline.steps).flatMap(([step, inner]) =>
        container(subject, ['pipelines', name, 'steps', step], inner, false),
      ),
    ),
  ]
}

/** A check of a function asks in one way, and only what a release moves has versions to ask. */
function functionCheck(subject: Subject, name: string): Problem[] {
  const path = ['functions', name, 'check']
  const has = (key: string): boolean => isWritten(subject, [...path, key])
  if (!isWritten(subject, path)) return []
  if (isWritten(subject, ['functions', name, 'source']))
    return [complainOfKey(subject, path, 'found beside source', 'check belongs to image')]
  if (has('payload') === has('http')) {
    const found = has('http') ? 'payload and http' : 'neither payload nor http'
    return [complainOfKey(subject, path, `found ${found}`, 'one of payload and http')]
  }
  return has('status') && !has('http')
    ? [complainOfKey(subject, [...path, 'status'], 'found beside payload', 'status belongs to http')]
    : []
}

function container(subject: Subject, path: Path, value: Container, takesPort: boolean): Problem[] {
  const variables = [...pairs(value.env), ...pairs(value.secrets)].map(([name]) => name)
  return [
    ...reference(subject, [...path, 'image'], value.image, declared(subject, 'images'), 'images'),
    ...pairs(value.secrets).flatMap(([name]) =>
      !Object.hasOwn(value.env ?? {}, name)
        ? []
        : [
            complainOfKey(
              subject,
              [...path, 'secrets', name],
              `${name} is in env too`,
              'a variable is said once',
            ),
          ],
    ),
    ...[...new Set(variables)].flatMap((name) => {
      const from = !Object.hasOwn(value.env ?? {}, name) ? 'secrets' : 'env'
      const isReserved = name.startsWith('SLUICE_') || (name === 'PORT' && takesPort)
      return isReserved
        ? [
            complainOfKey(
              subject,
              [...path, from, name],
              'found a variable that Sluice sets',
              'PORT of a service comes from its port; SLUICE_* are taken',
            ),
          ]
        : []
    }),
    ...connections(subject, [...path, 'connects'], value.connects ?? []),
  ]
}

function connections(subject: Subject, path: Path, names: readonly string[]): Problem[] {
  const known = connectable(subject)
  const stems = new Map<string, string>()
  return names.flatMap((name, index) => {
    const stem = variableStem(name)
    const first = stems.get(stem)
    if (first === undefined) stems.set(stem, name)
    if (first === name)
      return [
        complain(subject, [...path, index], `found ${name} a second time`, 'a resource is connected once'),
      ]
    if (first !== undefined)
      return [
        complain(
          subject,
          [...path, index],
          `${name} and ${first} would both be ${stem}_*`,
          'connected names differ in more than punctuation',
        ),
      ]
    return reference(subject, [...path, index], name, known, 'resources')
  })
}

/** An image, or code of the repository with what it needs. */
function eitherOf(
  subject: Subject,
  path: Path,
  code: 'source' | 'script',
  needs: readonly string[],
): Problem[] {
  const has = (key: string): boolean => isWritten(subject, [...path, key])
  if (has('image') && has(code))
    return [complainOfKey(subject, [...path, code], `found image and ${code}`, `one of image and ${code}`)]
  if (!has('image') && !has(code))
    return [complain(subject, path, `found neither image nor ${code}`, `one of image and ${code}`)]
  if (has('image'))
    return needs
      .filter(has)
      .map((key) => complainOfKey(subject, [...path, key], 'found beside image', `${key} belongs to ${code}`))
  return needs
    .filter((key) => !has(key))
    .map((key) => complain(subject, path, `${key} is missing`, `${code} needs ${needs.join(' and ')}`))
}
