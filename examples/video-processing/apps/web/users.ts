import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import { hashPassword, isPassword } from './passwords.ts'

/** SQLSTATE of a value that has to be unique and is not. */
const TAKEN = '23505'

export class Users {
  readonly #pool: pg.Pool

  constructor(pool: pg.Pool) {
    this.#pool = pool
  }

  /** Id of the new user; undefined where the address has an account. */
  async add(email: string, password: string): Promise<string | undefined> {
    const id = randomUUID()
    try {
      await this.#pool.query('INSERT INTO users (id, email, password) VALUES ($1, $2, $3)', [
        id,
        email.toLowerCase(),
        await hashPassword(password),
      ])
      return id
    } catch (error) {
      if ((error as { code?: string }).code === TAKEN) return undefined
      throw error
    }
  }

  /** Id of the user with this address and password. */
  async find(email: string, password: string): Promise<string | undefined> {
    const { rows } = await this.#pool.query<{ id: string; password: string }>(
      'SELECT id, password FROM users WHERE email = $1',
      [email.toLowerCase()],
    )
    return (await isPassword(password, rows[0]?.password)) ? rows[0]?.id : undefined
  }
}
