import { eventLines } from '../../../runtime/lines.ts'
import { nodeRuntime } from '../../../runtime/node/index.ts'
import { Redactor } from '../../../runtime/redact.ts'
import type { Log } from '../../../runtime/runtime.ts'
import { shownEvent } from '../../../runtime/shown.ts'
import { type DaemonOptions, runDaemon } from './main.ts'

/**
 * The supervisor as a whole process: its last argument is `.sluice/<env>`, its standard output is its log, SIGTERM and
 * SIGINT end it cleanly. Sets the exit code and ends the process.
 */
export async function superviseAsProcess(parts: DaemonOptions['parts']): Promise<void> {
  const cancel = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => cancel.abort(new Error(signal)))
  }
  const log = fileLog()
  const runtime = nodeRuntime(log, { cancelled: cancel.signal })
  const state = process.argv.at(-1) ?? ''
  let code = 0
  try {
    await runDaemon({ runtime, state, parts })
  } catch (error) {
    log.emit({ kind: 'message', level: 'warning', text: (error as Error).message })
    code = 1
  }
  // An engine may leave something open; what had to be written is written.
  process.exit(code)
}

/** One line an event, with the time; secrets redacted. */
function fileLog(): Log {
  const redactor = new Redactor()
  return {
    emit: (event) => {
      if (event.kind === 'mask') {
        redactor.register(event.value)
        return
      }
      for (const { text } of eventLines(shownEvent(redactor, event), 120)) {
        process.stdout.write(`${new Date().toISOString()} ${text}\n`)
      }
    },
  }
}
