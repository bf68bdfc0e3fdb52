import { message } from '../runtime/events.ts'
import type { Log } from '../runtime/runtime.ts'

/** The runner refuses a summary above 1 MiB a step. */
const LIMIT = 1024 * 1024 - 1024

/** Appends to the job summary. Without one (GITHUB_STEP_SUMMARY) it warns: the outputs stand already. */
export async function writeSummary(markdown: string, log: Log): Promise<void> {
  if (markdown === '') return
  try {
    const { summary } = await import('@actions/core')
    await summary.addRaw(cut(markdown), true).write()
  } catch (error) {
    log.emit(message('warning', `the job summary could not be written: ${(error as Error).message}`))
  }
}

export function cut(markdown: string): string {
  const bytes = Buffer.from(markdown)
  if (bytes.length <= LIMIT) return markdown
  const whole = new TextDecoder().decode(bytes.subarray(0, LIMIT)).replace(/\ufffd$/, '')
  return `${whole}\n\n(cut: the summary is ${bytes.length} bytes, the runner takes ${LIMIT})\n`
}
