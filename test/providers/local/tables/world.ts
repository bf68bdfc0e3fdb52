import { join } from 'node:path'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { Named } from '../../../../src/domain/named.ts'
import type { Table } from '../../../../src/domain/system/system.ts'
import type { EmbeddedEngine, EngineEndpoint } from '../../../../src/providers/local/engine.ts'
import { tablesEngine } from '../../../../src/providers/local/tables/engine.ts'
import { nodeRuntime } from '../../../../src/runtime/node/index.ts'

export const runtime = nodeRuntime({ emit: () => {} }, { cancelled: new AbortController().signal })
const root = join(import.meta.dirname, '../../../..')

export const ENTITIES: Table = {
  name: 'entities',
  attributes: { movieId: 'string', entityId: 'string', genre: 'string', year: 'number' },
  key: { partition: 'movieId', sort: 'entityId' },
  indexes: { 'by-genre': { partition: 'genre', sort: 'year' } },
  protect: true,
}

export function engineOf(state: string, tables: Named<Table>): EmbeddedEngine {
  return tablesEngine({
    runtime,
    tables,
    folder: join(state, 'tables'),
    objects: join(state, 'objects'),
    region: 'us-east-1',
    prefix: 'films-local',
    root,
  })
}

/** As an application makes it: everything from its environment. */
export function clientOf(endpoint: EngineEndpoint, secret?: string): DynamoDBClient {
  const env = endpoint.shared
  return new DynamoDBClient({
    endpoint: env['AWS_ENDPOINT_URL_DYNAMODB'] ?? '',
    region: env['AWS_REGION'] ?? '',
    credentials: {
      accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: secret ?? env['AWS_SECRET_ACCESS_KEY'] ?? '',
    },
    maxAttempts: 1,
  })
}
