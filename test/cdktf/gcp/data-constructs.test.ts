import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SystemStack } from '../../../cdktf/core/system-stack.ts'
import { SourceFunction } from '../../../cdktf/gcp/function.ts'
import { FunctionBuilder } from '../../../cdktf/gcp/function-builder.ts'
import {
  MessageSubscription,
  type MessageSubscriptionProps,
} from '../../../cdktf/gcp/message-subscription.ts'
import { MessageTopic } from '../../../cdktf/gcp/message-topic.ts'
import { PostgresDatabase, type PostgresDatabaseProps } from '../../../cdktf/gcp/postgres-database.ts'
import { PrivateServices } from '../../../cdktf/gcp/private-services.ts'
import { PushIdentity } from '../../../cdktf/gcp/push-identity.ts'
import { ServiceConnection } from '../../../cdktf/gcp/service-connection.ts'
import { StorageBucket } from '../../../cdktf/gcp/storage-bucket.ts'
import { ValkeyCache } from '../../../cdktf/gcp/valkey-cache.ts'
import { pubsubProblems } from '../../../src/domain/system/pubsub.ts'
import { alone, golden, type Resources } from '../stack.ts'

const PLACE = { project: 'films-project', region: 'europe-west4' } as const
const AGENT = 'serviceAccount:service-1@gcp-sa-pubsub.iam.gserviceaccount.com'

const DATABASE: PostgresDatabaseProps = {
  ...PLACE,
  name: 'films-europe-db',
  version: '16',
  storage: 30 * 2 ** 30,
  databases: ['films', 'mlflow'],
  network: 'projects/films-project/global/networks/films-europe',
}
const SUBSCRIPTION: MessageSubscriptionProps = {
  name: 'films-europe-uploaded',
  topic: 'projects/films-project/topics/films-europe-uploaded',
  agent: AGENT,
  ackDeadline: 60_000,
  retryDelay: { min: 10_000, max: 600_000 },
  retries: 5,
}

const CASES: Readonly<Record<string, (stack: SystemStack) => void>> = {
  'postgres-database': (stack) => void new PostgresDatabase(stack, 'db', DATABASE),
  'postgres-database-spare': (stack) =>
    void new PostgresDatabase(stack, 'db', {
      ...DATABASE,
      version: '17.2',
      class: 'db-custom-2-7680',
      highAvailability: true,
      backupDays: 30,
      protect: false,
    }),
  'storage-bucket': (stack) =>
    void new StorageBucket(stack, 'bucket', { name: 'films-raw', location: PLACE.region }),
  'storage-bucket-expiring': (stack) =>
    void new StorageBucket(stack, 'bucket', {
      name: 'films-raw',
      location: 'EU',
      versioned: true,
      expire: 60 * 86_400_000,
      protect: false,
      kmsKey: 'projects/films-project/locations/eu/keyRings/films/cryptoKeys/data',
    }),
  'message-topic': (stack) =>
    void new MessageTopic(stack, 'topic', {
      name: 'films-europe-uploaded',
      region: PLACE.region,
      agent: AGENT,
    }),
  'message-subscription': (stack) => void new MessageSubscription(stack, 'subscription', SUBSCRIPTION),
  'message-subscription-push': (stack) =>
    void new MessageSubscription(stack, 'subscription', {
      ...SUBSCRIPTION,
      deadLetterTopic: 'projects/films-project/topics/films-europe-uploaded-dead',
      push: {
        url: 'https://films-europe-worker-1.europe-west4.run.app',
        path: '/messages',
        identity: 'push@films-project.iam.gserviceaccount.com',
      },
    }),
  'valkey-cache': (stack) =>
    void new ValkeyCache(stack, 'cache', { ...PLACE, name: 'films-europe-cache', network: 'network-1' }),
  'private-services': (stack) =>
    void new PrivateServices(stack, 'services', { name: 'films-europe-services', network: 'network-1' }),
  'push-identity': (stack) =>
    void new PushIdentity(stack, 'push', {
      name: 'films-europe-push-uploaded',
      region: PLACE.region,
      service: 'films-europe-worker',
      agent: AGENT,
    }),
  'service-connection': (stack) =>
    void new ServiceConnection(stack, 'connection', {
      name: 'films-europe-memorystore',
      region: PLACE.region,
      network: 'network-1',
      subnetworks: ['subnet-1'],
      serviceClass: 'gcp-memorystore',
    }),
  function: (stack) =>
    new SourceFunction(stack, 'function', {
      ...PLACE,
      name: 'films-europe-upload',
      builder: new FunctionBuilder(stack, 'builder', { ...PLACE, name: 'films-europe' }),
      path: 'assets/upload.zip',
      handler: 'upload',
      runtime: 'nodejs22',
      memory: 256 * 2 ** 20,
      timeout: 30_000,
      account: 'upload@films-project.iam.gserviceaccount.com',
    }).tell({
      environment: { EXPIRES: '900' },
      secrets: { TOKEN: 'projects/films-project/secrets/films-token' },
      after: [],
    }),
}

