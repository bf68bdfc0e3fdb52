import { lstat, realpath } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve } from 'node:path'
import type { World } from '../commands/command.ts'
import { asSluiceError, type Performed, perform } from '../commands/perform.ts'
import { type Problem, problemLine, usageError } from '../domain/error.ts'
import type { ExitCode } from '../domain/outcome.ts'
import type { Secret } from '../domain/secret.ts'
import type { Synthesizer } from '../domain/stacks/synthesizer.ts'
import { nodeRuntime } from '../runtime/node/index.ts'
import { watchSignals } from '../runtime/node/signals.ts'
import { Redactor } from '../runtime/redact.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { shown } from '../runtime/shown.ts'
import type { Action, COMMON_INPUTS } from './define-action.ts'
import type { InputSpecs, Inputs } from './inputs.ts'
import { actionLog } from './log.ts'
import { annotation, type Place, writeKey } from './runner.ts'
import { writeSummary } from './summary.ts'
import { requireFolder } from './working-directory.ts'

/** The runner shows this many errors of a step; the others are lines of the log. */
const SHOWN_ERRORS = 10
const LINGER_MS = 2000

/** Does an action's work on the real machine. */
export async function work(action: Action, values: Inputs<InputSpecs>): Promise<ExitCode> {
  const write = (text: string): void => void process.stdout.write(text)
  const redactor = new Redactor()
  const common = values as Inputs<typeof COMMON_INPUTS>
  const workspace = process.env['GITHUB_WORKSPACE'] ?? process.cwd()
  const cwd = resolve(workspace, common['working-directory'])
  const log = actionLog(
    write,
    redactor,
    () => Date.now(),
    (at) => placeOf(at, cwd, workspace),
  )
  for (const [name, { kind }] of Object.entries(action.inputs)) {
    const value = values[name]
    // By its declaration: the door and this module are bundled apart, so `instanceof` would not know the door's class.
    if (kind === 'secret' && value !== undefined)
      log.emit({ kind: 'mask', value: (value as Secret).reveal() })
  }
  const signals = watchSignals((text) => write(annotation('warning', text)))
  const runtime = nodeRuntime(log, signals, cwd, withoutInputs())
  const state = join(dirname(common.file), '.sluice', common.environment ?? '')
  const refusal =
    (await firstRefusal([...paths(action, values), state], (path) =>
      stayInside(workspace, runtime.cwd, path),
    )) ?? (await firstRefusal([common['working-directory']], (path) => requireFolder(workspace, path)))
  // Without an environment no result.json is written: what was refused is not written to.
  const environment = refusal === undefined ? (common.environment ?? '') : ''
  const request = { file: common.file, environment, dryRun: common['dry-run'] }
  const performed = await perform(
    { runtime, openProvider, openSynthesizer, request },
    redactor,
    action.name,
    async (world) => {
      if (refusal !== undefined) throw refusal
      return action.bind(values)(world)
    },
  )
  writeOutputs(action, performed, runtime)
  announce(performed, runtime, workspace, (text) => shown(redactor, text), write)
  await writeSummary(redactor.text(performed.report.summary), log)
  setTimeout(() => process.exit(), LINGER_MS).unref()
  return performed.result.code
}

const openProvider: World['openProvider'] = async (cloud, context) =>
  (await import('../providers/index.ts')).openProvider(cloud, context)

const openSynthesizer = async (): Promise<Synthesizer> => (await import('../../cdktf/index.ts')).synthesizer

/** Inputs may be secrets: what the action starts does not inherit them. */
function withoutInputs(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('INPUT_')))
}

function paths(action: Action, values: Inputs<InputSpecs>): string[] {
  return Object.entries(action.inputs)
    .filter(([name, { kind }]) => kind === 'path' && name !== 'working-directory')
    .map(([name]) => values[name])
    .filter((path) => typeof path === 'string')
    .concat('.')
}

async function firstRefusal(
  these: readonly string[],
  check: (path: string) => Promise<void>,
): Promise<unknown> {
  // One after the other: the input that the user wrote is named, not what follows from it.
  for (const path of these) {
    try {
      await check(path)
    } catch (refusal) {
      return refusal
    }
  }
  return undefined
}

/**
 * Promise R46: a path that an input names lies in the workspace, symbolic links followed. What is not there yet is
 * judged by its folder.
 *
 * @throws SluiceError usage
 */
export async function stayInside(workspace: string, cwd: string, path: string): Promise<void> {
  const top = await realpath(workspace)
  let existing = resolve(cwd, path)
  let rest = ''
  for (;;) {
    const real = await realpath(existing).catch(() => undefined)
    if (real !== undefined) {
      const away = relative(top, join(real, rest))
      if (away !== '..' && !away.startsWith('../') && !isAbsolute(away)) return
      throw leaves(path)
    }
    // A link to what is not there yet: whoever writes to it makes it, wherever that is.
    if ((await lstat(existing).catch(() => undefined))?.isSymbolicLink() === true) throw leaves(path)
    rest = join(relative(join(existing, '..'), existing), rest)
    existing = join(existing, '..')
  }
}

const leaves = (path: string): Error =>
  usageError({
    what: `${path} leaves the workspace`,
    rule: 'paths of inputs stay in the workspace, and no link on the way leads to nothing',
    remedy: 'name a path below GITHUB_WORKSPACE',
  })

function writeOutputs(action: Action, { report, result, resultFile }: Performed, runtime: Runtime): void {
  const outputs: Record<string, string> = {
    outcome: result.outcome,
    code: String(result.code),
    result: resultFile ?? '',
  }
  for (const name of action.outputs) outputs[name] = report.outputs[name] ?? ''
  for (const [key, value] of Object.entries(outputs)) {
    writeKey(process.env['GITHUB_OUTPUT'], key, value, runtime.random.bytes)
  }
}

function announce(
  { report, thrown }: Performed,
  runtime: Runtime,
  workspace: string,
  show: (text: string) => string,
  write: (text: string) => void,
): void {
  if (report.outcome === 'done') {
    write(`${show(report.message)}\n`)
    return
  }
  const problems: readonly Problem[] =
    thrown === undefined
      ? [{ what: report.message }]
      : asSluiceError(thrown, runtime.signals.cancelled).problems
  problems.forEach(({ at, ...problem }, i) => {
    const place = placeOf(at, runtime.cwd, workspace)
    const text = show(problemLine(place === undefined && at !== undefined ? { ...problem, at } : problem))
    write(i < SHOWN_ERRORS ? annotation('error', text, place) : `${text}\n`)
  })
  if (report.remedy !== undefined) write(`${show(report.remedy)}\n`)
}

/** `sluice.yml:14:9` as the runner wants it: relative to the workspace. */
export function placeOf(at: string | undefined, cwd: string, workspace: string): Place | undefined {
  const found = /^(?<file>.+?):(?<line>\d+)(?::(?<column>\d+))?$/.exec(at ?? '')?.groups
  if (found === undefined) return undefined
  return {
    file: relative(workspace, resolve(cwd, found['file'] ?? '')),
    line: Number(found['line']),
    column: Number(found['column'] ?? 1),
  }
}
