import type { Problem } from '../../domain/error.ts'
import { parseDuration, parseSize } from '../../domain/quantity.ts'
import { FEWEST_DELIVERIES } from '../../domain/system/pubsub.ts'
import { complain, pairs, type Subject } from './subject.ts'

/** What Google Cloud will not have about what keeps and moves data, said before anything is synthesized. */
export function checkGcpData(subject: Subject): Problem[] {
  return [...databases(subject), ...caches(subject), ...topics(subject), ...functions(subject)]
}

/** Databases that every server of Cloud SQL has. */
const TAKEN = ['postgres', 'template0', 'template1', 'cloudsqladmin']

function databases(subject: Subject): Problem[] {
  return pairs(subject.value.databases).flatMap(([name, spec]) => {
    const path = ['databases', name]
    const { class: machine, version, names, storage } = spec
    const problems: Problem[] = []
    const say = (key: string, found: string, rule: string): number =>
      problems.push(complain(subject, [...path, key], `found ${found}`, rule))
    if (machine !== undefined && !/^db-/.test(machine)) {
      say('class', machine, 'a class of Google Cloud such as db-g1-small or db-custom-2-7680')
    }
    // https://cloud.google.com/sql/docs/postgres/db-versions
    if (version !== undefined && !/^(?:1[3-8])(?:\.|$)/.test(version)) {
      say('version', version, 'Cloud SQL has PostgreSQL 13 to 18')
    }
    if ((parseSize(storage ?? '') ?? 0) > 64 * 2 ** 40)
      say('storage', storage ?? '', 'Cloud SQL has at most 64TiB')
    ;(names ?? [name]).forEach((inner, index) => {
      if (!TAKEN.includes(inner)) return
      const at = names === undefined ? path : [...path, 'names', index]
      problems.push(complain(subject, at, `found ${inner}`, 'every server of Cloud SQL has one of this name'))
    })
    return problems
  })
}

/** https://cloud.google.com/memorystore/docs/valkey/instance-node-specification */
const NODES = ['shared-core-nano', 'standard-small', 'highmem-medium', 'highmem-xlarge']

function caches(subject: Subject): Problem[] {
  return pairs(subject.value.caches).flatMap(([name, { class: machine }]) =>
    machine === undefined || NODES.includes(machine)
      ? []
      : [
          complain(
            subject,
            ['caches', name, 'class'],
            `found ${machine}`,
            `classes of Memorystore: ${NODES.join(', ')}`,
          ),
        ],
  )
}

function topics(subject: Subject): Problem[] {
  return pairs(subject.value.topics).flatMap(([name, topic]) => {
    const path = ['topics', name]
    const problems: Problem[] = []
    // The times have these limits on every cloud.
    if ((topic['dead-letter'] ?? true) && (topic.retries ?? 5) < FEWEST_DELIVERIES) {
      const rule = `Pub/Sub delivers at least ${FEWEST_DELIVERIES} times before it gives a message up`
      problems.push(complain(subject, [...path, 'retries'], `found ${topic.retries}`, rule))
    }
    const service = topic.subscriber === undefined ? undefined : subject.value.services?.[topic.subscriber]
    if (topic.path !== undefined && service !== undefined && service.port === undefined) {
      problems.push(
        complain(
          subject,
          [...path, 'path'],
          `${topic.subscriber} has no port`,
          'messages are pushed to a port',
        ),
      )
    }
    return problems
  })
}

/** https://cloud.google.com/functions/quotas */
function functions(subject: Subject): Problem[] {
  return pairs(subject.value.functions).flatMap(([name, { memory, timeout, image, connects }]) => {
    const path = ['functions', name]
    const problems: Problem[] = []
    if ((parseSize(memory ?? '') ?? 0) > 32 * 2 ** 30) {
      problems.push(complain(subject, [...path, 'memory'], `found ${memory}`, 'a function has at most 32GiB'))
    }
    if ((parseDuration(timeout ?? '') ?? 0) > 3_600_000) {
      problems.push(
        complain(subject, [...path, 'timeout'], `found ${timeout}`, 'a function runs for at most 1h'),
      )
    }
    const outside = image === undefined ? (connects ?? []) : []
    outside.forEach((other, index) => {
      if (other === undefined || !isInside(subject, other)) return
      const what = `${other} is reached inside of the network alone, and a function from source is not there`
      problems.push(
        complain(subject, [...path, 'connects', index], what, 'a function with an image is in the network'),
      )
    })
    return problems
  })
}

/** Databases, caches, functions, and services that are not public. */
function isInside({ value }: Subject, name: string): boolean {
  const service = value.services?.[name]
  if (service !== undefined) return service.public !== true && service.domain === undefined
  return [value.databases, value.caches, value.functions].some((kind) => kind?.[name] !== undefined)
}
