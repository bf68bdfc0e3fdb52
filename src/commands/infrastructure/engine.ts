import type { Readable } from 'node:stream'
import { usageError } from '../../domain/error.ts'
import type { StackPlan } from '../../domain/plan.ts'
import { message } from '../../runtime/events.ts'
import type { Argv, Runtime } from '../../runtime/runtime.ts'
import { engineArgv } from '../../tools/engine/argv.ts'
import { engineEnvironment } from '../../tools/engine/environment.ts'
import { type EngineEnd, engineFailure } from '../../tools/engine/failure.ts'
import { type EngineMessage, engineMessage } from '../../tools/engine/messages.ts'
import { sluiceOutput } from '../../tools/engine/outputs.ts'
import { ENGINE_NAMES, type Engine, engineFrom, INSTALL } from '../../tools/engine/version.ts'
import { LineSplitter } from '../../tools/log-relay/lines.ts'
import type { StackFolder } from './stack-folders.ts'

/** After a cancel, an apply may take this long to end what it has begun and to write its state. */
const KILL_AFTER = 5 * 60_000
const TAIL = 2000
/** Characters; one message carries a whole diagnostic. */
const LONGEST_MESSAGE = 16 * 1024 * 1024

/** The engine at work, one stack at a time, each in a process group of its own. */
export interface EngineRun {
  readonly engine: Engine
  /** Fetches providers and opens the state. */
  init(stack: StackFolder): Promise<void>
  /** Leaves the saved plan in `file` and returns what it does. */
  plan(stack: StackFolder, file: string): Promise<StackPlan>
  apply(stack: StackFolder, file: string): Promise<void>
  /** Value of the Terraform output `sluice`. */
  output(stack: StackFolder): Promise<unknown>
}

/**
 * The first of `tofu` and `terraform` on PATH.
 *
 * @param plugins folder for downloaded providers.
 * @throws SluiceError usage, where there is none or it is too old.
 */
export async function openEngine(runtime: Runtime, plugins: string): Promise<EngineRun> {
  const env = await environmentOf(runtime, plugins)
  const engine = await findEngine(runtime, env)
  const { program } = engine
  // The engine wants the folder to be there.
  await runtime.files.write(`${plugins}/.keep`, '')
  const start = (stack: StackFolder, argv: Argv) =>
    runtime.exec.start(argv, {
      cwd: stack.folder,
      env,
      signal: runtime.signals.cancelled,
      killAfter: KILL_AFTER,
    })
  const follow = async (work: string, stack: StackFolder, argv: Argv): Promise<void> => {
    const child = await start(stack, argv)
    const [heard, stderr, ended] = await Promise.all([
      listen(child.stdout, (heard) => report(runtime, stack.name, heard)),
      textOf(child.stderr),
      child.ended,
    ])
    const end: EngineEnd = { ...ended, ...heard, tail: `${heard.tail}${stderr}`.trim().slice(-TAIL) }
    if (end.code !== 0) throw engineFailure(`${work} of stack ${stack.name}`, end)
  }
  return {
    engine,
    init: (stack) => follow('initialisation', stack, engineArgv.init(program)),
    plan: async (stack, file) => {
      await follow('plan', stack, engineArgv.plan(program, file))
      const { readPlan } = await import('../../plan/read.ts')
      const child = await start(stack, engineArgv.show(program, file))
      const [plan, stderr, ended] = await Promise.all([
        settled(readPlan(child.stdout, { stack: stack.name, source: `the plan of stack ${stack.name}` })),
        textOf(child.stderr),
        child.ended,
      ])
      if (ended.code !== 0) {
        const end: EngineEnd = { ...ended, diagnostics: [], tail: stderr.trim().slice(-TAIL) }
        throw engineFailure(`reading of the plan of stack ${stack.name}`, end)
      }
      if ('error' in plan) throw plan.error
      return plan.value
    },
    apply: (stack, file) => follow('apply', stack, engineArgv.apply(program, file)),
    output: async (stack) => {
      const child = await start(stack, engineArgv.output(program))
      const [printed, stderr, ended] = await Promise.all([
        textOf(child.stdout),
        textOf(child.stderr),
        child.ended,
      ])
      const end: EngineEnd = { ...ended, diagnostics: [], tail: stderr.trim().slice(-TAIL) }
      if (end.code !== 0) throw engineFailure(`reading of the outputs of stack ${stack.name}`, end)
      return sluiceOutput(printed)
    },
  }
}

/** A configuration file that is named and not there makes the engine print a warning into its JSON. */
async function environmentOf({ env, files }: Runtime, plugins: string): Promise<Record<string, string>> {
  const { TF_CLI_CONFIG_FILE: named, ...rest } = engineEnvironment(env, plugins)
  const there = named !== undefined && (await files.stat(named)) !== undefined
  return there ? { ...rest, TF_CLI_CONFIG_FILE: named } : rest
}

async function findEngine({ exec }: Runtime, env: Record<string, string>): Promise<Engine> {
  for (const name of ENGINE_NAMES) {
    const program = await exec.find(name)
    if (program === undefined) continue
    const { stdout } = await exec.run(engineArgv.version(program), { env, timeout: 60_000 })
    return engineFrom(name, program, stdout)
  }
  throw usageError({
    what: `neither ${ENGINE_NAMES.join(' nor ')} is on PATH`,
    rule: 'plan and apply run the stacks with one of them',
    remedy: INSTALL,
  })
}

type Diagnostic = EngineEnd['diagnostics'][number]

/** Reads messages line by line; what is none is kept for the case that the engine fails. */
async function listen(
  stdout: Readable,
  heard: (message: EngineMessage) => void,
): Promise<{ readonly diagnostics: readonly Diagnostic[]; readonly tail: string }> {
  const diagnostics: Diagnostic[] = []
  let tail = ''
  const splitter = new LineSplitter(LONGEST_MESSAGE)
  const take = (line: string): void => {
    const message = engineMessage(line)
    heard(message)
    if (message.kind === 'diagnostic') diagnostics.push(message)
    if (!line.startsWith('{')) tail = `${tail}${line}\n`.slice(-TAIL)
  }
  for await (const chunk of stdout as AsyncIterable<Buffer>) splitter.push(chunk).forEach(take)
  splitter.end().forEach(take)
  return { diagnostics, tail }
}

function report({ log }: Runtime, stack: string, heard: EngineMessage): void {
  switch (heard.kind) {
    case 'resource':
      log.emit({
        kind: 'progress',
        task: `${stack}: ${heard.address}`,
        state: heard.state,
        text: heard.action,
      })
      return
    case 'diagnostic':
      // Errors are thrown with what they caused.
      if (heard.severity === 'warning') log.emit(message('warning', `${stack}: ${heard.summary}`))
      return
    case 'other':
      return
    default:
      heard satisfies never
  }
}

async function textOf(stream: Readable): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

/** A plan that cannot be read is explained by the engine's own words, where it has some. */
async function settled<T>(work: Promise<T>): Promise<{ readonly value: T } | { readonly error: unknown }> {
  try {
    return { value: await work }
  } catch (error) {
    return { error }
  }
}
