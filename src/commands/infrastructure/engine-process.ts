import type { Readable } from 'node:stream'
import { type SluiceError, usageError } from '../../domain/error.ts'
import type { Secret } from '../../domain/secret.ts'
import { message } from '../../runtime/events.ts'
import { jittered } from '../../runtime/poll.ts'
import type { Argv, Process, Runtime } from '../../runtime/runtime.ts'
import { engineArgv } from '../../tools/engine/argv.ts'
import { handlesPlans } from '../../tools/engine/encryption.ts'
import { engineEnvironment } from '../../tools/engine/environment.ts'
import { type EngineEnd, engineFailure } from '../../tools/engine/failure.ts'
import { type EngineMessage, engineMessage } from '../../tools/engine/messages.ts'
import { ENGINE_NAMES, type Engine, engineFrom, INSTALL } from '../../tools/engine/version.ts'
import { LineSplitter } from '../../tools/log-relay/lines.ts'
import type { StackFolder } from './stack-folders.ts'

/** After a cancel, an apply may take this long to end what it has begun and to write its state. */
const KILL_AFTER = 5 * 60_000
/** Milliseconds that a lock of somebody else is waited for; varied, so that many waiters do not march in step. */
const LOCK_WAIT = 30_000
const TAIL = 2000
/** Characters; one message carries a whole diagnostic. */
const LONGEST_MESSAGE = 16 * 1024 * 1024

/** What is heard of an engine at work, while it works. */
export interface Listener {
  message?(message: EngineMessage): void
  line?(line: string): void
  started?(pid: number): void
}

/** The engine as a program: one command at a time, each in a process group of its own. */
export interface EngineProcess {
  readonly engine: Engine
  /** Seconds to wait for a lock. */
  lockWait(): number
  /** Runs a command that speaks `-json`, to its good end. */
  follow(work: string, stack: StackFolder, argv: Argv, listener?: Listener): Promise<void>
  /** Runs a command that prints one document, which `read` takes while it comes. */
  print<T>(work: string, stack: StackFolder, argv: Argv, read: (stdout: Readable) => Promise<T>): Promise<T>
  /** Runs a command whose failure is an answer. */
  ask(stack: StackFolder, argv: Argv): Promise<EngineEnd>
}

/**
 * The first of `tofu` and `terraform` on PATH.
 *
 * @param plugins folder for downloaded providers.
 * @param encryption of saved plans: the content of TF_ENCRYPTION, for OpenTofu alone.
 * @throws SluiceError usage, where there is none or it is too old.
 */
export async function openEngineProcess(
  runtime: Runtime,
  plugins: string,
  encryption?: (engine: Engine) => Secret | undefined,
): Promise<EngineProcess> {
  const passed = await environmentOf(runtime, plugins)
  const engine = await findEngine(runtime, passed)
  const configuration = encryption?.(engine)
  const encrypting =
    configuration === undefined ? passed : { ...passed, TF_ENCRYPTION: configuration.reveal() }
  // The engine wants the folder to be there.
  await runtime.files.write(`${plugins}/.keep`, '')
  const start = (stack: StackFolder, argv: Argv): Promise<Process> =>
    runtime.exec.start(argv, {
      cwd: stack.folder,
      env: handlesPlans(argv) ? encrypting : passed,
      signal: runtime.signals.cancelled,
      killAfter: KILL_AFTER,
    })
  const run = async (stack: StackFolder, argv: Argv, listener: Listener): Promise<EngineEnd> => {
    const child = await start(stack, argv)
    listener.started?.(child.pid)
    const [heard, stderr, ended] = await Promise.all([
      listen(child.stdout, listener),
      textOf(child.stderr),
      child.ended,
    ])
    return { ...ended, ...heard, tail: `${heard.tail}${stderr}`.trim().slice(-TAIL) }
  }
  const fail = (work: string, stack: StackFolder, end: EngineEnd): SluiceError =>
    engineFailure(`${work} of stack ${stack.name}`, end, runtime.clock.now())
  return {
    engine,
    lockWait: () => Math.round(jittered(LOCK_WAIT, runtime.random) / 1000),
    follow: async (work, stack, argv, listener = {}) => {
      const end = await run(stack, argv, {
        ...listener,
        message: (heard) => {
          report(runtime, stack.name, heard)
          listener.message?.(heard)
        },
      })
      if (end.code !== 0) throw fail(work, stack, end)
    },
    print: async (work, stack, argv, read) => {
      const child = await start(stack, argv)
      const [printed, stderr, ended] = await Promise.all([
        settled(read(child.stdout)),
        textOf(child.stderr),
        child.ended,
      ])
      if (ended.code !== 0) {
        throw fail(work, stack, { ...ended, diagnostics: [], tail: stderr.trim().slice(-TAIL) })
      }
      if ('error' in printed) throw printed.error
      return printed.value
    },
    ask: (stack, argv) => run(stack, argv, {}),
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

/** Reads messages line by line; what is none is kept for the case that the engine fails. */
async function listen(
  stdout: Readable,
  listener: Listener,
): Promise<Pick<EngineEnd, 'diagnostics' | 'tail'>> {
  const diagnostics: EngineEnd['diagnostics'][number][] = []
  let tail = ''
  const splitter = new LineSplitter(LONGEST_MESSAGE)
  const take = (line: string): void => {
    const heard = engineMessage(line)
    listener.message?.(heard)
    listener.line?.(line)
    if (heard.kind === 'diagnostic') diagnostics.push(heard)
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
    case 'summary':
    case 'other':
      return
    default:
      heard satisfies never
  }
}

export async function textOf(stream: Readable): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

/** A document that cannot be read is explained by the engine's own words, where it has some. */
async function settled<T>(work: Promise<T>): Promise<{ readonly value: T } | { readonly error: unknown }> {
  try {
    return { value: await work }
  } catch (error) {
    return { error }
  }
}
