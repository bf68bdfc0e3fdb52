import pg from 'pg'
import { databaseTls } from './database-tls.ts'
import { required } from './settings.ts'

/** A garment, in the words of the APIs. */
export interface FashionFile {
  readonly id: string
  readonly filename: string
  readonly s3Path: string
  readonly masterCategory: string
  readonly subCategory: string
  readonly articleType: string
  readonly baseColour: string
  readonly season: string
  readonly year: number
  readonly usage: string
  readonly gender: string
  readonly productDisplayName: string
  readonly dataset: string
  /** RFC 3339, in UTC. */
  readonly created_at: string
}

/** What files are asked for; what is not said does not matter. */
export interface Filters {
  readonly masterCategory?: string | null | undefined
  readonly gender?: string | null | undefined
  readonly baseColour?: string | null | undefined
  readonly season?: string | null | undefined
  readonly year?: number | null | undefined
}

export interface Page {
  readonly limit: number
  readonly offset: number
}

export const MOST = 200
/** A page further on is asked for by nobody who reads, and costs the database everything before it. */
export const FURTHEST = 10_000

const FILTERS = ['masterCategory', 'gender', 'baseColour', 'season', 'year'] as const
const COLUMNS = `id::text, filename, s3_path as "s3Path", "masterCategory", "subCategory", "articleType", "baseColour", season, year,
  usage, gender, "productDisplayName", dataset,
  to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as created_at`

/** A statement that the database plans once a connection, by its name; values are never a part of its text. */
export interface Statement {
  readonly name: string
  readonly text: string
  readonly values: readonly (string | number)[]
}

export function filesStatement(filters: Filters, { limit, offset }: Page): Statement {
  const given = FILTERS.flatMap((name) => {
    const value = filters[name]
    return value === undefined || value === null ? [] : [{ name, value }]
  })
  const conditions = given.map(({ name }, at) => `"${name}" = $${at + 3}`)
  const where = conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`
  return {
    name: ['files', ...given.map(({ name }) => name)].join('_'),
    // The table's id: the one that is selected is a text, in whose order 10 comes before 2.
    text: `select ${COLUMNS} from fashion_files ${where} order by fashion_files.id limit $1 offset $2`,
    values: [limit, offset, ...given.map(({ value }) => value)],
  }
}

/** The table `fashion_files`, read only. */
export class Files {
  readonly #pool: pg.Pool

  constructor(config: pg.PoolConfig) {
    this.#pool = new pg.Pool({ max: 8, statement_timeout: 5_000, connectionTimeoutMillis: 5_000, ...config })
    // A connection that breaks while nobody uses it is replaced by the next one that is asked for.
    this.#pool.on('error', () => {})
  }

  find(filters: Filters, page: Page): Promise<FashionFile[]> {
    return this.#rows(filesStatement(filters, page))
  }

  /** In any order; ids that are not there are left out. */
  byIds(ids: readonly number[]): Promise<FashionFile[]> {
    return this.#rows({
      name: 'files_by_ids',
      text: `select ${COLUMNS} from fashion_files where id = any($1::bigint[])`,
      values: [`{${ids.join(',')}}`],
    })
  }

  async count(): Promise<number> {
    const { rows } = await this.#pool.query<{ count: number }>(
      'select count(*)::int as count from fashion_files',
    )
    return rows[0]?.count ?? 0
  }

  close(): Promise<void> {
    return this.#pool.end()
  }

  async #rows(statement: Statement): Promise<FashionFile[]> {
    return (await this.#pool.query<FashionFile>({ ...statement, values: [...statement.values] })).rows
  }
}

export const connectedFiles = (): Files =>
  new Files({
    host: required('DB_HOST'),
    port: Number(process.env['DB_PORT'] ?? 5432),
    user: required('DB_USER'),
    password: required('DB_PASSWORD'),
    database: required('DB_DATABASE'),
    ...databaseTls(),
  })
