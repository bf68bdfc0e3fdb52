import pg from 'pg'

export interface FilmQuery {
  readonly genre?: string
  readonly language?: string
  readonly from?: number
  readonly to?: number
  readonly sensitive?: boolean
  readonly limit: number
  readonly offset: number
}

const COLUMNS = 'id, title, year, language, director, genre, plot, sensitive'
/** SQLSTATE of a table that is not there: the pipeline has not run yet. */
const UNDEFINED_TABLE = '42P01'

/** The table `films`. Values reach PostgreSQL as parameters, never as text of the statement. */
export class Films {
  readonly #pool: pg.Pool

  constructor(config: pg.PoolConfig) {
    this.#pool = new pg.Pool({ max: 5, connectionTimeoutMillis: 5000, statement_timeout: 5000, ...config })
    // A connection that the server ends while idle is replaced by the next query.
    this.#pool.on('error', () => {})
  }

  async find(query: FilmQuery): Promise<readonly unknown[]> {
    const values: unknown[] = []
    const conditions = [
      condition('genre =', query.genre),
      condition('language =', query.language),
      condition('year >=', query.from),
      condition('year <=', query.to),
      condition('sensitive =', query.sensitive),
    ].filter((text) => text !== undefined)
    const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''
    values.push(query.limit, query.offset)
    const page = `LIMIT $${values.length - 1} OFFSET $${values.length}`
    return this.#rows(`SELECT ${COLUMNS} FROM films ${where} ORDER BY id ${page}`, values)

    function condition(test: string, value: unknown): string | undefined {
      if (value === undefined) return undefined
      values.push(value)
      return `${test} $${values.length}`
    }
  }

  async get(id: string): Promise<unknown> {
    return (await this.#rows(`SELECT ${COLUMNS} FROM films WHERE id = $1`, [id]))[0]
  }

  async count(): Promise<number> {
    const [row] = await this.#rows('SELECT count(*)::int AS films FROM films', [])
    return (row as { films: number } | undefined)?.films ?? 0
  }

  close(): Promise<void> {
    return this.#pool.end()
  }

  async #rows(text: string, values: unknown[]): Promise<readonly unknown[]> {
    try {
      return (await this.#pool.query(text, values)).rows
    } catch (error) {
      if ((error as { code?: string }).code === UNDEFINED_TABLE) return []
      throw error
    }
  }
}
