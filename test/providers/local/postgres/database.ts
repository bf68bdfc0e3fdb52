import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { Database } from '../../../../src/domain/system/system.ts'
import type { EmbeddedEngine, EngineEndpoint } from '../../../../src/providers/local/engine.ts'
import { postgresEngine } from '../../../../src/providers/local/postgres/engine.ts'
import type { Event } from '../../../../src/runtime/events.ts'
import { nodeRuntime } from '../../../../src/runtime/node/index.ts'
import type { Runtime } from '../../../../src/runtime/runtime.ts'

export const ROOT = join(import.meta.dirname, '../../../..')

export function database(over: Partial<Database> = {}): Database {
  return {
    name: 'db',
    engine: 'postgres',
    version: '18',
    storage: 0,
    names: ['films', 'ml-flow"x'],
    highAvailability: false,
    backupDays: 0,
    protect: false,
    ...over,
  }
}

export interface Place {
  readonly base: string
  readonly events: Event[]
  readonly runtime: Runtime
  engine(over?: Partial<Database>, folder?: string): EmbeddedEngine
  close(): Promise<void>
}

/** A folder that other accounts may enter (or not: mode 0700), and engines in it. */
export async function openPlace(mode = 0o755): Promise<Place> {
  const outer = await mkdtemp(join(tmpdir(), 'postgres-'))
  await chmod(outer, 0o755)
  const base = await mkdtemp(join(outer, 'project-'))
  await chmod(base, mode)
  const events: Event[] = []
  const cancelled = new AbortController().signal
  const runtime = nodeRuntime({ emit: (event) => void events.push(event) }, { cancelled })
  const engines: EmbeddedEngine[] = []
  return {
    base,
    events,
    runtime,
    engine: (over = {}, folder = join(base, 'postgres', 'db')) => {
      const made = postgresEngine({
        runtime,
        database: database(over),
        folder,
        root: ROOT,
        shared: join(outer, 'shared'),
      })
      engines.push(made)
      return made
    },
    close: async () => {
      for (const engine of engines) await engine.stop()
      await rm(outer, { recursive: true, force: true })
    },
  }
}

export interface Login {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
}

export function loginOf(endpoint: EngineEndpoint): Login {
  const variables = endpoint.connections['db'] ?? {}
  return {
    host: variables['DB_HOST'] ?? '',
    port: Number(variables['DB_PORT']),
    user: variables['DB_USER'] ?? '',
    password: variables['DB_PASSWORD'] ?? '',
    database: variables['DB_DATABASE'] ?? '',
  }
}

export async function ask(login: Login, sql: string): Promise<unknown[]> {
  const client = new pg.Client(login)
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}
