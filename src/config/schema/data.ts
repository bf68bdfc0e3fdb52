import * as z from 'zod'
import { duration, httpPath, name, size } from './text.ts'

const machineClass = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]{0,62}$/)
  .meta({ title: 'a machine class', examples: ['db.t4g.micro', 'cache.t4g.micro'] })

export const database = z
  .strictObject({
    engine: z.enum(['postgres']).default('postgres').describe('Database engine'),
    version: z
      .string()
      .regex(/^[1-9][0-9]?(\.[0-9]{1,2})?$/)
      .meta({ title: 'a version', examples: ['16', '16.4'] })
      .default('16')
      .describe('Major version, quoted'),
    storage: size.default('20GiB').describe('Disk'),
    names: z
      .array(
        z
          .string()
          .regex(/^[a-z_][a-z0-9_]{0,62}$/)
          .meta({ title: 'a database name', examples: ['filmlens'] }),
      )
      .min(1)
      .optional()
      .describe("Databases inside the server, the first the default one; default the resource's name"),
    class: machineClass.optional().describe("Machine class in the cloud's words; default the smallest"),
    'high-availability': z.boolean().default(false).describe('A standby in another zone'),
    'backup-days': z.int().min(0).max(35).default(7).describe('Days that backups are kept; 0: none'),
    protect: z.boolean().default(true).describe('Cannot be deleted until this is false'),
  })
  .describe('A managed SQL server')

export const bucket = z
  .strictObject({
    versioned: z.boolean().default(false).describe('Keeps what is overwritten'),
    expire: duration.optional().describe('Objects older than this are removed; whole days'),
    protect: z.boolean().default(true).describe('Cannot be deleted until this is false'),
  })
  .describe('Object storage')

const attribute = z
  .string()
  .regex(/^[A-Za-z0-9_.-]{1,255}$/)
  .meta({ title: 'an attribute', examples: ['movieId'] })

const tableKey = z.strictObject({
  partition: attribute.describe('Attribute that items are distributed by'),
  sort: attribute.optional().describe('Attribute that items of one partition are ordered by'),
})

export const table = z
  .strictObject({
    attributes: z
      .record(attribute, z.enum(['string', 'number', 'binary']))
      .describe('Attributes of the key and the indexes -> type'),
    key: tableKey.describe('Primary key'),
    indexes: z
      .record(
        z
          .string()
          .regex(/^[A-Za-z0-9_.-]{3,255}$/)
          .meta({ title: 'an index name', examples: ['by-genre'] }),
        tableKey.describe('Key of the index'),
      )
      .default({})
      .describe('Global secondary indexes'),
    protect: z.boolean().default(true).describe('Cannot be deleted until this is false'),
  })
  .describe('A key-value table')

export const topic = z
  .strictObject({
    subscriber: name.optional().describe('Service or function that receives the messages'),
    path: httpPath.optional().describe('HTTP path at a subscribing service, for push'),
    'ack-deadline': duration.default('60s').describe('Time to acknowledge before a message is sent again'),
    retries: z.int().min(1).max(100).default(5).describe('Deliveries before a message is given up'),
    'retry-delay': z
      .strictObject({
        min: duration.default('10s').describe('Shortest wait before the next delivery'),
        max: duration.default('10m').describe('Longest wait before the next delivery'),
      })
      .default({ min: '10s', max: '10m' })
      .describe('Wait between deliveries'),
    'dead-letter': z.boolean().default(true).describe('Keeps messages that were given up'),
  })
  .describe('Messages with one subscription: Pub/Sub, or SNS and SQS')

export const cache = z
  .strictObject({
    engine: z.enum(['valkey']).default('valkey').describe('Cache engine'),
    class: machineClass.optional().describe("Machine class in the cloud's words; default the smallest"),
  })
  .describe('An in-memory cache')
