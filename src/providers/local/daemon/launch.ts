import { spawn } from 'node:child_process'
import { mkdir, open, rename, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { externalError, SluiceError } from '../../../domain/error.ts'
import type { System } from '../../../domain/system/system.ts'
import { message } from '../../../runtime/events.ts'
import { isRunning } from '../../../runtime/process-identity.ts'
import type { Argv, Runtime } from '../../../runtime/runtime.ts'
import type { ProviderContext } from '../../provider.ts'
import { closeFolder } from '../closed.ts'
import {
  cloudFolder,
  type DaemonRecord,
  daemonLogPath,
  readRecord,
  shapeOf,
  writeAssignment,
} from './record.ts'
import { fromWire } from './wire.ts'

/** The first start may install PostgreSQL. */
const START_TIMEOUT = 180_000
const STOP_TIMEOUT = 60_000
const POLL = 50
const LOG_LIMIT = 1024 * 1024
const TAIL = 2000

/** The supervisor beside this module: as source, or as a file of its own beside a bundle. */
export function daemonCommand(): Argv {
  const source = import.meta.url.endsWith('.ts')
  const path = fileURLToPath(new URL(source ? './entry.ts' : './local-daemon.js', import.meta.url))
  return [process.execPath, path]
}

export interface Attached {
  readonly url: string
  readonly token: string
  readonly pid: number
  readonly endpoints: DaemonRecord['endpoints']
  /** Whether this call started it. */
  readonly started: boolean
}

/** The supervisor that runs, if one does. */
export async function findDaemon(runtime: Runtime, state: string): Promise<DaemonRecord | undefined> {
  const record = await readRecord(runtime.files, cloudFolder(state))
  if (record === undefined || record.phase === 'failed') return undefined
  return (await isRunning(record, runtime.exec)) ? record : undefined
}

/**
 * Attaches to the supervisor of an environment, or starts one and waits until it is ready. One that was started for other
 * engines or fixed ports is ended first: a new start brings all services back.
 *
 * @param command starts a supervisor; the folder `.sluice/<env>` is added as its last argument.
 * @throws SluiceError what kept it from starting, or external with the end of its log.
 */
export async function ensureDaemon(
  context: ProviderContext,
  command: Argv = daemonCommand(),
): Promise<Attached> {
  const { runtime, system, state } = context
  const running = await findDaemon(runtime, state)
  if (running !== undefined) {
    const ready = running.phase === 'ready' ? running : await waitReady(context, running.pid, undefined)
    if (ready.shape === shapeOf(system)) return attached(ready, false)
    runtime.log.emit(
      message('notice', 'sluice.yml has other resources now: the local cloud is started again'),
    )
    await endDaemon(runtime, state)
  }
  const task = 'local cloud'
  runtime.log.emit({ kind: 'progress', task, state: 'running', text: 'starting the local cloud' })
  let child: Child | undefined
  try {
    child = await launch(context, command)
    const record = await waitReady(context, undefined, child)
    // Another was faster. Ours may not even have seen that yet, and must not take over when that one ends.
    if (record.pid !== child.pid) await child.end()
    runtime.log.emit({
      kind: 'progress',
      task,
      state: 'done',
      text: `the local cloud is up (process ${record.pid})`,
    })
    return attached(record, record.pid === child.pid)
  } catch (error) {
    runtime.log.emit({ kind: 'progress', task, state: 'failed', text: 'the local cloud did not start' })
    throw error
  }
}

/** SIGTERM, and waits for its end; false where none runs. */
export async function endDaemon(runtime: Runtime, state: string): Promise<boolean> {
  const record = await findDaemon(runtime, state)
  if (record === undefined) return false
  try {
    process.kill(record.pid, 'SIGTERM')
  } catch {
    return false // it has just ended
  }
  const end = runtime.clock.now() + STOP_TIMEOUT
  while (await isRunning(record, runtime.exec)) {
    if (runtime.clock.now() > end) {
      throw new SluiceError('timed-out', 'service', {
        what: `the local cloud (process ${record.pid}) did not end within ${STOP_TIMEOUT / 1000} s`,
        remedy: `see ${daemonLogPath(cloudFolder(state))}; kill -9 ${record.pid} loses no data`,
      })
    }
    await runtime.clock.sleep(POLL)
  }
  return true
}

/** What services inherit, and what npm needs to reach its registry for an embedded engine; on Windows, what a process needs. */
const PASSED =
  /^(?:PATH|HOME|LANG|LC_\w+|TZ|TMPDIR|XDG_CACHE_HOME|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|SSL_CERT_DIR|(?:https?|no|all)_proxy|npm_config_(?:registry|cache|userconfig|globalconfig|cafile|proxy|https_proxy|noproxy)|SYSTEMROOT|USERPROFILE|APPDATA|LOCALAPPDATA|PATHEXT|COMSPEC|TEMP|TMP)$/i

/**
 * The supervisor outlives the command that starts it, so it is not given the command's credentials, whatever they are
 * called: beside what it needs itself, only what sluice.yml names as secrets of a service or a worker.
 */
export function supervisorVariables(
  env: Readonly<Record<string, string | undefined>>,
  { services, workers }: Pick<System, 'services' | 'workers'>,
): Record<string, string | undefined> {
  const wanted = new Set(
    Object.values({ ...services, ...workers }).flatMap(({ secrets }) => Object.keys(secrets)),
  )
  return Object.fromEntries(Object.entries(env).filter(([name]) => wanted.has(name) || PASSED.test(name)))
}

interface Child {
  readonly pid: number
  /** Exit code once it has ended. */
  ended(): number | null | undefined
  /** SIGTERM; resolves when it has ended. */
  end(): Promise<void>
  /** What it wrote since it was started. */
  tail(): Promise<string>
}

async function launch(context: ProviderContext, command: Argv): Promise<Child> {
  const { runtime, root, system, state } = context
  const folder = cloudFolder(state)
  await closeFolder(folder)
  await writeAssignment(runtime.files, folder, { root, system })
  const path = daemonLogPath(folder)
  await mkdir(dirname(path), { recursive: true })
  if (((await stat(path).catch(() => undefined))?.size ?? 0) > LOG_LIMIT) await rename(path, `${path}.1`)
  const log = await open(path, 'a', 0o600)
  try {
    const { size: before } = await log.stat()
    const [executable, ...args] = command
    // Not through the port: a supervisor outlives the command that starts it, and writes to a file.
    const child = spawn(executable, [...args, state], {
      cwd: root,
      env: supervisorVariables(runtime.env, system),
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    })
    let exit: number | null | undefined
    const gone = new Promise<void>((resolve) => {
      child.once('exit', (code) => {
        exit = code
        resolve()
      })
    })
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', reject)
    })
    child.unref()
    const end = async (): Promise<void> => {
      child.ref()
      child.kill('SIGTERM')
      await gone
    }
    return { pid: child.pid as number, ended: () => exit, end, tail: () => tailOf(path, before) }
  } finally {
    await log.close()
  }
}

