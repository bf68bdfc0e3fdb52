import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { externalError } from '../../../domain/error.ts'
import { connectionVariable } from '../../../domain/system/connections.ts'
import type { Cache } from '../../../domain/system/system.ts'
import { deferred } from '../../../runtime/deferred.ts'
import { pollUntil } from '../../../runtime/poll.ts'
import type { Process, Runtime } from '../../../runtime/runtime.ts'
import { startCompanion } from '../companion.ts'
import { openEndpointFile, saveEndpointFile } from '../endpoint-file.ts'
import type { EmbeddedEngine } from '../engine.ts'
import { inheritedVariables } from '../services/environment.ts'
import { freePort } from '../services/free-port.ts'
import { findValkey } from '../tool-cache/valkey.ts'
import { answersPing } from './ping.ts'

export interface CacheEngineOptions {
  readonly runtime: Runtime
  readonly cache: Cache
  /** Absolute path of caches/<name>. */
  readonly folder: string
}

const START_TIMEOUT = 30_000
const STOP_TIMEOUT = 15_000
const ATTEMPTS = 3

interface Running {
  readonly process: Process
  readonly port: number
  stopping: boolean
}

/** A real Valkey on 127.0.0.1 behind a password. What was written a second before a kill is there afterwards. */
export function cacheEngine({ runtime, cache, folder }: CacheEngineOptions): EmbeddedEngine {
  const name = `cache ${cache.name}`
  let running: Running | undefined
  let died = deferred<Error>()
  return {
    name,
    get died() {
      return died.promise
    },
    async start() {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const path = join(folder, 'endpoint.json')
      const file = await openEndpointFile(runtime, path)
      const program = await findValkey(runtime)
      const { process, port } = await launch(runtime, { name, program, folder, ...file })
      if (port !== file.port) await saveEndpointFile(runtime, path, { ...file, port })
      const started = { process, port, stopping: false }
      running = started
      died = deferred()
      const { resolve } = died
      void process.ended.then(({ code, signal }) => {
        if (started.stopping) return
        resolve(externalError('service', { what: `${name} ended by itself (${signal ?? `exit ${code}`})` }))
      })
      return {
        url: `redis://127.0.0.1:${port}`,
        resource: cache.name,
        shared: {},
        connections: {
          [cache.name]: {
            [connectionVariable('caches', cache.name, 'URL')]: `redis://:${file.secret}@127.0.0.1:${port}`,
          },
        },
      }
    },
    async stop() {
      const current = running
      running = undefined
      if (current === undefined) return
      current.stopping = true
      await end(runtime, current.process)
    },
  }
}

interface LaunchOptions {
  readonly name: string
  readonly program: string
  readonly folder: string
  /** The port that it had; 0: none yet. */
  readonly port: number
  readonly secret: string
}

/** On the port it had, or on another where somebody took it meanwhile. */
async function launch(
  runtime: Runtime,
  { name, program, folder, port: wanted, secret }: LaunchOptions,
): Promise<{ readonly process: Process; readonly port: number }> {
  const settings = join(folder, 'valkey.conf')
  for (let attempt = 1; ; attempt++) {
    const port = attempt === 1 && wanted !== 0 ? wanted : await freePort()
    // The password stands in a file of ours alone, for everybody can read the arguments of a process.
    await runtime.files.write(settings, settingsOf(folder, port, secret), { mode: 0o600 })
    const process = await startCompanion(runtime, join(folder, 'process.json'), [program, settings], {
      cwd: folder,
      env: inheritedVariables(runtime.env),
    })
    const said: string[] = []
    for (const stream of [process.stdout, process.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        said.push(line)
        if (said.length > 20) said.shift()
        runtime.log.emit({ kind: 'output', source: name, line })
      })
    }
    if (await isReady(runtime, process, port, secret)) return { process, port }
    await end(runtime, process)
    const isTaken = said.some((line) => line.includes('Address already in use'))
    if (!isTaken || attempt >= ATTEMPTS) {
      throw externalError('service', {
        what: `${name} did not start: ${said.slice(-4).join(' | ') || 'it said nothing'}`,
        remedy: `see the log above; its data lie in ${folder}`,
      })
    }
  }
}

/** https://valkey.io/topics/valkey.conf/ */
export function settingsOf(folder: string, port: number, secret: string): string {
  const lines = [
    'bind 127.0.0.1',
    `port ${port}`,
    'protected-mode yes',
    `requirepass ${secret}`,
    `dir ${JSON.stringify(folder)}`,
    'daemonize no',
    'save ""',
    'appendonly yes',
    'appendfsync everysec',
    'aof-load-truncated yes',
  ]
  return `${lines.join('\n')}\n`
}

async function isReady(runtime: Runtime, process: Process, port: number, secret: string): Promise<boolean> {
  let ended = false
  void process.ended.then(() => {
    ended = true
  })
  const look = async (): Promise<'ready' | 'ended' | undefined> => {
    if (ended) return 'ended'
    // Somebody else may listen on the port; ours has ended then, or is about to.
    return (await answersPing(port, secret)) ? 'ready' : undefined
  }
  const deadline = runtime.clock.now() + START_TIMEOUT
  const outcome = await pollUntil(runtime, look, { every: 30, deadline })
  return outcome !== 'timed-out' && outcome.found === 'ready'
}

/** SIGTERM writes everything to the disk. */
async function end(runtime: Runtime, process: Process): Promise<void> {
  process.kill('SIGTERM')
  const ended = new AbortController()
  const late = runtime.clock.sleep(STOP_TIMEOUT, ended.signal).then(
    () => process.kill('SIGKILL'),
    () => {},
  )
  await process.ended
  ended.abort(new Error('ended'))
  await late
}
