import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { externalError } from '../../../domain/error.ts'
import { connectionVariable } from '../../../domain/system/connections.ts'
import type { Database } from '../../../domain/system/system.ts'
import { deferred } from '../../../runtime/deferred.ts'
import { message } from '../../../runtime/events.ts'
import { pollUntil } from '../../../runtime/poll.ts'
import type { Argv, Process, Runtime } from '../../../runtime/runtime.ts'
import type { EmbeddedEngine, EngineEndpoint } from '../engine.ts'
import { initialise, postgresEnv } from './initialise.ts'
import { dataFolder, type Installation, openInstallation } from './installation.ts'
import { endLeftovers } from './leftover.ts'
import { openSettings, type PostgresSettings, saveSettings } from './settings.ts'

export interface PostgresOptions {
  readonly runtime: Runtime
  readonly database: Database
  /** Absolute path of postgres/<name>. */
  readonly folder: string
  /** Where the project is; its node_modules may hold the engine. */
  readonly root: string
  /** For accounts that may not enter the project's folder; /var/lib/sluice. */
  readonly shared?: string
}

const START_TIMEOUT = 60_000
const STOP_TIMEOUT = 30_000

/** 57P03: "the database system is starting up" (PostgreSQL, appendix A). */
const NOT_YET: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ECONNRESET', '57P03'])

interface Running {
  readonly process: Process
  readonly port: number
  stopping: boolean
}

/** A real PostgreSQL on 127.0.0.1, over TCP only: a Unix socket's path may not be longer than 107 bytes. */
export function postgresEngine(options: PostgresOptions): EmbeddedEngine {
  const { runtime, database, folder } = options
  const name = `database ${database.name}`
  let running: Running | undefined
  let died = deferred<Error>()

  return {
    name,
    get died() {
      return died.promise
    },
    async start() {
      const settings = await openSettings(runtime, folder)
      runtime.log.emit({ kind: 'mask', value: settings.password })
      const installation = await openInstallation(runtime, options.root, options.shared)
      noticeVersion(runtime, database, installation)
      const data = await dataFolder(runtime, folder, installation.account, options.shared)
      await endLeftovers(runtime, data)
      await initialise(runtime, installation, data, settings)
      const started = await startServer(runtime, name, installation, data, settings)
      running = { ...started, stopping: false }
      died = deferred()
      watch(name, running, died.resolve)
      const port = started.port
      if (port !== settings.port) await saveSettings(runtime, folder, { ...settings, port })
      await ensureDatabases(installation, settings, port, database.names)
      return endpointOf(database, settings, port)
    },
    async stop() {
      const current = running
      if (current === undefined) return
      running = undefined
      current.stopping = true
      // SIGINT is PostgreSQL's fast shutdown: transactions are rolled back, the files are left clean.
      current.process.kill('SIGINT')
      const ended = new AbortController()
      const late = runtime.clock.sleep(STOP_TIMEOUT, ended.signal).then(
        () => current.process.kill('SIGKILL'),
        () => {},
      )
      await current.process.ended
      ended.abort()
      await late
    },
  }
}

function watch(name: string, running: Running, died: (error: Error) => void): void {
  void running.process.ended.then(({ code, signal }) => {
    if (running.stopping) return
    died(externalError('service', { what: `${name} ended by itself (${signal ?? `exit ${code}`})` }))
  })
}

function noticeVersion(runtime: Runtime, database: Database, { version }: Installation): void {
  if (database.version === version || database.version === version.split('.')[0]) return
  const text = `database ${database.name} asks for PostgreSQL ${database.version}; cloud local runs the embedded ${version}`
  runtime.log.emit(message('notice', text))
}