/** Waits for the supervisor of this child, or of whoever was faster. */
async function waitReady(
  context: ProviderContext,
  pid: number | undefined,
  child: Child | undefined,
): Promise<DaemonRecord> {
  const { runtime, state } = context
  const folder = cloudFolder(state)
  const end = runtime.clock.now() + START_TIMEOUT
  const own = child?.pid ?? pid
  for (;;) {
    // Whether it has ended is asked before what it wrote: its last words come before its end.
    const ended = child?.ended() !== undefined
    const record = await readRecord(runtime.files, folder)
    if (record?.phase === 'failed' && record.pid === own && record.error !== undefined)
      throw fromWire(record.error)
    const running =
      record !== undefined && record.phase !== 'failed' && (await isRunning(record, runtime.exec))
    if (running && record.phase === 'ready') return record
    const gone = child === undefined ? !running : ended && !running
    if (gone) throw await notStarted(folder, child)
    if (runtime.clock.now() > end) throw await notStarted(folder, child)
    runtime.signals.cancelled.throwIfAborted()
    await runtime.clock.sleep(POLL)
  }
}

async function notStarted(folder: string, child: Child | undefined): Promise<SluiceError> {
  const tail = (await child?.tail())?.trim()
  return externalError('service', {
    what: `the local cloud did not start${tail ? `; the end of its log: ${tail}` : ''}`,
    remedy: `see ${daemonLogPath(folder)}`,
  })
}

function attached(record: DaemonRecord, started: boolean): Attached {
  if (record.control === null) throw externalError('service', { what: 'the local cloud is not ready' })
  return { ...record.control, pid: record.pid, endpoints: record.endpoints, started }
}

async function tailOf(path: string, from: number): Promise<string> {
  const handle = await open(path)
  try {
    const { size } = await handle.stat()
    const start = Math.max(from, size - TAIL)
    const bytes = Buffer.alloc(size - start)
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, start)
    return bytes.toString('utf8', 0, bytesRead)
  } finally {
    await handle.close()
  }
}
