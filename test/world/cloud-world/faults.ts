import type { Clock } from '../../../src/runtime/runtime.ts'

/** What happens at one request. The cloud's word for a refusal goes to the client as it is. */
export type CloudFault =
  /** Refused this many times, one virtual second apart and doubling; a client that retries gets through then. */
  | { readonly kind: 'throttle'; readonly times: number }
  | { readonly kind: 'refuse'; readonly code: string; readonly message: string }
  /** The effect is made and the answer never comes: the connection breaks. */
  | { readonly kind: 'lost' }
  /** Nothing answers until the client gives up. */
  | { readonly kind: 'hang' }
  /** The client is killed before or after the effect. */
  | { readonly kind: 'kill'; readonly when: 'before' | 'after' }

/** Decides by the name of a request and its number, from 1. */
export type FaultPlan = (request: string, number: number) => CloudFault | undefined

/** A refusal of the cloud: `ThrottlingException: Rate exceeded`. */
export class CloudError extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(`${code}: ${message}`)
    this.code = code
  }
}

/** The connection breaks without an answer. */
export class Disconnected extends Error {}

/** The AWS SDK for Go gives up after this many attempts of Terraform's provider (`max_retries`, default 25). */
const ATTEMPTS = 25

/** Every request that changes the cloud passes here, whichever door it came by. */
export class Faults {
  readonly requests: string[] = []
  plan: FaultPlan = () => undefined
  /** Ends the client: set by the test that starts one. */
  kill: () => void = () => {}
  readonly #clock: Clock
  readonly #hung = new Set<(reason: Error) => void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async pass<T>(request: string, effect: () => T): Promise<T> {
    this.requests.push(request)
    const fault = this.plan(request, this.requests.length)
    switch (fault?.kind) {
      case undefined:
        return effect()
      case 'throttle':
        await this.#throttle(fault.times)
        return effect()
      case 'refuse':
        throw new CloudError(fault.code, fault.message)
      case 'lost':
        effect()
        throw new Disconnected('the connection was closed')
      case 'hang':
        return new Promise<T>((_, reject) => this.#hung.add(reject))
      case 'kill':
        if (fault.when === 'after') effect()
        this.kill()
        return never()
      default:
        return fault satisfies never
    }
  }

  /** The client gives up what it waits for. */
  giveUp(): void {
    for (const reject of this.#hung) reject(new CloudError('RequestCanceled', 'request context canceled'))
    this.#hung.clear()
  }

  async #throttle(times: number): Promise<void> {
    const attempts = Math.min(times, ATTEMPTS)
    for (let attempt = 0; attempt < attempts; attempt += 1)
      await this.#clock.sleep(1000 * 2 ** Math.min(attempt, 8))
    if (times >= ATTEMPTS) throw new CloudError('ThrottlingException', 'Rate exceeded')
  }
}

function never<T>(): Promise<T> {
  return new Promise<T>(() => {})
}
