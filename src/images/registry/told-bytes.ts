import type { Log } from '../../runtime/runtime.ts'

/** So many bytes between two events. */
const STEP = 32 * 1024 * 1024

/** Tells of bytes that move, now and then. */
export function toldBytes(log: Log, task: string, text: string): (done: number, total: number) => void {
  let told = Number.NEGATIVE_INFINITY
  return (done, total) => {
    if (done - told < STEP && done < total) return
    told = done
    log.emit({
      kind: 'progress',
      task,
      state: done < total ? 'running' : 'done',
      text,
      done,
      total,
      unit: 'bytes',
    })
  }
}
