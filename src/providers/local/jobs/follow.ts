import { open } from 'node:fs/promises'
import type { Clock } from '../../../runtime/runtime.ts'
import { FrameReader, type Stream } from '../../../tools/log-relay/frames.ts'
import { LineSplitter } from '../../../tools/log-relay/lines.ts'
import type { LogLine } from '../../ports/operations.ts'

const PIECE = 1024 * 1024
/** Milliseconds between two looks: right after a line, and once nothing has come for a while. */
const POLL = 20
const POLL_QUIET = 200

/**
 * The lines of a job's log as they come, until `ended` is true and everything has been read. The two streams are cut into
 * lines on their own, so a line of one is never joined to a piece of the other.
 *
 * @param signal ends it with its reason while it waits for more
 */
export async function* followLog(
  path: string,
  job: string,
  ended: () => Promise<boolean>,
  clock: Clock,
  signal?: AbortSignal,
): AsyncGenerator<LogLine> {
  const asLine = (at: number, stream: Stream, text: string): LogLine => ({ at, stream, revision: job, text })
  for await (const { at, stream, text } of followText(path, ended, clock, signal)) {
    for (const line of text.split('\n'))
      yield asLine(at, stream, line.endsWith('\r') ? line.slice(0, -1) : line)
  }
}

/** The same as blocks of whole lines, as they were written: for whoever passes them on, and may have millions. */
export async function* followText(
  path: string,
  ended: () => Promise<boolean>,
  clock: Clock,
  signal?: AbortSignal,
): AsyncGenerator<{ readonly at: number; readonly stream: Stream; readonly text: string }> {
  const reader = new FrameReader()
  const splitters: Record<Stream, LineSplitter> = { stdout: new LineSplitter(), stderr: new LineSplitter() }
  let at = 0
  let offset = 0
  let pause = POLL
  for (;;) {
    const before = offset
    // Asked before reading: what was written before the end is then read after it.
    const last = await ended()
    for await (const piece of pieces(path, offset)) {
      offset += piece.length
      for (const frame of reader.push(piece)) {
        at = frame.at
        const text = splitters[frame.stream].block(frame.bytes)
        if (text !== undefined) yield { at, stream: frame.stream, text }
      }
    }
    if (last) break
    pause = offset > before ? POLL : Math.min(POLL_QUIET, pause * 1.25)
    await clock.sleep(pause, signal)
  }
  for (const stream of ['stdout', 'stderr'] as const) {
    for (const text of splitters[stream].end()) yield { at, stream, text }
  }
}

async function* pieces(path: string, from: number): AsyncGenerator<Buffer> {
  const handle = await open(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined // not started yet
    throw error
  })
  if (handle === undefined) return
  try {
    // Most looks find nothing new, and room for a piece is given by the system each time.
    if ((await handle.stat()).size <= from) return
    for (let offset = from; ; ) {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(PIECE), 0, PIECE, offset)
      if (bytesRead === 0) return
      offset += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await handle.close()
  }
}
