import { spawn } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve as resolvePath } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  /** What `--json` printed. */
  readonly json: Record<string, unknown>
}

/** The command line as a user runs it. */
export interface CommandLine {
  /** Folder of the system. */
  readonly folder: string
  run(...words: string[]): Promise<Ended>
  /** As `run`, for a test that interrupts it. */
  start(...words: string[]): Running
  /** Stops everything and removes the copy. */
  close(): Promise<void>
}

export interface Running {
  readonly pid: number
  readonly ended: Promise<Ended>
  /** Resolves when this has been written to stderr; rejects if the command ends without it. */
  says(text: string): Promise<void>
  kill(signal: NodeJS.Signals): void
}

/**
 * On a copy of an example, or of another folder, whose services take any free port, since other tests run it too.
 */
export async function commandLine(example: string): Promise<CommandLine> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-e2e-'))
  const file = join(folder, 'sluice.yml')
  const wanted = (path: string): boolean => !/\/(node_modules|\.sluice)(\/|$)/.test(path)
  await cp(resolvePath(ROOT, 'examples', example), folder, { recursive: true, filter: wanted })
  await writeFile(file, (await readFile(file, 'utf8')).replace(/^\s+local: \{ port: \d+ \}\n/gm, ''))
  const path = [join(ROOT, 'node_modules/.bin'), process.env['PATH'] ?? ''].join(delimiter)
  const running = new Set<Running>()
  const start = (...words: string[]): Running => {
    const otherwise = (option: string, value: string): string[] =>
      words.includes(option) ? [] : [option, value]
    const common = [...otherwise('--env', 'local'), ...otherwise('--file', file), '--json']
    const child = spawn(process.execPath, [join(ROOT, 'src/cli/main.ts'), ...words, ...common], {
      cwd: folder,
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
    const ended = new Promise<Ended>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code) => {
        const json = stdout.trim().startsWith('{') ? (JSON.parse(stdout) as Record<string, unknown>) : {}
        resolve({ code: code ?? -1, stdout, stderr, json })
      })
    })
    const says = (text: string): Promise<void> =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (stderr.includes(text)) resolve()
        }
        look()
        child.stderr.on('data', look)
        child.once('close', () => reject(new Error(`it ended without saying "${text}":\n${stderr}`)))
      })
    const command: Running = {
      pid: child.pid ?? -1,
      ended,
      says,
      kill: (signal) => void child.kill(signal),
    }
    running.add(command)
    void ended.finally(() => running.delete(command)).catch(() => {})
    return command
  }
  const run = (...words: string[]): Promise<Ended> => start(...words).ended
  return {
    folder,
    run,
    start,
    close: async () => {
      // A test that failed may have left one, which would start the cloud again.
      for (const command of running) command.kill('SIGKILL')
      await Promise.allSettled([...running].map(({ ended }) => ended))
      await run('operate', 'destroy', '--confirm', 'local')
      await rm(folder, { recursive: true, force: true })
    },
  }
}
