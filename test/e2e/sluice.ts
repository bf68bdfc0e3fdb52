import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  /** What `--json` printed. */
  readonly json: Record<string, unknown>
}

/** The command line as a user runs it, on an example, with a state of its own. */
export interface CommandLine {
  readonly state: string
  run(...words: string[]): Promise<Ended>
  /** Stops everything and removes the state. */
  close(): Promise<void>
}

/** @param file sluice.yml, relative to the repository or absolute. */
export async function commandLine(file: string): Promise<CommandLine> {
  const state = await mkdtemp(join(tmpdir(), 'sluice-e2e-'))
  const path = [join(ROOT, 'node_modules/.bin'), process.env['PATH'] ?? ''].join(delimiter)
  const run = (...words: string[]): Promise<Ended> => {
    const common = ['--env', 'local', '--file', join(ROOT, file), '--state', state, '--json']
    const child = spawn(process.execPath, [join(ROOT, 'src/cli/main.ts'), ...words, ...common], {
      cwd: ROOT,
      env: { ...process.env, PATH: path, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString('utf8')
    })
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString('utf8')
    })
    return new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code) => {
        const json = stdout.trim().startsWith('{') ? (JSON.parse(stdout) as Record<string, unknown>) : {}
        resolve({ code: code ?? -1, stdout, stderr, json })
      })
    })
  }
  return {
    state,
    run,
    close: async () => {
      await run('down')
      await rm(state, { recursive: true, force: true })
    },
  }
}
