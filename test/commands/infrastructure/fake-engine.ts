import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type EngineRun, openEngine } from '../../../src/commands/infrastructure/engine.ts'
import type { StackFolder } from '../../../src/commands/infrastructure/stack-folders.ts'
import type { Event } from '../../../src/runtime/events.ts'
import { nodeRuntime } from '../../../src/runtime/node/index.ts'

/** What the fake engine does when it is asked for a command. */
export interface Act {
  readonly stdout?: string
  readonly stderr?: string
  readonly code?: number
  /** Ends itself by this signal. */
  readonly signal?: 'SIGKILL' | 'SIGSEGV'
  /** Leaves a plan file. */
  readonly leaves?: boolean
  /** A file of JavaScript that runs in its place. */
  readonly script?: string
}

export interface FakeEngine extends AsyncDisposable {
  readonly folder: string
  readonly stack: StackFolder
  /** Path of a plan file. */
  readonly file: string
  readonly events: readonly Event[]
  open(cancelled?: AbortSignal): Promise<EngineRun>
}

/** A program called tofu that is none: a process of its own, with the exit codes and the outputs of a scenario. */
export async function fakeEngine(acts: Readonly<Record<string, Act>>): Promise<FakeEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-fake-engine-'))
  const program = join(folder, 'bin/tofu')
  await mkdir(join(folder, 'bin'))
  await mkdir(join(folder, 'stack'))
  await writeFile(join(folder, 'acts.json'), JSON.stringify(acts))
  await writeFile(program, PROGRAM)
  await chmod(program, 0o755)
  const events: Event[] = []
  const env = { PATH: `${join(folder, 'bin')}:${dirname(process.execPath)}`, HOME: folder }
  return {
    folder,
    stack: { name: 'data', folder: join(folder, 'stack'), dependsOn: [] },
    file: join(folder, 'stack/data.tfplan'),
    events,
    open: (cancelled = new AbortController().signal) =>
      openEngine(
        nodeRuntime({ emit: (event) => void events.push(event) }, { cancelled }, folder, env),
        join(folder, 'plugins'),
      ),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

const PROGRAM = `#!/usr/bin/env node
const { readFileSync, writeFileSync, writeSync } = require('node:fs')
const { join } = require('node:path')
const acts = JSON.parse(readFileSync(join(__dirname, '../acts.json'), 'utf8'))
const command = process.argv[2] === 'state' ? process.argv[3] : process.argv[2]
const known = { version: { stdout: '{"terraform_version":"1.12.6"}' }, ...acts }
const act = known[command] ?? {}
if (act.leaves) writeFileSync(process.argv.find((part) => part.startsWith('-out=')).slice(5), 'a plan')
if (act.script) require(act.script)
else {
  if (act.stdout) writeSync(1, act.stdout)
  if (act.stderr) writeSync(2, act.stderr)
  if (act.signal) process.kill(process.pid, act.signal)
  process.exitCode = act.code ?? 0
}
`
