import { Alarm } from '../alarm.ts'
import { KeyValueTable } from '../key-value-table.ts'
import { MessageTopic } from '../message-topic.ts'
import { PostgresDatabase } from '../postgres-database.ts'
import { StorageBucket } from '../storage-bucket.ts'
import { ValkeyCache } from '../valkey-cache.ts'
import type { Site } from './site.ts'

/** What keeps something: databases, buckets, tables, topics and caches. */
export function data(site: Site): void {
  const { databases, buckets, tables, topics, caches } = site.system
  for (const name of Object.keys(databases)) database(site, name)
  for (const [name, { versioned, expire, protect }] of Object.entries(buckets)) {
    const stack = site.stackOf(name)
    const { uri } = new StorageBucket(stack, `bucket-${name}`, {
      name: site.name('buckets', name),
      versioned,
      protect,
      ...(expire === undefined ? {} : { expire }),
    })
    stack.target('buckets', name, uri)
  }
  for (const [name, { attributes, key, indexes, protect }] of Object.entries(tables)) {
    const stack = site.stackOf(name)
    const table = new KeyValueTable(stack, `table-${name}`, {
      name: site.name('tables', name),
      attributes,
      key,
      indexes,
      protect,
    })
    stack.target('tables', name, table.name)
  }
  for (const name of Object.keys(topics)) topic(site, name)
  for (const [name, { class: machine }] of Object.entries(caches)) {
    const stack = site.stackOf(name)
    const cache = new ValkeyCache(stack, `cache-${name}`, {
      name: site.name('caches', name),
      subnetIds: site.network.privateSubnets.map((subnet) => subnet.id),
      securityGroupId: site.firewall(name).id,
      ...(machine === undefined ? {} : { class: machine }),
    })
    site.caches.set(name, cache)
    stack.target('caches', name, cache.url)
  }
}

function database(site: Site, name: string): void {
  const spec = site.system.databases[name]
  if (spec === undefined) return
  const stack = site.stackOf(name)
  const database = new PostgresDatabase(stack, `database-${name}`, {
    name: site.name('databases', name),
    version: spec.version,
    storage: spec.storage,
    database: spec.names[0],
    highAvailability: spec.highAvailability,
    backupDays: spec.backupDays,
    protect: spec.protect,
    subnetIds: site.network.privateSubnets.map((subnet) => subnet.id),
    securityGroupId: site.firewall(name).id,
    ...(spec.class === undefined ? {} : { class: spec.class }),
  })
  site.databases.set(name, database)
  stack.target('databases', name, {
    kind: 'rds',
    id: database.id,
    host: database.host,
    port: database.port,
    name: database.database,
    names: [...spec.names],
    secret: database.secretArn,
  })
  const alarm = new Alarm(stack, `alarm-${name}-cpu`, {
    name: `${site.prefix}-${name}-cpu`,
    description: `Database ${name} is busy over 90 % for 10 minutes`,
    namespace: 'AWS/RDS',
    metric: 'CPUUtilization',
    dimensions: [{ DBInstanceIdentifier: site.name('databases', name) }],
    statistic: 'Average',
    above: 90,
    minutes: 10,
  })
  stack.target('alarms', `${name}-cpu`, alarm.name)
}

function topic(site: Site, name: string): void {
  const spec = site.system.topics[name]
  if (spec === undefined) return
  const stack = site.stackOf(name)
  const { ackDeadline, retries, deadLetter } = spec
  const made = new MessageTopic(stack, `topic-${name}`, {
    name: site.name('topics', name),
    ackDeadline,
    retries,
    deadLetter,
  })
  site.topics.set(name, made)
  stack.target('topics', name, made.topicArn)
  if (made.deadLetters === undefined) return
  const alarm = new Alarm(stack, `alarm-${name}-dead-letters`, {
    name: `${site.prefix}-${name}-dead-letters`,
    description: `Messages of ${name} were given up`,
    namespace: 'AWS/SQS',
    metric: 'ApproximateNumberOfMessagesVisible',
    dimensions: [{ QueueName: `${site.name('topics', name)}-dead` }],
    statistic: 'Maximum',
    above: 0,
    minutes: 1,
  })
  stack.target('alarms', `${name}-dead-letters`, alarm.name)
}
