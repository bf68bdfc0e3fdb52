import type { Clock } from '../../../../../src/runtime/runtime.ts'
import { Refused } from './answer.ts'

/** Virtual milliseconds until an operation says that it has ended. */
const LASTS = 5000

interface Started {
  readonly endsAt: number
  readonly result: () => object
  readonly error: string | undefined
}

/**
 * Long-running operations: a request is taken at once and ends later, well or not
 * (https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.operations).
 */
export class Operations {
  readonly #clock: Clock
  readonly #started = new Map<string, Started>()
  /** The next operations fail with this although their requests were taken. */
  failWith: string | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  start(of: string, result: () => object, failedBy: string | undefined, lasts = LASTS): object {
    const name = `${of.split('/').slice(0, 4).join('/')}/operations/${this.#started.size + 1}`
    const error = failedBy ?? this.failWith
    this.#started.set(name, { endsAt: this.#clock.now() + lasts, result, error })
    return this.get(name)
  }

  get(name: string): object {
    const found = this.#started.get(name)
    if (found === undefined) throw new Refused('NOT_FOUND', `operation ${name} does not exist`)
    const { endsAt, result, error } = found
    if (this.#clock.now() < endsAt) return { name }
    return error === undefined
      ? {
          name,
          done: true,
          response: { '@type': 'type.googleapis.com/google.cloud.run.v2.Service', ...result() },
        }
      : { name, done: true, error: { code: 9, message: error } }
  }
}
