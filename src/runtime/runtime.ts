/**
 * The port to the machine. Everything that a command does to the world passes through here, so a test can hand in
 * another world: fake time, recorded processes, files in memory, a network that fails.
 */
import type { Readable } from 'node:stream'
import type { Event } from './events.ts'

export interface Runtime {
  readonly exec: Exec
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly random: Random
  readonly files: Files
  readonly http: Http
  readonly log: Log
  readonly signals: Signals
  /** Absolute path that relative paths of the user's refer to. */
  readonly cwd: string
}

/** Time, in milliseconds since the epoch, and waiting. */
export interface Clock {
  now(): number
  /** Resolves after `ms`; rejects with the signal's reason when it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export interface Random {
  bytes(count: number): Uint8Array
}

/** An argument vector. There is no form that takes a shell string. */
export type Argv = readonly [command: string, ...args: string[]]

export interface ExecOptions {
  readonly cwd?: string
  /** The whole environment of the process; nothing is inherited that is not named here. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Text for standard input; without it standard input is empty. */
  readonly input?: string | Uint8Array
  readonly signal?: AbortSignal
  /** After SIGTERM the process group has this long before SIGKILL; default 10 s. */
  readonly killAfter?: number
  readonly timeout?: number
  /** The account to run as; only root may give one. */
  readonly account?: { readonly uid: number; readonly gid: number }
}

export interface ExecResult {
  /** Exit code; null where a signal ended it. */
  readonly code: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
  /** True where output beyond the limit (64 MiB a stream) was dropped. */
  readonly truncated: boolean
}

/** A running process, the leader of its own process group. */
export interface Process {
  readonly pid: number
  readonly stdout: Readable
  readonly stderr: Readable
  /** Settles when the process and its output have ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>
  /** Signals the whole process group. */
  kill(signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): void
}

export interface Exec {
  /** Runs to the end and returns the output; a non-zero exit is a result, a missing command an error. */
  run(argv: Argv, options?: ExecOptions): Promise<ExecResult>
  start(argv: Argv, options?: ExecOptions): Promise<Process>
  /** Absolute path of a command on PATH. */
  find(command: string): Promise<string | undefined>
}

export interface FileStat {
  readonly kind: 'file' | 'directory' | 'symlink' | 'other'
  readonly size: number
  readonly mode: number
  readonly modified: number
}

/** Files, by absolute path. */
export interface Files {
  /** undefined where there is no such file; an error for a directory or without permission. */
  read(path: string): Promise<Uint8Array | undefined>
  /**
   * Bytes of a file in order, never whole in memory; a chunk is good until the next one is asked for. Optional: without
   * it, large files are read whole.
   */
  stream?(path: string): AsyncIterable<Uint8Array>
  /**
   * All or nothing: written beside, flushed, renamed. With `exclusive` it fails with code EEXIST where the file is
   * there. Folders are made as needed. `derived`: can be made again from what it was made of, so that nobody waits for the
   * disk.
   */
  write(
    path: string,
    content: string | Uint8Array,
    options?: { mode?: number; exclusive?: boolean; derived?: boolean },
  ): Promise<void>
  /** Adds to the end of a file, on the disk before it returns. Optional: without it, files are written whole. */
  append?(path: string, text: string): Promise<void>
  /** Not followed through a symbolic link; undefined where there is nothing. */
  stat(path: string): Promise<FileStat | undefined>
  /** Names in a folder, sorted; empty where there is no such folder. */
  list(path: string): Promise<readonly string[]>
  /** Removes a file or a whole folder; nothing to remove is fine. */
  remove(path: string): Promise<void>
}

export interface HttpRequest {
  readonly method?: string
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | Readable
  /** Milliseconds for the whole exchange, the body included. Required: nothing waits for ever. */
  readonly timeout: number
  readonly signal?: AbortSignal
}

export interface HttpResponse {
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  bytes(limit?: number): Promise<Uint8Array>
  text(limit?: number): Promise<string>
  readonly body: Readable
}

/** One exchange, without redirects and without retries: those are decisions of the caller. */
export interface Http {
  request(request: HttpRequest): Promise<HttpResponse>
}

/** Where typed events go; the doors turn them into lines, a live display or workflow commands. */
export interface Log {
  emit(event: Event): void
}

export interface Signals {
  /** Aborted when the user or the runner cancels (SIGINT, SIGTERM). */
  readonly cancelled: AbortSignal
}
