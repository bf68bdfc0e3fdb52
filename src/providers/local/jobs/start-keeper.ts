import { spawn } from 'node:child_process'
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

/** Resolves when the keeper has taken the job; from then on it needs nobody. */
export async function startKeeper(keeper: Argv, order: Order): Promise<void> {
  const [command, ...args] = keeper
  const child = spawn(command, args, {
    cwd: order.folder,
    env: { PATH: process.env['PATH'] },
    shell: false,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString('utf8')).slice(-2000)
  })
  child.stdin.on('error', () => {}) // it ended before it had read all; its complaint tells
  child.stdin.end(JSON.stringify(order))
  const ready = await new Promise<boolean>((resolve) => {
    child.once('error', (error) => {
      complaint = error.message
      resolve(false)
    })
    child.stdout.once('data', () => resolve(true))
    child.stdout.once('end', () => resolve(false))
  })
  child.stdout.destroy()
  child.stderr.destroy()
  child.unref()
  if (!ready) throw bug(`the keeper of ${order.folder} did not start: ${complaint.trim() || 'no message'}`)
}
