import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  DescribeTableCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Named } from '../../../../src/domain/named.ts'
import type { Table } from '../../../../src/domain/system/system.ts'
import type { EmbeddedEngine, EngineEndpoint } from '../../../../src/providers/local/engine.ts'
import { decideTable, definitionOf, shapeOfTable } from '../../../../src/providers/local/tables/definition.ts'
import { clientOf, ENTITIES, engineOf } from './world.ts'

const TableName = 'films-local-entities'
const item = (entity: string, genre: string, year: number) => ({
  movieId: { S: 'm1' },
  entityId: { S: entity },
  genre: { S: genre },
  year: { N: String(year) },
})

let state = ''
let engine: EmbeddedEngine | undefined
let client: DynamoDBClient | undefined

beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'tables-'))
})
afterEach(async () => {
  client?.destroy()
  await engine?.stop()
  await rm(state, { recursive: true, force: true })
})

async function start(tables: Named<Table> = { entities: ENTITIES }): Promise<EngineEndpoint> {
  engine = engineOf(state, tables)
  return await engine.start()
}

async function connect(endpoint: EngineEndpoint): Promise<DynamoDBClient> {
  client?.destroy()
  client = clientOf(endpoint)
  return client
}

describe('what an SDK finds', () => {
  test('a table has the key and the indexes of sluice.yml, and a query by an index finds its items in order', async () => {
    const endpoint = await start()
    expect(endpoint.connections).toEqual({ entities: { ENTITIES_TABLE: TableName } })
    const db = await connect(endpoint)
    await db.send(new PutItemCommand({ TableName, Item: item('e1', 'drama', 2001) }))
    await db.send(new PutItemCommand({ TableName, Item: item('e2', 'drama', 1999) }))
    await db.send(new PutItemCommand({ TableName, Item: item('e3', 'comedy', 2000) }))
    const { Items = [] } = await db.send(
      new QueryCommand({
        TableName,
        IndexName: 'by-genre',
        KeyConditionExpression: 'genre = :g',
        ExpressionAttributeValues: { ':g': { S: 'drama' } },
      }),
    )
    expect(Items.map((one) => one['entityId']?.S)).toEqual(['e2', 'e1'])
    const { Table: described } = await db.send(new DescribeTableCommand({ TableName }))
    expect(described?.KeySchema?.map((key) => key.AttributeName)).toEqual(['movieId', 'entityId'])
  })

  test('a condition that does not hold is refused with the error that DynamoDB gives', async () => {
    const db = await connect(await start())
    const put = new PutItemCommand({
      TableName,
      Item: item('e1', 'drama', 2001),
      ConditionExpression: 'attribute_not_exists(movieId)',
    })
    await db.send(put)
    await expect(db.send(put)).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' })
  })
})

