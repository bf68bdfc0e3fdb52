import type pg from 'pg'

/**
 * Does the work while no other process does work of the same name; undefined where one is at it. The lock belongs to the
 * connection, so it is gone with the process, whatever ends it.
 *
 * @see https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
 */
export async function oneAtATime<T>(
  pool: pg.Pool,
  name: string,
  work: () => Promise<T>,
): Promise<T | undefined> {
  const client = await pool.connect()
  // The server may go while the work is done; the query that follows says so.
  client.on('error', () => {})
  let isSound = false
  try {
    const key = 'hashtextextended($1, 0)'
    const { rows } = await client.query<{ mine: boolean }>(`SELECT pg_try_advisory_lock(${key}) AS mine`, [
      name,
    ])
    if (rows[0]?.mine !== true) {
      isSound = true
      return undefined
    }
    const result = await work()
    await client.query(`SELECT pg_advisory_unlock(${key})`, [name])
    isSound = true
    return result
  } finally {
    // A connection that may still hold the lock is ended with it.
    client.removeAllListeners('error')
    client.release(!isSound)
  }
}
