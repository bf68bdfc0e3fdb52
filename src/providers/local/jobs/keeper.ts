/**
 * The process that keeps one job: it starts it, writes its log, holds its time-out and leaves its result. It is a program
 * of its own, started detached, so that a job has all of this even when the command that started it was killed.
 *
 * It reads an Order from standard input, says `ready` on standard output once the job is its own, and ends when the job and
 * everything in its process group have ended. SIGTERM stops the job. Only small modules here: each job pays for their loading.
 */
import { spawn } from 'node:child_process'
import { closeSync, openSync, writeSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import { formatDuration } from '../../../domain/quantity.ts'
import { nodeExec, signalGroup } from '../../../runtime/node/exec.ts'
import { identify } from '../../../runtime/process-identity.ts'
import { Redactor } from '../../../runtime/redact.ts'
import { StreamRedactor } from '../../../runtime/redact-stream.ts'
import { frameHeader, type Stream } from '../../../tools/log-relay/frames.ts'
import { ENDING_FILE, type Ending, JOB_FILE, KEEPER_FILE, LOG_FILE, type Order } from './order.ts'

/** The longest time-out of Node: 24 days. A longer one would be over at once. */
const LONGEST = 2 ** 31 - 1
/** How long what the job's own children left in its pipes may take to arrive after it has ended. */
const DRAIN = 500
/** How often an engine is told to remove a container. */
const REMOVALS = 5

async function main(): Promise<void> {
  const given = await text(process.stdin)
  // It was started for a job that did not come.
  if (given === '') return
  const order = JSON.parse(given) as Order
  const file = (name: string): string => join(order.folder, name)
  const exec = nodeExec({ PATH: process.env['PATH'] }, order.folder)
  // Created only if absent: of two keepers for one job, the second one ends here.
  await writeFile(file(KEEPER_FILE), JSON.stringify(await identify(process.pid, exec)), { flag: 'wx' })
  process.stdout.write('ready\n')

  let why: 'timed-out' | 'stopped' | undefined
  let end: (reason: 'timed-out' | 'stopped') => void = (reason) => {
    why ??= reason
  }
  process.on('SIGTERM', () => end('stopped'))
  process.on('SIGINT', () => {}) // the terminal's Ctrl-C is the command's to answer

  const log = openLog(file(LOG_FILE), order.secrets)
  const startedAt = Date.now()
  const [command = '', ...args] = order.argv
  const child = spawn(command, args, {
    cwd: order.cwd,
    env: order.env,
    shell: false,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout.on('data', (chunk: Buffer) => log.write('stdout', chunk))
  child.stderr.on('data', (chunk: Buffer) => log.write('stderr', chunk))
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const exited = new Promise<Exit>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => resolve({ kind: 'not-started', error }))
    child.once('exit', (code, signal) => resolve({ kind: 'exited', code, signal }))
  })
  const pid = child.pid
  if (pid !== undefined) {
    end = (reason) => {
      if (why !== undefined) return
      why = reason
      signalGroup(pid, 'SIGTERM')
      setTimeout(() => signalGroup(pid, 'SIGKILL'), order.grace).unref()
    }
    if (why !== undefined) signalGroup(pid, 'SIGKILL')
    await writeFile(file(JOB_FILE), JSON.stringify(await identify(pid, exec)))
  }
  const forget = after(order.timeout, () => end('timed-out'))

  const exit = await exited
  forget()
  if (pid !== undefined) {
    signalGroup(pid, 'SIGKILL') // nothing that the job started outlives it
    await Promise.race([closed, wait(DRAIN, undefined, { ref: false })])
  }
  log.close()
  const left = order.remove === undefined ? undefined : await remove(order.remove, order, exec)
  const ended = endingOf(exit, why, order, startedAt)
  const ending =
    left === undefined ? ended : { ...ended, reason: `${ended.reason ?? 'it has ended'}; ${left}` }
  await writeFile(`${file(ENDING_FILE)}.tmp`, JSON.stringify(ending))
  await rename(`${file(ENDING_FILE)}.tmp`, file(ENDING_FILE))
  process.exit(0)
}

/** What may still be there, in words. A container is the engine's child, so killing the client does not end it. */
async function remove(
  argv: NonNullable<Order['remove']>,
  { env, folder }: Order,
  exec: ReturnType<typeof nodeExec>,
): Promise<string | undefined> {
  let said = ''
  for (let attempt = 0; attempt < REMOVALS; attempt++) {
    if (attempt > 0) await wait(1_000)
    const { code, stderr } = await exec.run(argv, { env, cwd: folder, timeout: 30_000 })
    if (code === 0 || /no such container/i.test(stderr)) return undefined
    said = stderr.trim()
  }
  return `container ${argv.at(-1)} may still run: ${said}`
}

type Exit =
  | { readonly kind: 'exited'; readonly code: number | null; readonly signal: string | null }
  | { readonly kind: 'not-started'; readonly error: NodeJS.ErrnoException }

function endingOf(
  exit: Exit,
  why: 'timed-out' | 'stopped' | undefined,
  order: Order,
  startedAt: number,
): Ending {
  const times = { startedAt, endedAt: Date.now() }
  if (exit.kind === 'not-started') {
    const what =
      exit.error.code === 'ENOENT' ? 'was not found' : `could not be started: ${exit.error.message}`
    return { state: 'failed', exitCode: 127, reason: `${order.argv[0]} ${what}`, ...times }
  }
  const exitCode = exit.code
  if (why === 'timed-out')
    return { state: why, exitCode, reason: `did not end within ${formatDuration(order.timeout)}`, ...times }
  if (why === 'stopped') return { state: why, exitCode, reason: 'it was stopped', ...times }
  if (exitCode === 0) return { state: 'succeeded', exitCode, reason: null, ...times }
  const reason = exitCode === null ? `ended by ${exit.signal}` : `exit code ${exitCode}`
  return { state: 'failed', exitCode, reason, ...times }
}

/**
 * Written at once, piece by piece: while the disk is slow the job waits, and no output gathers in memory. What the job
 * was given as a secret never reaches the disk.
 */
function openLog(
  path: string,
  secrets: readonly string[],
): { write(stream: Stream, chunk: Buffer): void; close(): void } {
  const fd = openSync(path, 'a', 0o600)
  let broken = false
  const redactor = new Redactor()
  for (const secret of secrets) redactor.register(secret)
  const redactors: Record<Stream, StreamRedactor> = {
    stdout: new StreamRedactor(redactor.forms),
    stderr: new StreamRedactor(redactor.forms),
  }
  const append = (stream: Stream, bytes: Uint8Array): void => {
    if (broken || bytes.length === 0) return
    const frame = Buffer.concat([Buffer.from(frameHeader(Date.now(), stream, bytes.length)), bytes])
    try {
      for (let at = 0; at < frame.length; ) at += writeSync(fd, frame, at)
    } catch {
      broken = true // a full disk costs the log, not hours of training
    }
  }
  return {
    write: (stream, chunk) => append(stream, redactors[stream].push(chunk)),
    close: () => {
      for (const stream of ['stdout', 'stderr'] as const) append(stream, redactors[stream].end())
      closeSync(fd)
    },
  }
}

/** Does it after so many milliseconds, however many; returns what forgets it. */
function after(milliseconds: number, act: () => void): () => void {
  let timer: NodeJS.Timeout
  const arm = (left: number): void => {
    timer = setTimeout(() => (left > LONGEST ? arm(left - LONGEST) : act()), Math.min(left, LONGEST))
  }
  arm(milliseconds)
  return () => clearTimeout(timer)
}

await main()