describe('who may come in', () => {
  test('a wrong secret, no signature and a foreign host are refused', async () => {
    const endpoint = await start()
    client = clientOf(endpoint, 'another secret')
    await expect(client.send(new GetItemCommand({ TableName, Key: {} }))).rejects.toMatchObject({
      name: 'InvalidSignatureException',
    })
    const unsigned = await fetch(endpoint.url, {
      method: 'POST',
      headers: { 'x-amz-target': 'DynamoDB_20120810.ListTables' },
      body: '{}',
    })
    expect(unsigned.status).toBe(403)
    expect(endpoint.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  })

  test('a body that was changed on its way is refused', async () => {
    const endpoint = await start()
    const db = await connect(endpoint)
    db.middlewareStack.add(
      (next) => (args) => {
        const { request } = args as unknown as { request: { body: string } }
        request.body = request.body.replace('m1', 'm2')
        return next(args)
      },
      { step: 'finalizeRequest', priority: 'low' },
    )
    await expect(
      db.send(new PutItemCommand({ TableName, Item: item('e1', 'drama', 2001) })),
    ).rejects.toMatchObject({ name: 'InvalidSignatureException' })
  })

  test('input that is no item is refused in words, and the engine goes on', async () => {
    const db = await connect(await start())
    await expect(
      db.send(new PutItemCommand({ TableName, Item: { movieId: { S: 'm1' } } })),
    ).rejects.toMatchObject({ name: 'ValidationException' })
    await db.send(new PutItemCommand({ TableName, Item: item('e1', 'drama', 2001) }))
  })
})

describe('what survives', () => {
  test('items, address and key are the same after a restart', async () => {
    const first = await start()
    await (await connect(first)).send(new PutItemCommand({ TableName, Item: item('e1', 'drama', 2001) }))
    await engine?.stop()
    const second = await start()
    expect(second).toEqual(first)
    const got = await (await connect(second)).send(new GetItemCommand({ TableName, Key: keyOf('e1') }))
    expect(got.Item?.['genre']?.S).toBe('drama')
  })

  test('R28 killed at any moment it says that it died, and the next start has every item that was answered', async () => {
    const db = await connect(await start())
    await db.send(new PutItemCommand({ TableName, Item: item('e1', 'drama', 2001) }))
    const { pid } = JSON.parse(await readFile(join(state, 'tables/process.json'), 'utf8')) as { pid: number }
    process.kill(pid, 'SIGKILL')
    expect((await engine?.died)?.message).toContain('the tables ended by themselves (SIGKILL)')
    const endpoint = await engine?.start()
    if (endpoint === undefined) throw new Error('no endpoint')
    const got = await (await connect(endpoint)).send(new GetItemCommand({ TableName, Key: keyOf('e1') }))
    expect(got.Item?.['year']?.N).toBe('2001')
  })

  test('one that a killed supervisor left behind is ended, and its items are there', async () => {
    const left = await start()
    await (await connect(left)).send(new PutItemCommand({ TableName, Item: item('e1', 'drama', 2001) }))
    const earlier = engine
    const now = await start()
    const got = await (await connect(now)).send(new GetItemCommand({ TableName, Key: keyOf('e1') }))
    expect(got.Item?.['genre']?.S).toBe('drama')
    await earlier?.stop()
  })

  test('another index in sluice.yml is there at the next start, filled with the items', async () => {
    const db = await connect(await start())
    await db.send(new PutItemCommand({ TableName, Item: item('e1', 'drama', 2001) }))
    await engine?.stop()
    const indexes = { 'by-year': { partition: 'year' } }
    const changed = await start({ entities: { ...ENTITIES, indexes } })
    const name = changed.connections['entities']?.['ENTITIES_TABLE']
    expect(name).toMatch(/^films-local-entities-[0-9a-f]{8}$/)
    const { Items = [] } = await (await connect(changed)).send(
      new QueryCommand({
        TableName: name,
        IndexName: 'by-year',
        KeyConditionExpression: '#y = :y',
        ExpressionAttributeNames: { '#y': 'year' },
        ExpressionAttributeValues: { ':y': { N: '2001' } },
      }),
    )
    expect(Items).toHaveLength(1)
  })

  test('another key is refused by name, and the items stay', async () => {
    await start()
    await engine?.stop()
    const key = { partition: 'entityId' }
    await expect(start({ entities: { ...ENTITIES, key } })).rejects.toThrow(
      'table entities has another key now than its items',
    )
    expect((await start()).connections['entities']).toEqual({ ENTITIES_TABLE: TableName })
  })
})

describe('decisions', () => {
  test('only attributes that a key names are told to the engine', () => {
    const plain = { ...ENTITIES, indexes: {} }
    expect(definitionOf(plain, 't')).toEqual({
      TableName: 't',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'movieId', AttributeType: 'S' },
        { AttributeName: 'entityId', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'movieId', KeyType: 'HASH' },
        { AttributeName: 'entityId', KeyType: 'RANGE' },
      ],
    })
  })

  test('the same table is kept, wherever its items lie', () => {
    const place = { name: 'anywhere', shape: shapeOfTable(ENTITIES), key: ENTITIES.key }
    expect(decideTable('p', ENTITIES, place)).toEqual({ kind: 'keep' })
  })
})

function keyOf(entity: string) {
  return { movieId: { S: 'm1' }, entityId: { S: entity } }
}
