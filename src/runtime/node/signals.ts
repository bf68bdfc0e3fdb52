import { SluiceError } from '../../domain/error.ts'
import { EXIT_CODES } from '../../domain/outcome.ts'
import type { Signals } from '../runtime.ts'
import { endForeground } from './exec.ts'

/**
 * The first SIGINT or SIGTERM asks the command to come to a safe end; the second ends it at once, with the commands that
 * it had started and was waiting for.
 */
export function watchSignals(say: (text: string) => void): Signals {
  const controller = new AbortController()
  const onSignal = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) {
      say(`${signal}: ended at once, in the middle of it; run the command again to go on from here`)
      endForeground()
      process.exit(EXIT_CODES.cancelled)
    }
    say(`${signal}: coming to a safe end; once more ends at once`)
    const problem = { what: `cancelled by ${signal}`, remedy: 'run the command again to go on from here' }
    controller.abort(new SluiceError('cancelled', 'user', problem))
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return { cancelled: controller.signal }
}
