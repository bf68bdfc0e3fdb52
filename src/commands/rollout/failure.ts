import { SluiceError } from '../../domain/error.ts'
import type { Outcome } from '../../domain/outcome.ts'
import { pollUntil } from '../../runtime/poll.ts'
import type { Runtime } from '../../runtime/runtime.ts'

/** Why a rollout stopped, in the words of promise R48. */
export interface Failure {
  readonly outcome: Exclude<Outcome, 'done'>
  readonly why: string
  readonly remedy: string | undefined
}

/** Ends the forward way: the release did not prove itself, so traffic goes back. */
export function unfit(why: string): SluiceError {
  return new SluiceError('rolled-back', 'user', {
    what: why,
    remedy: 'find the cause with "sluice operate logs", mend it, then build and roll out again',
  })
}

export function failureOf(error: unknown, cancelled: AbortSignal): Failure {
  if (cancelled.aborted && !(error instanceof SluiceError && error.outcome !== 'cancelled')) {
    return { outcome: 'cancelled', why: 'cancelled', remedy: 'roll out again when you are ready' }
  }
  if (!(error instanceof SluiceError)) {
    return { outcome: 'bug', why: error instanceof Error ? error.message : String(error), remedy: undefined }
  }
  const { message, remedy, outcome } = error
  return { outcome: outcome === 'done' ? 'bug' : outcome, why: message, remedy }
}

/** May the same request work in a moment? Never a refusal or an unknown permission (promise R24). */
export function isTransient(error: unknown): boolean {
  return error instanceof SluiceError && error.outcome === 'external' && error.whose === 'service'
}

/**
 * Does something that may be repeated (every method of ServiceHost may) until it has worked, bearing a few errors of the
 * remote side.
 *
 * @param act its signal is aborted once it is waited for no more
 * @throws SluiceError timed-out at the deadline, even if no answer ever comes.
 */
export async function persist<T>(
  runtime: Pick<Runtime, 'clock' | 'random'>,
  what: string,
  limits: { readonly deadline: number; readonly signal?: AbortSignal },
  act: (waited: AbortSignal) => Promise<T>,
): Promise<T> {
  const waited = new AbortController()
  const done = await pollUntil(runtime, async () => ({ value: await act(waited.signal) }), {
    every: 500,
    ...limits,
    bear: { transient: isTransient, inARow: 4 },
  }).finally(() => waited.abort(new Error('nobody waits for it any more')))
  if (done !== 'timed-out') return done.found.value
  throw new SluiceError('timed-out', 'service', {
    what: `${what}: not done when the time for the rollout was over`,
    remedy: 'see "sluice operate status"; rollout.timeout in sluice.yml sets the time',
  })
}
