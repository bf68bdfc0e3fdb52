import { join } from 'node:path'
import {
  type Interrupted,
  interrupted,
  type JournalBegin,
  type JournalLine,
  journalLines,
} from '../../plan/journal.ts'
import { message } from '../../runtime/events.ts'
import { identify } from '../../runtime/process-identity.ts'
import type { Files, Log } from '../../runtime/runtime.ts'
import type { EngineMessage } from '../../tools/engine/messages.ts'
import type { EngineRun } from './engine.ts'
import type { StackFolder } from './stack-folders.ts'

const journalPath = (state: string, stack: string): string => join(state, 'journal', `${stack}.jsonl`)

/** An apply that is written down. */
export interface Journal {
  heard(message: EngineMessage): void
  /** The engine runs, as this process. */
  started(pid: number): void
  /** Waits until all of it is on the disk. */
  end(outcome: 'done' | 'failed'): Promise<void>
}

/** What is going to be done is on the disk when this returns; before that, nothing is done. */
export async function beginJournal(files: Files, state: string, begin: JournalBegin): Promise<Journal> {
  const path = journalPath(state, begin.stack)
  await files.write(path, lineOf(begin), { mode: 0o600 })
  const append = files.append?.bind(files) ?? (async () => {})
  let writing = Promise.resolve()
  const add = (line: JournalLine): void => {
    writing = writing.then(() => append(path, lineOf(line)))
    // It is looked at in the end.
    writing.catch(() => undefined)
  }
  return {
    heard: (heard) => {
      if (heard.kind === 'resource') add(heard)
    },
    started: (pid) => {
      writing = writing.then(async () => {
        const identity = await identify(pid)
        if (identity !== undefined) await append(path, lineOf({ kind: 'engine', ...identity }))
      })
      writing.catch(() => undefined)
    },
    end: async (outcome) => {
      add({ kind: 'end', outcome })
      await writing
    },
  }
}

/** The journal of a stack's last apply; empty where there is none on this machine. */
export async function readJournal(
  files: Files,
  state: string,
  stack: string,
): Promise<readonly JournalLine[]> {
  const bytes = await files.read(journalPath(state, stack))
  return bytes === undefined ? [] : journalLines(Buffer.from(bytes).toString('utf8'))
}

/** What the applies before left unfinished, with a word about each; the stacks are initialised. */
export async function reportInterrupted(
  { files, log }: { readonly files: Files; readonly log: Log },
  state: string,
  stacks: readonly StackFolder[],
  engine: Pick<EngineRun, 'states'>,
): Promise<readonly Interrupted[]> {
  const found: Interrupted[] = []
  for (const stack of stacks) {
    const lines = await readJournal(files, state, stack.name)
    // Asking for the state is slow: not where the journal has a good end.
    if (interrupted(lines, []) === undefined) continue
    const left = interrupted(lines, await engine.states.addresses(stack))
    if (left === undefined || (left.inFlight.length === 0 && left.orphans.length === 0)) continue
    found.push(left)
    log.emit(message('warning', headline(left)))
    log.emit({
      kind: 'table',
      title: `what may be there without the state of ${stack.name} knowing it`,
      columns: ['address', 'sign', 'id'],
      rows: left.orphans.map(({ address, sign, id }) => [address, SIGNS[sign], id ?? '']),
    })
  }
  return found
}

const SIGNS = {
  made: 'was made, and is not in the state',
  begun: 'was being made',
  planned: 'may have been begun',
} as const

function headline({ begin, inFlight, orphans }: Interrupted): string {
  const by = begin.run ?? `${begin.by} on ${begin.process.host.split(' ')[0]}`
  const flying = inFlight.map(({ action, address }) => `${action} ${address}`).join(', ')
  return [
    `an apply of stack ${begin.stack} at ${begin.at} by ${by} never came to its end`,
    ...(flying === '' ? [] : [`in flight were: ${flying}`]),
    ...(orphans.length === 0
      ? []
      : ['what is there and not in the state has to be imported, or removed by hand']),
  ].join('; ')
}

const lineOf = (line: JournalLine): string => `${JSON.stringify(line)}\n`
