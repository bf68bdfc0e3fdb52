import type { Log, Runtime, Signals } from '../runtime.ts'
import { builtin } from './builtin.ts'
import { nodeExec } from './exec.ts'
import { nodeFiles } from './files.ts'
import { nodeHttp } from './http.ts'

/** The real machine. The doors hand in where events go and what cancels. */
export function nodeRuntime(
  log: Log,
  signals: Signals,
  cwd = process.cwd(),
  inherited: Readonly<Record<string, string | undefined>> = process.env,
): Runtime {
  const env = { ...inherited }
  return {
    exec: nodeExec(env, cwd),
    env,
    clock: {
      now: () => Date.now(),
      sleep: async (ms, signal) => {
        await builtin.timers
          .setTimeout(ms, undefined, signal === undefined ? {} : { signal })
          .catch((cause: unknown) => {
            throw signal?.aborted ? signal.reason : cause
          })
      },
    },
    random: { bytes: (count) => builtin.crypto.randomBytes(count) },
    files: nodeFiles,
    http: nodeHttp,
    log,
    signals,
    cwd,
  }
}
