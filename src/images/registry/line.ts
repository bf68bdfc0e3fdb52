import type { Runtime } from '../../runtime/runtime.ts'
import { isTransient, pauseBefore, retryAfter } from './backoff.ts'
import { brokenBy, type Timeouts, type Wire, type WireAnswer, type WireRequest } from './wire.ts'

/** What requests need of the machine. */
export interface Line {
  readonly wire: Wire
  readonly timeouts: Timeouts
  readonly runtime: Pick<Runtime, 'clock' | 'random' | 'log'>
  readonly signal: AbortSignal
}

/** An answer that has come whole. */
export interface Whole {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Uint8Array
}

export type Exchange =
  | { readonly kind: 'answer'; readonly answer: WireAnswer }
  | { readonly kind: 'broken'; readonly why: string; readonly cause: unknown }

/** One exchange. A cancelled one throws; everything else that breaks it is a value. */
export async function exchange(line: Line, request: WireRequest): Promise<Exchange> {
  try {
    return { kind: 'answer', answer: await line.wire.exchange(request) }
  } catch (cause) {
    request.signal.throwIfAborted()
    return { kind: 'broken', why: brokenBy(cause, line.timeouts), cause }
  }
}

/**
 * Sends what may be sent twice, until an answer comes that will not change. The last failure comes back as it is. `read`
 * takes the body in, so that a cut body is a failure as well.
 */
export async function repeated<T>(
  line: Line,
  request: WireRequest,
  read: (answer: WireAnswer) => Promise<T>,
): Promise<{ readonly kind: 'answer'; readonly answer: T } | Extract<Exchange, { kind: 'broken' }>> {
  for (let failures = 1; ; failures++) {
    const outcome = await exchange(line, request)
    let broken: Extract<Exchange, { kind: 'broken' }> | undefined
    if (outcome.kind === 'broken') broken = outcome
    else {
      const { status, headers } = outcome.answer
      const asked = retryAfter(headers['retry-after'], line.runtime.clock.now())
      const pause = isTransient(status) ? pauseBefore(failures, asked, line.runtime.random) : 'give-up'
      if (pause !== 'give-up') {
        await spill(outcome.answer)
        await line.runtime.clock.sleep(pause, line.signal)
        continue
      }
      try {
        return { kind: 'answer', answer: await read(outcome.answer) }
      } catch (cause) {
        request.signal.throwIfAborted()
        broken = { kind: 'broken', why: brokenBy(cause, line.timeouts), cause }
      }
    }
    const pause = pauseBefore(failures, undefined, line.runtime.random)
    if (pause === 'give-up') return broken
    await line.runtime.clock.sleep(pause, line.signal)
  }
}

/** What claims to be longer is no document of a registry (OCI Distribution Spec 1.1 asks them to take 4 MiB). */
export const DOCUMENT_LIMIT = 4 * 1024 * 1024

export async function readWhole({ status, headers, body }: WireAnswer): Promise<Whole> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of body as AsyncIterable<Uint8Array>) {
    size += piece.length
    if (size > DOCUMENT_LIMIT) throw new Error(`the answer is longer than ${DOCUMENT_LIMIT} bytes`)
    pieces.push(piece)
  }
  return { status, headers, bytes: Buffer.concat(pieces) }
}

/** Lets go of a body that nobody reads. */
export async function spill({ body }: WireAnswer): Promise<void> {
  body.on('error', () => {})
  body.destroy()
}
