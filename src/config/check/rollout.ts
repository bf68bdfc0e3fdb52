import type { Problem } from '../../domain/error.ts'
import { parseDuration, parsePercent } from '../../domain/quantity.ts'
import { DEFAULT_STEPS } from '../resolve-rollout.ts'
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

export const checkRollout: Rule = (subject) => [
  ...steps(subject),
  ...time(subject),
  ...checks(subject),
  ...infra(subject),
]

function steps(subject: Subject): Problem[] {
  const { steps, strategy } = subject.value.rollout ?? {}
  if (steps === undefined || subject.removed.some((gone) => gone[1] === 'steps')) return []
  const path = ['rollout', 'steps']
  const shares = steps.map((text) => parsePercent(text) ?? 0)
  const down = shares.findIndex((share, index) => share <= (shares[index - 1] ?? 0))
  if (down >= 0)
    return [
      complain(
        subject,
        [...path, down],
        `found ${steps[down]}${down === 0 ? '' : ` after ${steps[down - 1]}`}`,
        'steps rise from above 0% to 100%',
      ),
    ]
  if (shares.at(-1) !== 100)
    return [
      complain(
        subject,
        [...path, steps.length - 1],
        `found ${steps.at(-1)} as the last step`,
        'the last step is 100%',
      ),
    ]
  const oneStep = strategy === 'rolling' || strategy === 'blue-green'
  return oneStep && shares.length > 1
    ? [
        complainOfKey(
          subject,
          path,
          `found ${steps.length} steps`,
          `${strategy} moves all traffic in one step`,
        ),
      ]
    : []
}

/** A rollout that cannot end in time would always be rolled back. */
function time(subject: Subject): Problem[] {
  const { rollout } = subject.value
  const bake = parseDuration(rollout?.bake ?? '')
  const timeout = parseDuration(rollout?.timeout ?? '')
  const start = parseDuration(rollout?.['start-timeout'] ?? '')
  if (bake === undefined || timeout === undefined || start === undefined) return []
  const count = rollout?.steps?.length ?? DEFAULT_STEPS[rollout?.strategy ?? 'canary'].length
  const where = ['timeout', 'bake', 'steps'].find((key) => isWritten(subject, ['rollout', key])) ?? 'timeout'
  if (count * bake >= timeout)
    return [
      complain(
        subject,
        ['rollout', where],
        `${count} steps that bake ${rollout?.bake} do not end within timeout ${rollout?.timeout}`,
        'timeout is longer than steps × bake',
      ),
    ]
  return start > timeout
    ? [
        complain(
          subject,
          ['rollout', 'start-timeout'],
          `found ${rollout?.['start-timeout']}, above timeout ${rollout?.timeout}`,
          'start-timeout is at most timeout',
        ),
      ]
    : []
}

const KINDS = ['http', 'alarm', 'error-rate', 'latency']
const HTTP_ONLY = ['service', 'status', 'contains', 'p95', 'requests']

function checks(subject: Subject): Problem[] {
  const written = subject.value.rollout?.checks ?? []
  if (subject.removed.some((gone) => gone[1] === 'checks')) return []
  const services = declared(subject, 'services')
  const withPort = pairs(subject.value.services)
    .filter(([name]) => isWritten(subject, ['services', name, 'port']))
    .map(([name]) => name)
  const released = pairs(subject.value.functions).flatMap(([name]) =>
    isWritten(subject, ['functions', name, 'image']) ? [name] : [],
  )
  return written.flatMap((check, index) => {
    const path = ['rollout', 'checks', index]
    const kinds = KINDS.filter((kind) => isWritten(subject, [...path, kind]))
    if (kinds.length !== 1)
      return [
        complain(
          subject,
          path,
          kinds.length === 0 ? 'found no kind of check' : `found ${kinds.join(' and ')}`,
          `a check is one of ${KINDS.join(', ')}`,
        ),
      ]
    const foreign = kinds[0] === 'http' ? [] : HTTP_ONLY.filter((key) => isWritten(subject, [...path, key]))
    const rate = check['error-rate']
    const [service, at] =
      rate !== undefined
        ? [rate.service, [...path, 'error-rate', 'service']]
        : check.latency !== undefined
          ? [check.latency.service, [...path, 'latency', 'service']]
          : [check.service, [...path, 'service']]
    const problems = foreign.map((key) =>
      complainOfKey(subject, [...path, key], `found beside ${kinds[0]}`, `${key} belongs to http`),
    )
    if (problems.length > 0 || kinds[0] === 'alarm' || services === undefined) return problems
    // A release moves functions that run an image too, and CloudWatch counts the calls of each version.
    const functions = rate === undefined ? [] : released
    if (service !== undefined && functions.includes(service)) return []
    const known = [...services, ...functions]
    const unknown = reference(
      subject,
      at,
      service,
      known,
      rate === undefined ? 'services' : 'services and functions',
    )
    if (unknown.length > 0) return unknown
    if (service !== undefined && !withPort.includes(service))
      return [
        complain(subject, at, `found ${service}, which has no port`, 'requests go to a service with a port'),
      ]
    return service === undefined && withPort.length === 0
      ? [complain(subject, path, 'no service has a port', 'requests go to a service with a port')]
      : []
  })
}

function infra(subject: Subject): Problem[] {
  const has = (key: string): boolean => isWritten(subject, ['infra', key])
  if (has('hcl') && has('cdktf'))
    return [complainOfKey(subject, ['infra', 'cdktf'], 'found hcl and cdktf', 'one of hcl and cdktf')]
  if (has('command') && !has('cdktf'))
    return [
      complainOfKey(
        subject,
        ['infra', 'command'],
        'found without cdktf',
        'command synthesizes the CDKTF app',
      ),
    ]
  return has('cdktf') && !has('command')
    ? [
        complain(
          subject,
          ['infra', 'cdktf'],
          'found without command',
          'command: [npx, cdktf, synth] synthesizes the CDKTF app',
        ),
      ]
    : []
}
