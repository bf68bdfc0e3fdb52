import pg from 'pg'
import { databaseTls } from './database-tls.ts'
import { required, type Variables } from './environment.ts'

/** Any number; both services come with the same tables, and one at a time makes them. */
const LOCK = 7_355_608

const TABLES = `
CREATE TABLE IF NOT EXISTS users (
  id uuid PRIMARY KEY,
  email text NOT NULL UNIQUE,
  password text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE IF NOT EXISTS videos (
  id uuid PRIMARY KEY,
  owner uuid NOT NULL REFERENCES users,
  name text NOT NULL,
  format text NOT NULL,
  bytes integer NOT NULL,
  state text NOT NULL DEFAULT 'uploaded' CHECK (state IN ('uploaded', 'converting', 'converted', 'failed')),
  attempts integer NOT NULL DEFAULT 0,
  reason text,
  uploaded_at timestamptz NOT NULL DEFAULT now(),
  announced_at timestamptz NOT NULL DEFAULT now(),
  converted_at timestamptz
);
CREATE INDEX IF NOT EXISTS videos_of_owner ON videos (owner, uploaded_at DESC);
CREATE INDEX IF NOT EXISTS videos_left_behind ON videos (announced_at) WHERE state IN ('uploaded', 'converting');
`

/** On Google Cloud the host is the folder of Cloud SQL's socket, which the driver takes like a name. */
export async function openDatabase(env: Variables): Promise<pg.Pool> {
  const pool = new pg.Pool({
    host: required(env, 'DB_HOST'),
    port: Number(required(env, 'DB_PORT')),
    user: required(env, 'DB_USER'),
    password: required(env, 'DB_PASSWORD'),
    database: required(env, 'DB_DATABASE'),
    ...databaseTls(env),
    max: 10,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  })
  // A connection that the server ends while idle is replaced by the next query.
  pool.on('error', () => {})
  const client = await pool.connect()
  try {
    await client.query('SELECT pg_advisory_lock($1)', [LOCK])
    await client.query(TABLES)
    await client.query('SELECT pg_advisory_unlock($1)', [LOCK])
  } finally {
    client.release()
  }
  return pool
}
