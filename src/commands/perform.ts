import { dirname, join, resolve } from 'node:path'
import { bug, SluiceError } from '../domain/error.ts'
import { type CommandName, EXIT_CODES, type Result } from '../domain/outcome.ts'
import { message } from '../runtime/events.ts'
import type { Redactor } from '../runtime/redact.ts'
import { failureReport, type Report, type World } from './command.ts'
import { stateFolder } from './state-folder.ts'

export interface Performed {
  readonly report: Report
  readonly result: Result
  /** Absolute path of result.json; undefined where there is no environment to write it for. */
  readonly resultFile: string | undefined
  /** What was thrown, for a stack trace on request. */
  readonly thrown?: unknown
}

/**
 * Runs a command to one of the ends of promise R48 and leaves result.json, whatever happened. Never throws: what the
 * command throws becomes its report. The report that comes back is redacted.
 */
export async function perform(
  world: World,
  redactor: Redactor,
  command: CommandName,
  run: (world: World) => Promise<Report>,
): Promise<Performed> {
  const { clock, log } = world.runtime
  const startedAt = clock.now()
  // What ends without a word (SIGKILL, a full disk) leaves none, rather than that of the command before.
  const file = await resultFileOf(world).catch(() => undefined)
  if (file !== undefined) await world.runtime.files.remove(file).catch(() => {})
  const ended = await attempt({ ...world, redact: (text) => redactor.text(text) }, command, run)
  const report = redactor.data(ended.report)
  const result = resultOf(report, world.request.environment, startedAt, clock.now())
  let resultFile: string | undefined
  try {
    resultFile = await writeResult(world, result)
  } catch (error) {
    log.emit(message('warning', `result.json could not be written: ${(error as Error).message}`))
  }
  return { ...ended, report, result, resultFile }
}

async function attempt(
  world: World,
  command: CommandName,
  run: (world: World) => Promise<Report>,
): Promise<{ report: Report; thrown?: unknown }> {
  try {
    return { report: await run(world) }
  } catch (thrown) {
    return { report: failureReport(command, asSluiceError(thrown, world.runtime.signals.cancelled)), thrown }
  }
}

/** Names what was thrown. After a cancel, the failures that it caused are the cancel. */
export function asSluiceError(thrown: unknown, cancelled: AbortSignal): SluiceError {
  const known = thrown instanceof SluiceError ? thrown : machineError(thrown)
  const consequence = known === undefined || known.outcome === 'external'
  if (cancelled.aborted && consequence) {
    const reason: unknown = cancelled.reason
    return reason instanceof SluiceError
      ? reason
      : new SluiceError('cancelled', 'user', { what: 'cancelled' }, { cause: thrown })
  }
  return known ?? bug(thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown), thrown)
}

const FULL = new Set(['ENOSPC', 'EDQUOT'])
const FORBIDDEN = new Set(['EACCES', 'EPERM', 'EROFS'])

/** The machine's own refusals, which are nobody's bug: a full disk, a missing permission. */
function machineError(thrown: unknown): SluiceError | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown) || typeof thrown.code !== 'string') return undefined
  const where = 'path' in thrown && typeof thrown.path === 'string' ? `: ${thrown.path}` : ''
  if (FULL.has(thrown.code)) {
    const problem = {
      what: `the disk is full${where}`,
      remedy: 'free some space, then run the command again',
    }
    return new SluiceError('external', 'user', problem, { cause: thrown })
  }
  if (FORBIDDEN.has(thrown.code)) {
    const problem = { what: `not permitted${where}`, remedy: 'see who owns it and who may write it' }
    return new SluiceError('usage', 'user', problem, { cause: thrown })
  }
  return undefined
}

/** `environment` is empty for a command that needs none. Times in milliseconds since the epoch. */
export function resultOf(report: Report, environment: string, startedAt: number, endedAt: number): Result {
  return {
    schema: 'sluice.result/v1',
    verb: report.command,
    environment: environment === '' ? null : environment,
    outcome: report.outcome,
    code: EXIT_CODES[report.outcome],
    message: report.message,
    ...(report.remedy === undefined ? {} : { remedy: report.remedy }),
    startedAt: new Date(startedAt).toISOString(),
    durationMs: Math.max(0, Math.round(endedAt - startedAt)),
    outputs: report.outputs,
  }
}

async function writeResult(world: World, result: Result): Promise<string | undefined> {
  const file = await resultFileOf(world)
  if (file !== undefined) await world.runtime.files.write(file, `${JSON.stringify(result, undefined, 2)}\n`)
  return file
}

async function resultFileOf({ runtime, request }: World): Promise<string | undefined> {
  if (request.environment === '') return undefined
  const root = dirname(resolve(runtime.cwd, request.file))
  // A mistyped --file must not leave folders behind.
  if ((await runtime.files.stat(root))?.kind !== 'directory') return undefined
  return join(stateFolder({ runtime, request }), 'result.json')
}
