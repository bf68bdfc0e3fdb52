import { spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bug } from '../../../domain/error.ts'
import type { Argv } from '../../../runtime/runtime.ts'
import type { Order } from './order.ts'

/** The keeper beside this module: as source, or as a file of its own beside a bundle. */
export function keeperCommand(): Argv {
  const source = import.meta.url.endsWith('.ts')
  const path = fileURLToPath(new URL(source ? './keeper.ts' : './job-keeper.js', import.meta.url))
  return [process.execPath, path]
}

/** Milliseconds that a keeper waits for an order that nobody has yet. */
const IDLE = 5_000

/**
 * Starts keepers. While one job begins, the keeper of the next is started already and waits for its order, so that a pipeline of
 * short steps does not wait for Node at each of them. It ends by itself with whoever started it, or when nothing comes.
 */
export class Keepers {
  readonly #keeper: Argv
  #next: Keeper | undefined

  constructor(keeper: Argv) {
    this.#keeper = keeper
  }

  /** Resolves when the keeper has taken the job; from then on it needs nobody. */
  async start(order: Order): Promise<void> {
    const waiting = this.#next
    this.#next = undefined
    // One that has ended meanwhile has done nothing, so another may.
    if (waiting?.isThere() !== true || !(await waiting.take(order)).taken) {
      const { taken, complaint } = await startOne(this.#keeper, order.folder).take(order)
      if (!taken) {
        throw bug(`the keeper of ${order.folder} did not start: ${complaint.trim() || 'no message'}`)
      }
    }
    this.#next = startOne(this.#keeper, dirname(order.folder))
  }
}

interface Keeper {
  isThere(): boolean
  take(order: Order): Promise<{ readonly taken: boolean; readonly complaint: string }>
}

function startOne([command, ...args]: Argv, cwd: string): Keeper {
  const child = spawn(command, args, {
    cwd,
    env: { PATH: process.env['PATH'] },
    shell: false,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let complaint = ''
  let there = true
  const gone = new Promise<false>((resolve) => {
    const end = (): void => {
      there = false
      resolve(false)
    }
    child.once('error', (error) => {
      complaint = error.message
      end()
    })
    child.stdout.once('end', end)
  })
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString('utf8')).slice(-2000)
  })
  child.stdin.on('error', () => {}) // it ended before it had read all; its complaint tells
  const pipes = [child.stdin, child.stdout, child.stderr] as unknown as readonly Socket[]
  // Nobody stays for a keeper that waits; one that takes an order is waited for.
  const hold = (stay: boolean): void => {
    for (const pipe of pipes) stay ? pipe.ref() : pipe.unref()
  }
  hold(false)
  child.unref()
  const idle = setTimeout(() => {
    there = false
    child.stdin.end()
  }, IDLE).unref()
  return {
    isThere: () => there,
    take: async (order) => {
      clearTimeout(idle)
      hold(true)
      child.stdin.end(JSON.stringify(order))
      const taken = await Promise.race([
        gone,
        new Promise<true>((resolve) => child.stdout.once('data', () => resolve(true))),
      ])
      child.stdout.destroy()
      child.stderr.destroy()
      return { taken, complaint }
    },
  }
}
