import { type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import type { CatalogueFilm } from './films.ts'

/** Requests under way at the same moment. */
const AT_ONCE = 10

/** Sets what the catalogue says of each film and leaves the rest of its item alone, so it may be repeated at any time. */
export async function loadFilms(
  dynamo: DynamoDBClient,
  TableName: string,
  films: readonly CatalogueFilm[],
): Promise<void> {
  const waiting = films.values()
  const load = async (): Promise<void> => {
    for (const { movieId, title, genre, director } of waiting) {
      const Key = { movieId: { S: movieId }, entityId: { S: 'movie' } }
      await dynamo.send(
        new UpdateItemCommand({
          TableName,
          Key,
          UpdateExpression: 'SET title = :title, genre = :genre, director = :director, entityType = :type',
          ExpressionAttributeValues: {
            ':title': { S: title },
            ':genre': { S: genre },
            ':director': { S: director },
            ':type': { S: 'movie' },
          },
        }),
      )
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, load))
}
