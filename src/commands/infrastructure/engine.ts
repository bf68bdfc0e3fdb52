import type { Readable } from 'node:stream'
import { externalError } from '../../domain/error.ts'
import type { StackPlan } from '../../domain/plans/plan.ts'
import type { Secret } from '../../domain/secret.ts'
import { type EventTable, PlanEvents } from '../../plan/events.ts'
import type { PlanValues } from '../../plan/values.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { engineArgv } from '../../tools/engine/argv.ts'
import type { EngineMessage } from '../../tools/engine/messages.ts'
import { sluiceOutput } from '../../tools/engine/outputs.ts'
import type { Engine } from '../../tools/engine/version.ts'
import { type EngineProcess, openEngineProcess, textOf } from './engine-process.ts'
import { type EngineStates, engineStates } from './engine-states.ts'
import type { StackFolder } from './stack-folders.ts'

/** The engine at work, one stack at a time. */
export interface EngineRun {
  readonly engine: Engine
  readonly states: EngineStates
  /** Fetches providers and opens the state. */
  init(stack: StackFolder): Promise<void>
  /** Leaves the saved plan in `file` and returns what it does. */
  plan(stack: StackFolder, file: string, watch?: PlanWatch): Promise<StackPlan>
  /** What a saved plan does. */
  show(stack: StackFolder, file: string, watch?: PlanWatch): Promise<StackPlan>
  /** @param journal is told of every message, and of the process. */
  apply(stack: StackFolder, file: string, journal?: ApplyListener): Promise<void>
  /** Value of the Terraform output `sluice`. */
  output(stack: StackFolder): Promise<unknown>
}

export interface ApplyListener {
  heard(message: EngineMessage): void
  started(pid: number): void
}

/** What may be looked at on the way. */
export interface PlanWatch {
  /** What the stream of events says, as soon as the engine has planned. */
  readonly table?: (table: EventTable) => void
  /** The bytes of the plan's JSON, chunk by chunk. They hold values. */
  readonly json?: (chunk: Uint8Array) => void
  /** Keeps values, for a report that was asked to show them. */
  readonly values?: PlanValues | undefined
}

/**
 * The first of `tofu` and `terraform` on PATH.
 *
 * @param plugins folder for downloaded providers.
 * @param encryption of saved plans, by the engine that is found.
 * @throws SluiceError usage, where there is none or it is too old.
 */
export async function openEngine(
  runtime: Runtime,
  plugins: string,
  encryption?: (engine: Engine) => Secret | undefined,
): Promise<EngineRun> {
  const process = await openEngineProcess(runtime, plugins, encryption)
  const { engine, follow, print } = process
  const { program } = engine
  const show: EngineRun['show'] = async (stack, file, { json, values } = {}) => {
    const { readPlan } = await import('../../plan/read.ts')
    return print('reading of the plan', stack, engineArgv.show(program, file), (stdout) =>
      readPlan(passing(stdout, json), {
        stack: stack.name,
        source: `the plan of stack ${stack.name}`,
        ...(values === undefined ? {} : { values }),
      }),
    )
  }
  return {
    engine,
    states: engineStates(runtime, process),
    init: (stack) => follow('initialisation', stack, engineArgv.init(program)),
    plan: async (stack, file, watch = {}) => {
      const events = new PlanEvents()
      await runtime.files.remove(file)
      await follow('plan', stack, engineArgv.plan(program, file, process.lockWait()), {
        line: (line) => events.push(line),
      })
      const table = events.end()
      if (table === undefined || (await runtime.files.stat(file))?.kind !== 'file') {
        throw unfinished('plan', stack)
      }
      watch.table?.(table)
      return show(stack, file, watch)
    },
    show,
    apply: (stack, file, journal) => applied(process, stack, file, journal),
    output: async (stack) =>
      sluiceOutput(await print('reading of the outputs', stack, engineArgv.output(program), textOf)),
  }
}

/** The engine's word that it has applied is asked for as well: an end with code 0 alone is none (promise R20). */
async function applied(
  { engine, follow, lockWait }: EngineProcess,
  stack: StackFolder,
  file: string,
  journal: ApplyListener | undefined,
): Promise<void> {
  let said = false
  await follow('apply', stack, engineArgv.apply(engine.program, file, lockWait()), {
    message: (message) => {
      if (message.kind === 'summary' && message.operation === 'apply') said = true
      journal?.heard(message)
    },
    started: (pid) => journal?.started(pid),
  })
  if (!said) throw unfinished('apply', stack)
}

function unfinished(work: string, stack: StackFolder): Error {
  return externalError('service', {
    what: `the ${work} of stack ${stack.name} ended with code 0 and never said that it was done`,
    rule: 'what the engine did is taken from what it says, not from its exit code alone',
    remedy: 'see that tofu or terraform on PATH is the real one, and plan again',
  })
}

async function* passing(
  stdout: Readable,
  look: ((chunk: Uint8Array) => void) | undefined,
): AsyncIterable<Uint8Array> {
  for await (const chunk of stdout as AsyncIterable<Buffer>) {
    look?.(chunk)
    yield chunk
  }
}
