import {
  type AttributeValue,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb'
import type { Entities, Entity } from './ports.ts'

/** The item of a film itself, beside those of its actors. */
export const FILM = 'movie'

/** The table `movie-entities`: a film by its id, and who is seen in it. */
export function openEntities(dynamo: DynamoDBClient, TableName: string): Entities {
  return {
    async film(movieId) {
      const Key = { movieId: { S: movieId }, entityId: { S: FILM } }
      const { Item } = await dynamo.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }))
      const { genre, director } = Item ?? {}
      return genre?.S === undefined || director?.S === undefined
        ? undefined
        : { genre: genre.S, director: director.S }
    },

    async put(entities) {
      for (const entity of entities) await dynamo.send(new UpdateItemCommand(updateOf(entity, TableName)))
    },
  }
}

/** Sets every attribute that is given, numbers as DynamoDB takes them. */
function updateOf({ movieId, entityId, ...attributes }: Entity, TableName: string): UpdateItemCommandInput {
  const entries = Object.entries(attributes)
  const values = entries.map(([name, value]) => [`:${name}`, attributeOf(value)])
  return {
    TableName,
    Key: { movieId: { S: movieId }, entityId: { S: entityId } },
    UpdateExpression: `SET ${entries.map(([name]) => `#${name} = :${name}`).join(', ')}`,
    ExpressionAttributeNames: Object.fromEntries(entries.map(([name]) => [`#${name}`, name])),
    ExpressionAttributeValues: Object.fromEntries(values) as Record<string, AttributeValue>,
  }
}

function attributeOf(value: string | number): AttributeValue {
  return typeof value === 'number' ? { N: String(value) } : { S: value }
}