test.each(Object.keys(CASES))('%s is the Terraform JSON of its golden file', async (name) => {
  const build = CASES[name]
  if (build === undefined) throw new Error(`no case ${name}`)
  await expect(golden(alone(build))).toMatchFileSnapshot(
    join(import.meta.dirname, 'golden', `${name}.golden.json`),
  )
})

/** The only resource of a type. */
function only(resources: Resources, type: string): Record<string, unknown> {
  const found = Object.values(resources[type] ?? {})
  const [first] = found
  if (first === undefined || found.length > 1) throw new Error(`${found.length} of ${type}`)
  return first
}

describe('a database on Cloud SQL', () => {
  const { resource, locals } = alone((stack) => void new PostgresDatabase(stack, 'db', DATABASE))
  const instance = only(resource, 'google_sql_database_instance')

  test('has no address on the internet, and takes no connection without TLS', () => {
    expect(instance['settings']).toMatchObject({
      ip_configuration: { ipv4_enabled: false, ssl_mode: 'ENCRYPTED_ONLY' },
    })
    expect(JSON.stringify(instance)).not.toContain('authorized_networks')
  })

  test('is kept from being deleted in three places', () => {
    expect(instance).toMatchObject({
      deletion_protection: true,
      lifecycle: { prevent_destroy: true },
      settings: { deletion_protection_enabled: true },
    })
  })

  test('R5 has its password drawn while it is made, and written where no plan and no state keeps it', () => {
    const [random] = Object.keys(locals as Record<string, string>)
    const user = only(resource, 'google_sql_user')
    const version = only(resource, 'google_secret_manager_secret_version')
    expect(user['password_wo']).toBe(`\${local.${random}}`)
    expect(version['secret_data_wo']).toBe(user['password_wo'])
    expect(user).not.toHaveProperty('password')
    expect(version).not.toHaveProperty('secret_data')
    expect(JSON.stringify(locals)).toContain('uuid()')
  })

  test('has every database of `names`', () => {
    const databases = Object.values(resource['google_sql_database'] ?? {}).map(({ name }) => name)
    expect(databases).toEqual(['films', 'mlflow'])
  })

  test('asks for an engine that knows write-only attributes', () => {
    let stack: SystemStack | undefined
    alone((made) => {
      stack = made
      new PostgresDatabase(made, 'db', DATABASE)
    })
    expect(stack?.toTerraform()['terraform']).toMatchObject({ required_version: '>= 1.11' })
  })
})

describe('a subscription', () => {
  test('R44 that Pub/Sub does not have is refused with what to change', () => {
    const make = (wrong: Partial<MessageSubscriptionProps>) => () =>
      alone((stack) => void new MessageSubscription(stack, 'it', { ...SUBSCRIPTION, ...wrong }))
    expect(make({ ackDeadline: 5000 })).toThrow('ack-deadline is 5000ms')
    expect(make({ ackDeadline: 601_000 })).toThrow('ack-deadline is 601000ms')
    expect(make({ retryDelay: { min: 20_000, max: 10_000 } })).toThrow('retry-delay is 20000ms to 10000ms')
    expect(make({ retries: 4, deadLetterTopic: 'dead' })).toThrow('retries is 4')
    expect(make({ retries: 4 })).not.toThrow()
  })

  test('passes exactly where every part is in its range', () => {
    const delivery = fc.record({
      ackDeadline: fc.integer({ min: 0, max: 700 }).map((seconds) => seconds * 1000),
      retryDelay: fc.record({ min: fc.nat(700_000), max: fc.nat(700_000) }),
      retries: fc.integer({ min: 1, max: 120 }),
      deadLetter: fc.boolean(),
    })
    fc.assert(
      fc.property(delivery, (asked) => {
        const { ackDeadline, retryDelay, retries, deadLetter } = asked
        const fits = {
          'ack-deadline': ackDeadline >= 10_000 && ackDeadline <= 600_000,
          'retry-delay': retryDelay.min <= retryDelay.max && retryDelay.max <= 600_000,
          retries: !deadLetter || (retries >= 5 && retries <= 100),
        }
        const wrong = pubsubProblems(asked).map(({ key }) => key)
        expect(wrong).toEqual(Object.keys(fits).filter((key) => !fits[key as keyof typeof fits]))
      }),
    )
  })
})
