import type { Clock, Random } from './runtime.ts'

export interface PollOptions {
  /**
   * Milliseconds between two looks; each is varied by a fifth so that many waiters do not march in step, and at most 15 s. Or
   * what the next pause is after so many milliseconds: then only those up to 15 s are varied, and none is cut.
   */
  readonly every: number | ((elapsed: number) => number)
  /** Milliseconds since the epoch. It holds even if a look never answers. */
  readonly deadline: number
  readonly signal?: AbortSignal
  /** Errors that may pass by themselves: that many in a row are borne. Without it the first error ends the wait. */
  readonly bear?: { readonly transient: (error: unknown) => boolean; readonly inARow: number }
}

/** With the jitter: 15 s. */
const LONGEST = 12_500
/** The longest time-out of Node; 24 days. */
const LONGEST_SLEEP = 2 ** 31 - 1

/**
 * The one way to wait for something: looks until `look` gives a value, or until the deadline, and says which (promise
 * R25). The last look starts before the deadline and may not outlive it.
 *
 * @throws the error of a look that is not borne, or the signal's reason.
 */
export async function pollUntil<T>(
  machine: { readonly clock: Clock; readonly random: Random },
  look: () => Promise<T | undefined>,
  options: PollOptions,
): Promise<{ readonly found: T } | 'timed-out'> {
  const { clock, random } = machine
  const begin = clock.now()
  let errors = 0
  for (;;) {
    options.signal?.throwIfAborted()
    const answer = await lookBefore(clock, look, options)
    if (answer === 'too-late') return 'timed-out'
    if ('error' in answer) {
      errors++
      const { bear } = options
      if (bear === undefined || errors > bear.inARow || !bear.transient(answer.error)) throw answer.error
    } else {
      errors = 0
      if (answer.value !== undefined) return { found: answer.value }
    }
    const left = options.deadline - clock.now()
    if (left <= 0) return 'timed-out'
    const pause = pauseAfter(options.every, clock.now() - begin, errors, random)
    await clock.sleep(Math.min(pause, left), options.signal)
  }
}

function pauseAfter(every: PollOptions['every'], elapsed: number, errors: number, random: Random): number {
  if (typeof every === 'number') return jittered(Math.min(every * 2 ** errors, LONGEST), random)
  const planned = every(elapsed)
  if (errors > 0) return jittered(Math.min(500 * 2 ** errors, LONGEST), random)
  return planned > LONGEST ? Math.round(planned) : jittered(planned, random)
}

/** `ms`, up to a fifth longer or shorter. */
export function jittered(ms: number, random: Random): number {
  const byte = random.bytes(1)[0] ?? 0
  return Math.round(ms * (0.8 + (0.4 * byte) / 255))
}

type Answer<T> = { readonly value: T | undefined } | { readonly error: unknown } | 'too-late'

async function lookBefore<T>(
  clock: Clock,
  look: () => Promise<T | undefined>,
  { deadline, signal }: PollOptions,
): Promise<Answer<T>> {
  const done = new AbortController()
  const stop = signal === undefined ? done.signal : AbortSignal.any([done.signal, signal])
  const answer = look().then(
    (value): Answer<T> => ({ value }),
    (error: unknown): Answer<T> => ({ error }),
  )
  const late = clock.sleep(Math.min(Math.max(0, deadline - clock.now()), LONGEST_SLEEP), stop).then(
    (): Answer<T> => 'too-late',
    (): Promise<Answer<T>> | Answer<T> => {
      // Cancelled by the user: do not wait for an answer that may never come. Otherwise the answer is there already.
      if (signal?.aborted) throw signal.reason
      return answer
    },
  )
  try {
    return await Promise.race([answer, late])
  } finally {
    done.abort(new Error('answered'))
    late.catch(() => {})
  }
}
