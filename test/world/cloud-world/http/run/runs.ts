import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Clock } from '../../../../../src/runtime/runtime.ts'
import type { RunProgram } from './programs.ts'

/** What a task shall run. */
export interface Order {
  readonly program: RunProgram
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Milliseconds. */
  readonly timeout: number
  /** Milliseconds since the epoch; a world may come to it later. @default now */
  readonly began?: number
  readonly write: (stream: 'stdout' | 'stderr', line: string, at?: number) => void
}

export interface End {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** null: a signal ended it. */
  readonly code: number | null
  readonly by: 'itself' | 'cancel' | 'timeout'
}

/** A task that runs. */
export interface Run {
  /** undefined while it runs. */
  end(): End | undefined
  cancel(): void
}

export type Runner = (order: Order) => Run

/** By what its program says, on the world's clock. */
export function virtualRunner(clock: Pick<Clock, 'now'>): Runner {
  return ({ program, timeout, write, began = clock.now() }) => {
    const { says = [], complains = [], exits = 0, lasts = 1000 } = program
    for (const line of says) write('stdout', line, began)
    for (const line of complains) write('stderr', line, began)
    let cancelled: End | undefined
    const end = (): End | undefined => {
      const now = clock.now()
      if (cancelled !== undefined) return cancelled
      if (lasts > timeout && now >= began + timeout) return { at: began + timeout, code: null, by: 'timeout' }
      return now >= began + lasts ? { at: began + lasts, code: exits, by: 'itself' } : undefined
    }
    return {
      end,
      cancel: () => {
        cancelled = end() ?? { at: clock.now(), code: null, by: 'cancel' }
      },
    }
  }
}

/** A container as a process of this machine. */
export interface Container {
  readonly argv: readonly [string, ...string[]]
  readonly env: Readonly<Record<string, string>>
}

const inNode = ({ program, command, env }: Order): Container => ({
  argv: [process.execPath, ...(program.script === undefined ? command : ['-e', program.script])],
  env,
})

/**
 * Real processes: what Cloud Run sends at a cancel, SIGTERM and later SIGKILL, they get; `grace` in milliseconds.
 *
 * @param containerOf Default: node, with what its program says.
 */
export function processRunner(
  grace: number,
  containerOf: (order: Order) => Container = inNode,
): Runner & { close(): Promise<void> } {
  const all = new Set<{ kill(): void; ended: Promise<void> }>()
  const runner: Runner = (order) => {
    const { timeout, write } = order
    const { argv, env } = containerOf(order)
    const [file, ...args] = argv
    const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    let end: End | undefined
    let by: End['by'] = 'itself'
    createInterface(child.stdout).on('line', (line) => write('stdout', line))
    createInterface(child.stderr).on('line', (line) => write('stderr', line))
    const stop = (why: 'cancel' | 'timeout'): void => {
      if (end !== undefined || by !== 'itself') return
      by = why
      child.kill('SIGTERM')
      const hard = setTimeout(() => child.kill('SIGKILL'), grace)
      child.once('close', () => clearTimeout(hard))
    }
    const late = setTimeout(() => stop('timeout'), timeout)
    const ended = new Promise<void>((resolve) => {
      child.once('close', (code) => {
        clearTimeout(late)
        end = { at: Date.now(), code, by }
        resolve()
      })
    })
    all.add({ kill: () => child.kill('SIGKILL'), ended })
    return { end: () => end, cancel: () => stop('cancel') }
  }
  const close = async (): Promise<void> => {
    for (const { kill } of all) kill()
    await Promise.all([...all].map(({ ended }) => ended))
  }
  return Object.assign(runner, { close })
}
