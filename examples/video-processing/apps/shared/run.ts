import { spawn } from 'node:child_process'

export interface Ended {
  /** null where a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  /** The last 4,000 characters. */
  readonly stderr: string
}

const LARGEST = 1_000_000
const LAST = 4000

/** Runs a program with an argument vector. @param timeout milliseconds, after which it is killed */
export function run(
  [command, ...args]: readonly [string, ...string[]],
  { timeout, signal }: { readonly timeout: number; readonly signal?: AbortSignal },
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout,
      killSignal: 'SIGKILL',
      ...(signal && { signal }),
    })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => {
      if (stdout.length < LARGEST) stdout += chunk.toString('utf8')
    })
    child.stderr.on('data', (chunk: Buffer) => {
      stderr = (stderr + chunk.toString('utf8')).slice(-LAST)
    })
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stdout, stderr }))
  })
}
