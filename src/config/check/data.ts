import type { Problem } from '../../domain/error.ts'
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

export const checkData: Rule = (subject) => [
  ...databases(subject),
  ...buckets(subject),
  ...tables(subject),
  ...topics(subject),
]

function databases(subject: Subject): Problem[] {
  return pairs(subject.value.databases).flatMap(([name, database]) =>
    (database.names ?? []).flatMap((inner, index, all) =>
      all.indexOf(inner) === index
        ? []
        : [
            complain(
              subject,
              ['databases', name, 'names', index],
              `found ${inner} a second time`,
              'a database is named once',
            ),
          ],
    ),
  )
}

function buckets(subject: Subject): Problem[] {
  return pairs(subject.value.buckets).flatMap(([name, { expire }]) =>
    expire === undefined || /^[1-9][0-9]*d$/.test(expire)
      ? []
      : [
          complain(
            subject,
            ['buckets', name, 'expire'],
            `found ${expire}`,
            'stores remove objects by the day: whole days, 60d',
          ),
        ],
  )
}

/** DynamoDB, "AttributeDefinitions": exactly the attributes that keys use are declared. */
function tables(subject: Subject): Problem[] {
  return pairs(subject.value.tables).flatMap(([name, table]) => {
    const known = keysAt(subject.document, ['tables', name, 'attributes'])
    const keys = [
      { path: ['tables', name, 'key'], key: table.key ?? {} },
      ...pairs(table.indexes).map(([index, key]) => ({ path: ['tables', name, 'indexes', index], key })),
    ]
    const used = new Set(keys.flatMap(({ key }) => [key.partition, key.sort]))
    // A misspelt attribute would make the one that was meant look unused.
    const isUnsure = [...used].some(
      (attribute) => attribute !== undefined && known?.includes(attribute) === false,
    )
    return [
      ...keys.flatMap(({ path, key }) => [
        ...reference(subject, [...path, 'partition'], key.partition, known, 'attributes'),
        ...reference(subject, [...path, 'sort'], key.sort, known, 'attributes'),
        ...(key.sort !== undefined && key.sort === key.partition
          ? [
              complain(
                subject,
                [...path, 'sort'],
                `found ${key.sort}, the partition attribute`,
                'sort orders by another attribute',
              ),
            ]
          : []),
      ]),
      ...(known ?? []).flatMap((attribute) =>
        isUnsure || used.has(attribute) || isBroken(subject, name)
          ? []
          : [
              complainOfKey(
                subject,
                ['tables', name, 'attributes', attribute],
                'no key or index uses it',
                'only attributes of keys are declared',
              ),
            ],
      ),
    ]
  })
}

const isBroken = (subject: Subject, table: string): boolean =>
  subject.removed.some((gone) => gone[0] === 'tables' && gone[1] === table)

function topics(subject: Subject): Problem[] {
  const services = declared(subject, 'services')
  const functions = declared(subject, 'functions')
  const known = services && functions && [...services, ...functions]
  return pairs(subject.value.topics).flatMap(([name, topic]) => {
    const path = ['topics', name]
    const problems = reference(
      subject,
      [...path, 'subscriber'],
      topic.subscriber,
      known,
      'services and functions',
    )
    if (
      topic.path !== undefined &&
      topic.subscriber === undefined &&
      !isWritten(subject, [...path, 'subscriber'])
    ) {
      problems.push(
        complain(
          subject,
          [...path, 'path'],
          'found without a subscriber',
          'path is where a subscribing service is called',
        ),
      )
    }
    if (
      topic.path !== undefined &&
      topic.subscriber !== undefined &&
      services?.includes(topic.subscriber) === false &&
      problems.length === 0
    ) {
      problems.push(
        complain(
          subject,
          [...path, 'path'],
          `${topic.subscriber} is a function`,
          'path is where a subscribing service is called',
        ),
      )
    }
    return problems
  })
}
