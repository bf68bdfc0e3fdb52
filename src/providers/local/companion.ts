import * as z from 'zod'
import { externalError } from '../../domain/error.ts'
import { pollUntil } from '../../runtime/poll.ts'
import { identify, isRunning } from '../../runtime/process-identity.ts'
import type { Argv, Process, Runtime } from '../../runtime/runtime.ts'
import { readJson } from './json-file.ts'

const recordSchema = z.looseObject({ pid: z.int().positive(), started: z.string() })
const PATIENCE = 10_000

/**
 * Starts a process that belongs to the supervisor and to whose files no second one may write: one that a killed supervisor
 * left behind is ended first. Which it was stands in `record`, with the time of its start, because a number alone is given
 * to others again.
 *
 * @throws SluiceError external where the earlier one does not end.
 */
export async function startCompanion(
  runtime: Runtime,
  record: string,
  argv: Argv,
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Promise<Process> {
  await endEarlier(runtime, record)
  const process = await runtime.exec.start(argv, options)
  const identity = await identify(process.pid, runtime.exec)
  if (identity !== undefined) {
    await runtime.files.write(record, `${JSON.stringify(identity)}\n`, { mode: 0o600 })
  }
  return process
}

async function endEarlier(runtime: Runtime, record: string): Promise<void> {
  const earlier = await readJson(record, recordSchema)
  if (earlier === undefined || !(await isRunning(earlier, runtime.exec))) return
  try {
    process.kill(earlier.pid, 'SIGKILL')
  } catch {
    return // it has just ended
  }
  const gone = async (): Promise<true | undefined> =>
    (await isRunning(earlier, runtime.exec)) ? undefined : true
  const outcome = await pollUntil(runtime, gone, { every: 20, deadline: runtime.clock.now() + PATIENCE })
  if (outcome !== 'timed-out') return
  throw externalError('service', {
    what: `process ${earlier.pid}, which an earlier supervisor started, does not end`,
    rule: 'one process at a time works in a folder',
    remedy: `kill -9 ${earlier.pid}`,
  })
}
