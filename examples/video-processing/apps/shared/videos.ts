import type pg from 'pg'
import type { Format } from './formats.ts'

/** `uploaded` until it is `converted`, or `failed` after the last attempt. */
export type State = 'uploaded' | 'converting' | 'converted' | 'failed'

export interface Video {
  readonly id: string
  readonly owner: string
  readonly name: string
  readonly format: Format
  readonly state: State
  readonly bytes: number
  /** Begun conversions. */
  readonly attempts: number
  /** Why the last attempt failed. */
  readonly reason: string | null
  readonly uploaded_at: Date
  readonly converted_at: Date | null
}

export const sourceKey = (id: string): string => `uploads/${id}`
export const resultKey = ({ id, format }: Pick<Video, 'id' | 'format'>): string => `converted/${id}.${format}`

const COLUMNS = 'id, owner, name, format, state, bytes, attempts, reason, uploaded_at, converted_at'
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export const isId = (text: string): boolean => UUID.test(text)

/** The table `videos`. Values reach PostgreSQL as parameters, never as text of the statement. */
export class Videos {
  readonly #pool: pg.Pool

  constructor(pool: pg.Pool) {
    this.#pool = pool
  }

  async add(video: Pick<Video, 'id' | 'owner' | 'name' | 'format' | 'bytes'>): Promise<void> {
    const { id, owner, name, format, bytes } = video
    await this.#pool.query(
      'INSERT INTO videos (id, owner, name, format, bytes) VALUES ($1, $2, $3, $4, $5)',
      [id, owner, name, format, bytes],
    )
  }

  /** The newest first. */
  async ofOwner(owner: string, limit: number, offset: number): Promise<readonly Video[]> {
    const text = `SELECT ${COLUMNS} FROM videos WHERE owner = $1 ORDER BY uploaded_at DESC, id LIMIT $2 OFFSET $3`
    return (await this.#pool.query<Video>(text, [owner, limit, offset])).rows
  }

  async get(id: string): Promise<Video | undefined> {
    if (!isId(id)) return undefined
    return (await this.#pool.query<Video>(`SELECT ${COLUMNS} FROM videos WHERE id = $1`, [id])).rows[0]
  }

  async begin(id: string): Promise<void> {
    await this.#pool.query(
      "UPDATE videos SET state = 'converting', attempts = attempts + 1, reason = NULL WHERE id = $1",
      [id],
    )
  }

  async finish(id: string): Promise<void> {
    await this.#pool.query(
      "UPDATE videos SET state = 'converted', converted_at = now() WHERE id = $1 AND state <> 'converted'",
      [id],
    )
  }

  async fail(id: string, state: 'uploaded' | 'failed', reason: string): Promise<void> {
    await this.#pool.query('UPDATE videos SET state = $2, reason = $3 WHERE id = $1', [id, state, reason])
  }

  /** As if it had not been begun. */
  async putBack(id: string): Promise<void> {
    await this.#pool.query("UPDATE videos SET state = 'uploaded', attempts = attempts - 1 WHERE id = $1", [
      id,
    ])
  }

  /** Those that nobody has finished or given up, and that were announced longer ago than so many seconds. */
  async leftBehind(seconds: number, limit: number): Promise<readonly string[]> {
    const text = `SELECT id FROM videos WHERE state IN ('uploaded', 'converting')
      AND announced_at < now() - make_interval(secs => $1) ORDER BY announced_at LIMIT $2`
    return (await this.#pool.query<{ id: string }>(text, [seconds, limit])).rows.map(({ id }) => id)
  }

  async announced(id: string): Promise<void> {
    await this.#pool.query('UPDATE videos SET announced_at = now() WHERE id = $1', [id])
  }
}
