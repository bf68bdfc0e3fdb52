/**
 * `node loader/load.ts [COUNT]`: writes a catalogue of films into the table whose name is in MOVIE_ENTITIES_TABLE, as
 * `sluice up --export` says it on this machine. What the detector has found stays.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { catalogue } from './films.ts'
import { loadFilms } from './table.ts'

const { MOVIE_ENTITIES_TABLE = '' } = process.env
if (MOVIE_ENTITIES_TABLE === '') throw new Error('MOVIE_ENTITIES_TABLE is not set: the name of the table')
const films = catalogue(Number(process.argv[2] ?? 200))
await loadFilms(new DynamoDBClient({}), MOVIE_ENTITIES_TABLE, films)
console.log(`${films.length} films in ${MOVIE_ENTITIES_TABLE}`)
