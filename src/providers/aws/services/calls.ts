import { externalError, SluiceError } from '../../../domain/error.ts'
import type { Clock, Random } from '../../../runtime/runtime.ts'
import { TokenBucket } from '../../../runtime/token-bucket.ts'
import { codeOf, statusOf } from '../trouble.ts'

/** Milliseconds from a request to its whole answer, however slowly it comes. The SDK itself waits for ever. */
const ANSWER = 30_000
/** Milliseconds that throttling is borne: longer than the ten minutes that promise R26 gives it. */
const THROTTLED = 15 * 60_000
/** Milliseconds between two attempts, at most. */
const LONGEST_PAUSE = 20_000
/** Attempts at what breaks off, before the caller hears of it. */
const BROKEN = 3

/**
 * Half of what ECS gives an account and region for reading services and tasks, which others share
 * (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html).
 */
const RATE = { burst: 40, perSecond: 10 }

const THROTTLING = new Set([
  'ThrottlingException',
  'Throttling',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'SlowDown',
])
const EXPIRED = new Set(['ExpiredToken', 'ExpiredTokenException', 'RequestExpired'])

/**
 * How a request may be made again. `always`: it changes nothing, or the same thing twice. `refused`: only where AWS said that it
 * did nothing; after a broken answer the caller looks first.
 */
export type Repeat = 'always' | 'refused'

/**
 * Requests to AWS that end: each has a time-out of its own, throttling is waited out with full jitter, and all of them
 * together stay under one token bucket. Clients are made with one attempt, so that nothing repeats beside it.
 * @see https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
 */
export class AwsCalls {
  readonly #service: string
  readonly #clock: Clock
  readonly #random: Random
  readonly #bucket: TokenBucket

  /** @param service whose requests these are, for people */
  constructor({ clock, random }: { readonly clock: Clock; readonly random: Random }, service = 'ECS') {
    this.#service = service
    this.#clock = clock
    this.#random = random
    this.#bucket = new TokenBucket(clock, RATE)
  }

  /**
   * @param what the work, for people: `looking at service web`.
   * @throws SluiceError external where AWS or the way to it fails, cannot-observe where it refuses.
   */
  async ask<T>(
    what: string,
    repeat: Repeat,
    send: (options: { readonly abortSignal: AbortSignal }) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const start = this.#clock.now()
    let broken = 0
    let expired = false
    for (let attempt = 0; ; attempt++) {
      await this.#bucket.take(signal)
      try {
        return await this.#once(send, signal)
      } catch (error) {
        signal?.throwIfAborted()
        const code = codeOf(error)
        if (EXPIRED.has(code) && !expired) {
          // The chain of credentials may hold fresh ones by now: asked once more, never waited for.
          expired = true
          continue
        }
        if (isThrottled(error)) {
          if (this.#clock.now() - start >= THROTTLED) throw ecsTrouble(what, error, this.#service)
        } else if (!isBroken(error) || repeat === 'refused' || ++broken >= BROKEN) {
          throw ecsTrouble(what, error, this.#service)
        }
        await this.#clock.sleep(this.#pause(attempt, error), signal)
      }
    }
  }

  /** Anything between nothing and the bound, so that clients which were refused together do not return together. */
  #pause(attempt: number, error: unknown): number {
    const bound = Math.min(LONGEST_PAUSE, 500 * 2 ** Math.min(attempt, 10))
    const [high = 0, low = 0] = this.#random.bytes(2)
    const pause = Math.ceil((bound * (high * 256 + low)) / 65_535)
    const asked = retryAfter(error)
    return asked === undefined ? pause : asked + pause
  }

  async #once<T>(
    send: (options: { readonly abortSignal: AbortSignal }) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const over = new AbortController()
    const late = new AbortController()
    const stop = signal === undefined ? late.signal : AbortSignal.any([late.signal, signal])
    const timer = this.#clock.sleep(ANSWER, over.signal).then((): never => {
      const error = new NoAnswer(`no whole answer within ${ANSWER / 1000} s`)
      late.abort(error)
      throw error
    })
    timer.catch(() => {})
    try {
      return await Promise.race([send({ abortSignal: stop }), timer])
    } finally {
      over.abort(new Error('answered'))
    }
  }
}

class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
}

/** Milliseconds that the server asks for; undefined where it says nothing. */
function retryAfter(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('$response' in error)) return undefined
  const { headers } = error.$response as { readonly headers?: Readonly<Record<string, string>> }
  const seconds = Number(headers?.['retry-after'] ?? Number.NaN)
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds * 1000, THROTTLED) : undefined
}

function isThrottled(error: unknown): boolean {
  return THROTTLING.has(codeOf(error)) || statusOf(error) === 429
}

/** No answer, half of one, or a failure of the service: whether anything was done is open. */
function isBroken(error: unknown): boolean {
  const status = statusOf(error)
  if (codeOf(error) === 'ServerException' || status >= 500) return true
  // A body that ends early is no JSON, though its status was 200.
  return status === 0 || status === 200
}

const CREDENTIALS = new Set([
  ...EXPIRED,
  'CredentialsProviderError',
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
])
const MISSING = new Set([
  'ClusterNotFoundException',
  'ServiceNotFoundException',
  'ServiceNotActiveException',
  'ResourceNotFoundException',
])

/** What ECS refused, in our words. A refusal is never taken for an observation (promise R24). */
export function ecsTrouble(what: string, error: unknown, service = 'ECS'): Error {
  if (error instanceof SluiceError) return error
  const code = codeOf(error)
  const text = `${what}: ${code === '' ? '' : `${code}: `}${error instanceof Error ? error.message : String(error)}`
  const unseen = (problem: { readonly rule?: string; readonly remedy: string }): SluiceError =>
    new SluiceError('cannot-observe', 'user', { what: text, ...problem }, { cause: error })
  if (CREDENTIALS.has(code)) {
    return unseen({
      rule: 'what cannot be observed is not known to be deployed',
      remedy: 'log in again and repeat the command: it goes on where this one stopped',
    })
  }
  if (code === 'AccessDeniedException' || code === 'AccessDenied' || statusOf(error) === 403) {
    return unseen({ remedy: 'give the role that Sluice runs as this permission, then repeat the command' })
  }
  if (MISSING.has(code)) {
    return unseen({
      rule: 'what targets.json names stands before a rollout',
      remedy: 'run "sluice apply", and see that account and region of sluice.yml are the right ones',
    })
  }
  if (isThrottled(error) || isBroken(error)) return externalError('service', { what: text }, error)
  return unseen({
    remedy: `see what ${service} objects to; where it is right, correct sluice.yml and apply again`,
  })
}
