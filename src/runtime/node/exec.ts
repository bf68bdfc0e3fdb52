import type { ChildProcess } from 'node:child_process'
import { delimiter, isAbsolute, join } from 'node:path'
import type { Readable } from 'node:stream'
import { usageError } from '../../domain/error.ts'
import type { Argv, Exec, ExecOptions, ExecResult, Process } from '../runtime.ts'
import { builtin } from './builtin.ts'
import { quickFs } from './quick-fs.ts'

/** Beyond this a stream's output is dropped and `truncated` says so. */
const OUTPUT_LIMIT = 64 * 1024 * 1024
const KILL_AFTER = 10_000

export function nodeExec(inherited: Readonly<Record<string, string | undefined>>, home: string): Exec {
  const find = async (command: string): Promise<string | undefined> => {
    const folders = isAbsolute(command)
      ? ['']
      : (inherited['PATH'] ?? '').split(delimiter).filter((f) => f !== '')
    for (const folder of folders) {
      const path = folder === '' ? command : join(folder, command)
      if (await isExecutable(path)) return path
    }
    return undefined
  }

  const start = async (argv: Argv, options: ExecOptions = {}): Promise<Process> => {
    const [command, ...args] = argv
    const nul = argv.find((part) => part.includes('\0'))
    if (nul !== undefined) {
      throw usageError({
        what: `an argument of ${command} holds a NUL byte`,
        rule: 'arguments are text without NUL',
      })
    }
    // detached: the child leads its own process group, so that a signal reaches all that it started.
    const child = builtin.childProcess.spawn(command, args, {
      cwd: options.cwd ?? home,
      env: options.env ?? inherited,
      shell: false,
      detached: true,
      ...options.account,
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    })
    const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
      child.once('close', (code, signal) => resolve({ code, signal }))
    })
    await spawned(child, command)
    child.stdin?.on('error', () => {}) // the process may end without reading; its exit code tells
    child.stdin?.end(options.input)
    const pid = child.pid as number
    const kill = (signal: NodeJS.Signals): void => signalGroup(pid, signal)
    const clear = endOn(options, kill)
    void ended.then(clear)
    return { pid, stdout: child.stdout as Readable, stderr: child.stderr as Readable, ended, kill }
  }

  const run = async (argv: Argv, options?: ExecOptions): Promise<ExecResult> => {
    const child = await start(argv, options)
    foreground.add(child.pid)
    void child.ended.then(() => foreground.delete(child.pid))
    const [stdout, stderr, { code, signal }] = await Promise.all([
      collect(child.stdout),
      collect(child.stderr),
      child.ended,
    ])
    return {
      code,
      signal,
      stdout: stdout.text,
      stderr: stderr.text,
      truncated: stdout.truncated || stderr.truncated,
    }
  }

  return { find, start, run }
}

function spawned(child: ChildProcess, command: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', (cause: NodeJS.ErrnoException) => {
      const missing = cause.code === 'ENOENT'
      reject(
        usageError(
          {
            what: missing ? `${command} was not found` : `${command} could not be started: ${cause.message}`,
            remedy: missing
              ? `install ${command}, or put its folder on PATH`
              : 'see that the file is executable',
          },
          cause,
        ),
      )
    })
  })
}

/** Ends the group on cancel or time-out: SIGTERM, then SIGKILL. Returns what takes the watch down. */
function endOn(options: ExecOptions, kill: (signal: NodeJS.Signals) => void): () => void {
  let last: NodeJS.Timeout | undefined
  const end = (): void => {
    kill('SIGTERM')
    last ??= setTimeout(() => kill('SIGKILL'), options.killAfter ?? KILL_AFTER)
  }
  const limit = options.timeout === undefined ? undefined : setTimeout(end, options.timeout)
  if (options.signal?.aborted) end()
  else options.signal?.addEventListener('abort', end, { once: true })
  return () => {
    clearTimeout(limit)
    clearTimeout(last)
    options.signal?.removeEventListener('abort', end)
  }
}

/** Process groups that a caller waits for. Those made by `start` have an owner of their own. */
const foreground = new Set<number>()

/** For a forced end: kills what `run` is still waiting for, since nobody will. */
export function endForeground(): void {
  for (const pid of foreground) signalGroup(pid, 'SIGKILL')
}

/** A group that is already gone is what was asked for. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function collect(stream: Readable): Promise<{ text: string; truncated: boolean }> {
  const chunks: Buffer[] = []
  let size = 0
  let truncated = false
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (size + chunk.length > OUTPUT_LIMIT) truncated = true
    else {
      chunks.push(chunk)
      size += chunk.length
    }
  }
  return { text: Buffer.concat(chunks).toString('utf8'), truncated }
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await quickFs.promises.access(path, quickFs.constants.X_OK)
    return (await quickFs.promises.stat(path)).isFile()
  } catch {
    return false
  }
}