/** On the port it had, or on another where somebody took it meanwhile. */
async function startServer(
  runtime: Runtime,
  name: string,
  installation: Installation,
  data: string,
  settings: PostgresSettings,
): Promise<{ readonly process: Process; readonly port: number }> {
  for (let attempt = 0; ; attempt++) {
    const port = await freePort(attempt === 0 ? settings.port : 0)
    const process = await launch(runtime, installation, data, port)
    const lines: string[] = []
    for (const stream of [process.stdout, process.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line)
        if (lines.length > 40) lines.shift()
        runtime.log.emit({ kind: 'output', source: name, line })
      })
    }
    if ((await ready(runtime, installation, settings, process, port)) === 'ready') return { process, port }
    const taken = lines.some(
      (line) => line.includes('could not bind') || line.includes('Address already in use'),
    )
    if (!taken || attempt >= 3) {
      throw externalError('service', {
        what: `${name} did not start: ${lines.slice(-6).join(' | ') || 'it said nothing'}`,
        remedy: `see the log above; the data lies in ${data}`,
      })
    }
  }
}

function launch(
  runtime: Runtime,
  { native, account }: Installation,
  data: string,
  port: number,
): Promise<Process> {
  const options = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    password_encryption: 'scram-sha-256',
    log_checkpoints: 'off',
    timezone: 'UTC',
  }
  const flags = Object.entries(options).flatMap(([key, value]) => ['-c', `${key}=${value}`])
  const argv: Argv = [join(native, 'bin', 'postgres'), '-D', data, '-p', `${port}`, ...flags]
  return runtime.exec.start(argv, { cwd: '/', env: postgresEnv(runtime), ...(account && { account }) })
}

async function ready(
  runtime: Runtime,
  installation: Installation,
  settings: PostgresSettings,
  process: Process,
  port: number,
): Promise<'ready' | 'ended'> {
  let ended = false
  void process.ended.then(() => {
    ended = true
  })
  const outcome = await pollUntil(
    runtime,
    async () => {
      if (ended) return 'ended'
      try {
        await query(installation, settings, port, 'postgres', async () => {})
      } catch (error) {
        if (ended) return 'ended'
        if (NOT_YET.has((error as { code?: string }).code ?? '')) return undefined
        throw error
      }
      // Somebody else may answer on the port; ours has ended then.
      return ended ? 'ended' : 'ready'
    },
    { every: 40, deadline: runtime.clock.now() + START_TIMEOUT },
  )
  if (outcome !== 'timed-out') return outcome.found
  process.kill('SIGKILL')
  await process.ended
  return 'ended'
}

async function ensureDatabases(
  installation: Installation,
  settings: PostgresSettings,
  port: number,
  names: readonly string[],
): Promise<void> {
  await query(installation, settings, port, 'postgres', async (client) => {
    const { rows } = await client.query<{ datname: string }>('SELECT datname FROM pg_database')
    const there = new Set(rows.map((row) => row.datname))
    for (const name of names.filter((wanted) => !there.has(wanted))) {
      await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`)
    }
  })
}

async function query<T>(
  { Client }: Installation,
  { user, password }: PostgresSettings,
  port: number,
  database: string,
  work: (client: InstanceType<Installation['Client']>) => Promise<T>,
): Promise<T> {
  const client = new Client({
    host: '127.0.0.1',
    port,
    user,
    password,
    database,
    connectionTimeoutMillis: 10_000,
  })
  client.on('error', () => {}) // the promise below tells
  try {
    await client.connect()
    return await work(client)
  } finally {
    await client.end().catch(() => {})
  }
}

function endpointOf(database: Database, { user, password }: PostgresSettings, port: number): EngineEndpoint {
  const [first] = database.names
  const variable = (suffix: 'HOST' | 'PORT' | 'USER' | 'PASSWORD' | 'DATABASE'): string =>
    connectionVariable('databases', database.name, suffix)
  return {
    url: `postgresql://${user}@127.0.0.1:${port}/${encodeURIComponent(first)}`,
    resource: database.name,
    shared: {},
    connections: {
      [database.name]: {
        [variable('HOST')]: '127.0.0.1',
        [variable('PORT')]: `${port}`,
        [variable('USER')]: user,
        [variable('PASSWORD')]: password,
        [variable('DATABASE')]: first,
      },
    },
  }
}

/** The wanted port if it is free, else any. */
function freePort(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (wanted !== 0 && error.code === 'EADDRINUSE') resolve(freePort(0))
      else reject(error)
    })
    probe.listen(wanted, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })
}
