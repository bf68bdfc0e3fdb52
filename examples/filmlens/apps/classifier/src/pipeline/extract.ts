import pg from 'pg'
import { databaseTls } from '../database-tls.ts'
import type { Film } from '../film.ts'
import { Objects, required } from '../objects.ts'
import { filmsFromSource } from '../source.ts'
import { numberParameter, output, seed, writeFilms } from './step.ts'

const films = filmsFromSource(numberParameter('films', 100, 1_000_000), seed())
await writeFilms(new Objects(), output('films'), films)
await loadTable(films)
console.log(`${films.length} films, ${films.filter((film) => film.sensitive === 1).length} of them sensitive`)

/** The table that query-api reads, replaced in one transaction. */
async function loadTable(rows: readonly Film[]): Promise<void> {
  const env = process.env
  const client = new pg.Client({
    host: required(env, 'DB_HOST'),
    port: Number(required(env, 'DB_PORT')),
    user: required(env, 'DB_USER'),
    password: required(env, 'DB_PASSWORD'),
    database: required(env, 'DB_DATABASE'),
    ...databaseTls(env),
  })
  await client.connect()
  try {
    await client.query('BEGIN')
    await client.query(`CREATE TABLE IF NOT EXISTS films (
      id text PRIMARY KEY, title text NOT NULL, year integer NOT NULL, language text NOT NULL, director text NOT NULL,
      genre text NOT NULL, plot text NOT NULL, sensitive boolean NOT NULL)`)
    await client.query('CREATE INDEX IF NOT EXISTS films_by_genre ON films (genre, year)')
    await client.query('DELETE FROM films')
    const column = (name: keyof Film): unknown[] => rows.map((row) => row[name])
    await client.query(
      `INSERT INTO films SELECT id, title, year, language, director, genre, plot, sensitive = 1
       FROM unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int[])
         AS t (id, title, year, language, director, genre, plot, sensitive)`,
      ['id', 'title', 'year', 'language', 'director', 'genre', 'plot', 'sensitive'].map((name) =>
        column(name as keyof Film),
      ),
    )
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  } finally {
    await client.end()
  }
}
